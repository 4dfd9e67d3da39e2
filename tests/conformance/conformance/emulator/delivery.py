"""Pipelines, build projects and repositories."""

from typing import Any

from .kind import Kind, Made, Place, Properties, Refused
from .translate import input_shape, to_api


class Pipeline(Kind):
    type = "AWS::CodePipeline::Pipeline"
    name_property = "Name"
    # These are no part of the structure that the service takes.
    ASIDE = {"Tags", "DisableInboundStageTransitions", "RestartExecutionOnUpdate"}

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        client = place.client("codepipeline")
        tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in properties.get("Tags", [])]
        _refuse_missing_role(place, name, properties["RoleArn"], "codepipeline.amazonaws.com")
        client.create_pipeline(pipeline=self._structure(client, name, properties), tags=tags)
        return Made(name, {"Version": "1"})

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        client = place.client("codepipeline")
        client.update_pipeline(pipeline=self._structure(client, made.id, properties))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.client("codepipeline").delete_pipeline(name=made.id)

    def _structure(self, client: Any, name: str, properties: Properties) -> Properties:
        given = {"Name": name} | {key: value for key, value in properties.items() if key not in self.ASIDE}
        if "ArtifactStores" in given:
            given["ArtifactStores"] = {entry["Region"]: entry["ArtifactStore"] for entry in given["ArtifactStores"]}
        self._refuse_transitions(properties)
        return to_api(given, input_shape(client, "CreatePipeline").members["pipeline"], "pipeline")

    def _refuse_transitions(self, properties: Properties) -> None:
        stages = {stage["Name"] for stage in properties["Stages"]}
        for transition in properties.get("DisableInboundStageTransitions", []):
            if transition["StageName"] not in stages or not 1 <= len(transition["Reason"]) <= 300:
                raise Refused(f"transition into {transition['StageName']}")


class Project(Kind):
    type = "AWS::CodeBuild::Project"
    name_property = "Name"
    ASIDE = {"Triggers", "Visibility", "ResourceAccessRole"}

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        client = place.client("codebuild")
        given = {"Name": name} | {key: value for key, value in properties.items() if key not in self.ASIDE}
        _refuse_missing_role(place, name, given["ServiceRole"], "codebuild.amazonaws.com")
        client.create_project(**to_api(given, input_shape(client, "CreateProject"), "project"))
        return Made(name, {"Arn": place.arn("codebuild", f"project/{name}")})

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        place.client("codebuild").delete_project(name=made.id)
        return self.create(place, made.id, properties)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.client("codebuild").delete_project(name=made.id)


class Repository(Kind):
    type = "AWS::CodeCommit::Repository"
    name_property = "RepositoryName"

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        description = {"repositoryDescription": properties["RepositoryDescription"]} if "RepositoryDescription" in properties else {}
        answer = place.client("codecommit").create_repository(repositoryName=name, **description)["repositoryMetadata"]
        url = f"git-codecommit.{place.region}.amazonaws.com/v1/repos/{name}"
        return Made(answer["repositoryId"], {
            "Arn": place.arn("codecommit", name), "Name": name, "CloneUrlHttp": f"https://{url}", "CloneUrlSsh": f"ssh://{url}",
        })

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.client("codecommit").delete_repository(repositoryName=made.attributes["Name"])


def _refuse_missing_role(place: Place, name: str, arn: str, service: str) -> None:
    """Both services try to assume the role when they are given one of their own account."""
    if arn.split(":")[4:5] != [place.account]:
        raise Refused(f"{name}: the role {arn} is of another account")
    role = next((role for role in place.client("iam").list_roles()["Roles"] if role["Arn"] == arn), None)
    if role is None:
        raise Refused(f"{name}: the role {arn} does not exist (yet)")
    if service not in str(role["AssumeRolePolicyDocument"]):
        raise Refused(f"{name}: {service} is not trusted by {arn}")


def kinds() -> list[Any]:
    return [Pipeline(), Project(), Repository()]
