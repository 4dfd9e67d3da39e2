//! A platform team owns the artifact stores of two regions, the roles in the production account and the build project; the
//! pipeline uses them and writes to none of them. Its own role is allowed its part; the owners must allow theirs.
//!
//! What they must allow is the import contract, `contract.json`:
//!
//! ```console
//! $ cargo run --example imported_stores
//! $ synth contract --account 444444444444    # what the owner of production pastes into the policies of the two roles
//! $ synth check --contract                   # the pipeline is proved if every owner has what is asked
//! $ aws s3api get-bucket-policy --bucket platform-artifacts-us-east-1 > bucket.json
//! $ synth check --policy arn:aws:s3:::platform-artifacts-us-east-1=bucket.json    # and with what they really have
//! ```

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "us-east-1");
const EUROPE: &str = "eu-west-1";

const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const EUROPEAN_KEY: &str = "arn:aws:kms:eu-west-1:111111111111:key/0987dcba-09fe-87dc-65ba-ab0987654321";
const PROJECT: &str = "arn:aws:codebuild:us-east-1:111111111111:project/platform-build";
const BUILDER: &str = "arn:aws:iam::111111111111:role/platform/builder";
const DEPLOYER: &str = "arn:aws:iam::444444444444:role/platform/deployer";
const CLOUDFORMATION: &str = "arn:aws:iam::444444444444:role/platform/cloudformation";

fn main() -> ExitCode {
    app().run()
}

/// One stack with the pipeline: no other account needs one.
pub fn app() -> App {
    let mut app = App::new();
    let tools = app.stack("Tools", TOOLS);
    let mut scope = app.at(tools);
    // CodeBuild encrypts with the key that its owner set, which must be that of the store.
    let project = PipelineProject::import(PROJECT).role(Role::import(BUILDER)).encryption_key(KEY);
    let project = scope.add("Build", project);

    let (source, bundle) = (Artifact::new("Source"), Artifact::new("Bundle"));
    let build = CodeBuild::new(project, &source).output(&bundle);
    let deploy = |region: &str| {
        let stack = DeployStack::new("orders", bundle.file("template.yaml"));
        Action::new(format!("Deploy-{region}"), stack.deployment_role(Role::import(CLOUDFORMATION)))
            .role(Role::import(DEPLOYER))
            .region(region)
    };
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .artifact_store(ImportedArtifactStore::new("platform-artifacts-us-east-1", TOOLS.region).key(KEY))
            .replica_store(EUROPE, ImportedArtifactStore::new("platform-artifacts-eu-west-1", EUROPE).key(EUROPEAN_KEY))
            .stage(Stage::new("Source").action(Action::new("Checkout", CodeCommitSource::new("orders", &source))))
            .stage(Stage::new("Build").action(Action::new("Bundle", build)))
            .stage(Stage::new("Production").actions([TOOLS.region.as_str(), EUROPE].map(deploy))),
    );
    app
}
