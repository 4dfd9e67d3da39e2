//! Two sources, one of them in another account, and what later actions learn from them.

use std::process::ExitCode;

use construct_pipeline::prelude::*;

const TOOLS: Env = Env::new("111111111111", "eu-west-1");
const SOURCE: &str = "222222222222";

fn main() -> ExitCode {
    app().run()
}

pub fn app() -> App {
    let mut app = App::new();
    let delivery = app.stack("Delivery", TOOLS);
    let mut scope = app.at(delivery);
    let rules = scope.add("Rules", Bucket::new().bucket_name("example-shop-rules").versioned());
    let project = scope.add("Build", PipelineProject::new());

    let (code, tax, bundle) = (Artifact::new("Code"), Artifact::new("Tax"), Artifact::new("Bundle"));
    // A push to the branch starts the pipeline, and so does a new version of the file.
    let checkout = Action::new("Checkout", CodeCommitSource::new("shop", &code).branch("main"));
    let fetch = Action::new("Fetch", S3Source::new(rules, "tax.zip", &tax));
    // Variables of an action have its namespace in front; those of the pipeline `variables`.
    let build = CodeBuild::new(project, &code)
        .input(&tax)
        .output(&bundle)
        .environment("COMMIT", "#{checkout.CommitId}")
        .environment("STAGE", "#{variables.STAGE}");
    let approve = ManualApproval::new().comment("#{checkout.CommitMessage}");

    scope.add(
        "Pipeline",
        Pipeline::new("shop")
            .variable(Variable::new("STAGE").default_value("live").description("What the build is for"))
            .stage(Stage::new("Source").action(checkout.account(SOURCE).namespace("checkout")).action(fetch))
            .stage(Stage::new("Build").action(Action::new("Bundle", build)))
            .stage(Stage::new("Release").action(Action::new("Approve", approve)).action(deploy(&bundle))),
    );
    app
}

fn deploy(bundle: &Artifact) -> Action {
    let tables = PolicyStatement::allow(["dynamodb:*"]).on([Arn::regional(TOOLS, "dynamodb", "table/shop-*")]);
    Action::new("Deploy", DeployStack::new("shop", bundle.file("template.yaml")).allow(tables)).run_order(2)
}
