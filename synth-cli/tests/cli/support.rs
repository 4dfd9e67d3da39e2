//! Folders, assemblies and runs of the binary.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use construct_pipeline::prelude::*;
use serde_json::{Value as Json, json};

const WRITABLE: &str = "the folder of the tests can be written";

/// What a run of `synth` said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// What it said, if it was content.
    #[track_caller]
    pub(crate) fn fine(self) -> String {
        assert_eq!((self.code, &*self.stderr), (0, ""), "{}", self.stdout);
        self.stdout
    }

    /// What it said, if it was content, as JSON.
    #[track_caller]
    pub(crate) fn json(self) -> Json {
        serde_json::from_str(&self.fine()).expect("`--json` prints JSON")
    }

    /// What it answered and what it complained of, if it found something wrong.
    #[track_caller]
    pub(crate) fn findings(self) -> (String, String) {
        assert_eq!(self.code, 1, "{}{}", self.stdout, self.stderr);
        (self.stdout, self.stderr)
    }

    /// What it complained of, if it found nothing to answer. The folder of the tests is written `TMP`.
    #[track_caller]
    pub(crate) fn unusable(self) -> String {
        assert_eq!((self.code, &*self.stdout), (2, ""), "{}", self.stderr);
        self.stderr.replace(env!("CARGO_TARGET_TMPDIR"), "TMP")
    }
}

/// A command in the folder of the tests.
pub(crate) fn command(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synth"));
    command.args(args).current_dir(env!("CARGO_TARGET_TMPDIR")).stdin(Stdio::null());
    command.env_remove("CLICOLOR_FORCE").env("COLUMNS", "100");
    command
}

/// Runs `synth`.
pub(crate) fn synth(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Said {
    let Output { status, stdout, stderr } = command(args).output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("all output is UTF-8");
    Said { code: status.code().expect("it ends by itself"), stdout: text(stdout), stderr: text(stderr) }
}

/// An empty folder of this name.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if path.exists() {
        fs::remove_dir_all(&path).expect("a folder of an earlier run can be removed");
    }
    fs::create_dir_all(&path).expect(WRITABLE);
    path
}

/// A folder with these files.
pub(crate) fn files(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let path = folder(name);
    for (file, text) in files {
        fs::write(path.join(file), text).expect(WRITABLE);
    }
    path
}

/// An assembly of hand-written stacks: id, environment, ids of what it needs, template.
pub(crate) fn assembly(name: &str, stacks: &[(&str, &str, &[&str], Json)]) -> PathBuf {
    let mut artifacts = serde_json::Map::new();
    let path = folder(name);
    for (at, (id, environment, needs, template)) in stacks.iter().enumerate() {
        let file = format!("{at}.template.json");
        fs::write(path.join(&file), template.to_string()).expect(WRITABLE);
        let artifact = json!({
            "type": "aws:cloudformation:stack",
            "environment": format!("aws://{environment}"),
            "properties": { "templateFile": file },
            "dependencies": needs,
        });
        artifacts.insert((*id).to_owned(), artifact);
    }
    let manifest = json!({ "version": "36.0.0", "artifacts": artifacts });
    fs::write(path.join("manifest.json"), manifest.to_string()).expect(WRITABLE);
    path
}

/// An assembly of the library: source in one account, build at home, deployment to another account and region.
pub(crate) fn pipeline(name: &str) -> PathBuf {
    let mut app = App::new();
    let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
    let mut scope = app.at(tools);
    let project = scope.add("Build", PipelineProject::new().build_spec_file("buildspec.yml"));
    let source = Artifact::new("Source");
    let bundle = Artifact::new("Bundle");
    let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source).branch("main"));
    let build = Action::new("Bundle", CodeBuild::new(project, &source).output(&bundle));
    let queues = PolicyStatement::allow(["sqs:CreateQueue"]).on(["arn:aws:sqs:eu-west-1:444444444444:orders-*"]);
    let deploy = Action::new("Deploy", DeployStack::new("orders", bundle.file("template.yaml")).allow(queues));
    scope.add(
        "Pipeline",
        Pipeline::new("orders")
            .stage(Stage::new("Source").action(checkout.account("222222222222")))
            .stage(Stage::new("Build").action(build))
            .stage(
                Stage::new("Production")
                    .action(Action::new("Approve", ManualApproval::new()))
                    .action(deploy.account("444444444444").region("eu-west-1").run_order(2)),
            ),
    );
    let path = folder(name);
    app.synth().expect("the pipeline is sound").write(&path).expect(WRITABLE);
    path
}
