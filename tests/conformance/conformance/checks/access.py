"""The access simulation: needs allowed, everything else denied, no statement wider than AWS makes it."""

from ..access import denials, events, needs, wildcards, world
from ..assembly import Assembly
from ..report import Report


def check(assembly: Assembly, report: Report) -> None:
    read: world.World | None = None
    with report.check(assembly.name, "access: statements") as result:
        read = world.read(assembly)
        count = wildcards.check(read, result)
        result.summary = f"({count} identity statements of {len(read.roles)} roles)"
    for pipeline in read.pipelines if read else []:
        uses = needs.Uses()
        with report.check(assembly.name, f"access: {pipeline.name} needs") as result:
            uses, asked = needs.check(read, pipeline, result)
            result.summary = f"({asked} requests allowed)"
        with report.check(assembly.name, f"access: {pipeline.name} events") as result:
            asked = events.check(read, pipeline, result)
            result.summary = f"({asked} requests allowed)"
        with report.check(assembly.name, f"access: {pipeline.name} denials") as result:
            asked = denials.check(read, pipeline, uses, result)
            result.summary = f"({asked} requests denied)"
