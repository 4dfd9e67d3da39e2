"""Runs the chosen checks on each assembly."""

import sys
from collections.abc import Iterator
from dataclasses import replace

from . import options
from .app import App
from .assembly import Assembly, AssemblyError
from .checks import cfn_lint, manifest
from .report import Report


def main(arguments: list[str]) -> int:
    given = options.parse(arguments)
    report = Report(given.verbose)
    apps = list(_apps(given, report))
    if "cfn-lint" in given.checks and not given.seed_faults and not given.mutants:
        # All at once, see there; what it says is told with each assembly.
        with report.check("all", "cfn-lint starts") as result:
            versions = [version for app in apps for version in (app.before, app.after) if version]
            cfn_lint.look_at(versions)
            result.summary = f"({len(versions)} assemblies)"
    for app in apps:
        if given.seed_faults:
            from .faults import check

            check(app.before, given, report, run_checks)
        elif given.mutants:
            from . import judges

            judges.check(app.before, given, report)
        else:
            run(app, replace(given, existing=given.existing + app.existing), report)
    return report.close()


def _apps(given: options.Options, report: Report) -> Iterator[App]:
    for folder in given.assemblies:
        try:
            yield App.at(folder)
        except AssemblyError as error:
            with report.check(str(folder), "manifest") as result:
                result.fail(str(error))


def run(app: App, given: options.Options, report: Report) -> None:
    run_checks(app.before, given, report)
    if app.after:
        # Orders and the CLI have nothing new to say of a second version; what becomes of the first one is `update`'s part.
        run_checks(app.after, replace(given, checks=tuple(name for name in given.checks if name not in ("orders", "cdk"))), report)
        if "update" in given.checks:
            from .checks import update

            update.check(app, given, report)


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
        elif name == "pipeline-json":
            from .checks import pipeline_json

            with report.check(assembly.name, name) as result:
                pipeline_json.check(assembly, given.synth.resolve(), result)
        elif name == "cdk":
            from .checks import cdk

            cdk.check(assembly, given, report)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
