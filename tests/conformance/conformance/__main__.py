"""Runs the chosen checks on each assembly."""

import sys

from . import options
from .assembly import Assembly, AssemblyError, load
from .checks import cfn_lint, manifest
from .report import Report


def main(arguments: list[str]) -> int:
    given = options.parse(arguments)
    report = Report(given.verbose)
    for folder in given.assemblies:
        try:
            assembly = load(folder)
        except AssemblyError as error:
            with report.check(str(folder), "manifest") as result:
                result.fail(str(error))
            continue
        if given.seed_faults:
            from .faults import check

            check(assembly, given, report, run_checks)
        else:
            run_checks(assembly, given, report)
    return report.close()


def run_checks(assembly: Assembly, given: options.Options, report: Report) -> None:
    # Imported late: each brings its tool's dependencies along.
    for name in given.checks:
        if name == "manifest":
            with report.check(assembly.name, name) as result:
                manifest.check(assembly, result)
        elif name == "cfn-lint":
            with report.check(assembly.name, name) as result:
                cfn_lint.check(assembly, result)
        elif name == "checkov":
            from .checks import checkov

            with report.check(assembly.name, name) as result:
                checkov.check(assembly, result)
        elif name == "orders":
            from .checks import orders

            orders.check(assembly, given, report)
        elif name == "access":
            from .checks import access

            access.check(assembly, report)
        elif name == "cdk":
            from .checks import cdk

            cdk.check(assembly, report)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
