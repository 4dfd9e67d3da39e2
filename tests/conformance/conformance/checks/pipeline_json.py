"""Each pipeline as `synth pipeline-json` prints it, against the service's own model of create and update."""

import json
import subprocess
from pathlib import Path

import botocore.session
from botocore.validate import ParamValidator

from ..assembly import Assembly
from ..emulator.model_check import violations
from ..report import Result


def check(assembly: Assembly, synth: Path, result: Result) -> None:
    model = botocore.session.get_session().get_service_model("codepipeline")
    n_pipelines = 0
    for stack in assembly.stacks:
        for logical_id in stack.of_type("AWS::CodePipeline::Pipeline"):
            n_pipelines += 1
            name = f"{stack.name}/{logical_id}"
            run = subprocess.run([synth, "pipeline-json", assembly.folder, name], capture_output=True, text=True)
            if run.returncode != 0:
                result.fail(f"{name}: {run.stderr.strip()}")
                continue
            given = json.loads(run.stdout)
            for operation in ("CreatePipeline", "UpdatePipeline"):
                shape = model.operation_model(operation).input_shape
                report = ParamValidator().validate(given, shape)
                if report.has_errors():
                    result.fail(f"{name}: {operation}: {report.generate_report()}")
                for problem in violations(given, shape, operation):
                    # What only a deployment tells stands as words or as a dynamic reference, and a warning names it.
                    if "{{resolve:" in problem or "<" in problem:
                        result.note(f"{name}: {problem}")
                    else:
                        result.fail(f"{name}: {problem}")
    result.summary = f"({n_pipelines} pipelines)"
