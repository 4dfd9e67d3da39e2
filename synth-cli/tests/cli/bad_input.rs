use std::process::Stdio;

use serde_json::json;

use crate::support::{assembly, command, files, folder, pipeline, synth};

const STACK: &str = r#"{"type":"aws:cloudformation:stack","environment":"aws://111111111111/us-east-1","properties":{"templateFile":"FILE"}}"#;

fn manifest(artifact: &str) -> String {
    format!(r#"{{"version":"36.0.0","artifacts":{{"A":{artifact}}}}}"#)
}

/// The folder alone is no action, and `cdk.out` is not what was meant.
#[test]
fn a_folder_without_an_action_is_taken_for_a_folder() {
    let dir = pipeline("bad-nameless");
    let said = synth(["explain".as_ref(), dir.as_os_str()]).unusable();
    assert!(said.contains("is the folder of an assembly, and nothing says which action of it"), "{said}");
    assert!(said.contains("bad-nameless Source/Checkout`"), "{said}");
    let empty = assembly("bad-nameless-empty", &[]);
    assert!(synth(["explain".as_ref(), empty.as_os_str()]).unusable().contains("it has no pipeline at all"));
}

#[test]
fn what_would_be_passed_over_is_refused() {
    let dir = pipeline("bad-beside");
    let twice = ["--assembly", "another", dir.to_str().unwrap()];
    for command in [["check"].as_slice(), &["explain", "Checkout"]] {
        let (name, words) = command.split_first().unwrap();
        let said = synth([name].into_iter().chain(&twice).chain(words)).unusable();
        assert!(said.contains("there are two folders, one behind `--assembly`"), "{said}");
    }
    let contract = ["contract", dir.to_str().unwrap(), "--account", "44444444444"];
    assert!(synth(contract).unusable().contains("help: write the 12 digits of the account"));
}

/// Who comes from another tool is told what stands for its words.
#[test]
fn commands_of_other_tools_are_answered() {
    let tip = |word: &str| synth([word]).unusable();
    assert!(tip("deploy").contains("tip: `synth` only looks: `cdk deploy --app cdk.out --all` deploys"));
    assert!(tip("synth").contains("tip: the program writes the assembly: `cargo run`"));
    assert!(tip("diff").contains("tip: `cdk diff --app cdk.out`"));
    assert!(tip("draw").contains("tip: `synth graph` draws"));
    assert!(tip("lists").contains("similar subcommand"));
    assert_eq!(synth(["help", "list"]).fine(), synth(["list", "--help"]).fine());
    let dir = pipeline("bad-words");
    assert_eq!(synth(["ls".as_ref(), dir.as_os_str()]).fine(), synth(["list".as_ref(), dir.as_os_str()]).fine());
}

#[test]
fn facts_that_are_none_are_told_in_a_line() {
    let dir = pipeline("bad-facts");
    let manifest = dir.join("manifest.json");
    let said = synth(["check".as_ref(), dir.as_os_str(), "--facts".as_ref(), manifest.as_os_str()]).unusable();
    assert!(said.contains("holds no facts: there is no section `"), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn a_file_that_cannot_be_read_comes_with_what_mends_it() {
    let dir = files("bad-files", &[("marked.json", "\u{feff}[]"), ("utf-16.json", "")]);
    std::fs::write(dir.join("utf-16.json"), b"\xff\xfe[\0]\0").unwrap();
    let import = |file: &str| synth(["import".as_ref(), dir.join(file).as_os_str()]);
    assert!(import("nowhere").unusable().ends_with("help: name a file that is there\n"));
    assert!(import("").unusable().ends_with("help: name a file in it\n"));
    assert!(import("utf-16.json").unusable().contains("help: save it as UTF-8"));
    let (_, said) = import("marked.json").findings();
    assert!(said.contains("this is no pipeline: it is no object"), "{said}");
}

/// A stack that is left to the environment of the deployment may have its store in any region.
#[test]
fn what_depends_on_an_unknown_region_is_open() {
    let dir = pipeline("bad-region");
    let manifest = dir.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("aws://111111111111/us-east-1", "aws://unknown-account/unknown-region"))
        .unwrap();
    let said = synth(["check".as_ref(), dir.as_os_str()]).fine();
    assert!(!said.contains("NO ") && said.contains("? "), "{said}");
}

/// Every command that reads an assembly refuses a broken one with the same words.
#[test]
fn what_is_no_assembly_is_refused_with_the_change_that_mends_it() {
    let nested = |folder: &str| {
        manifest(&format!(r#"{{"type":"cdk:cloud-assembly","properties":{{"directoryName":"{folder}"}}}}"#))
    };
    let stack = |file: &str| manifest(&STACK.replace("FILE", file));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let cases: [(&str, &[(&str, &str)]); 18] = [
        ("no manifest", &[("other.txt", "")]),
        ("garbage", &[("manifest.json", "not json")]),
        ("empty", &[("manifest.json", "")]),
        ("deep", &[("manifest.json", &deep)]),
        ("no artifacts", &[("manifest.json", "{}")]),
        ("list", &[("manifest.json", "[1,2]")]),
        ("artifact of no type", &[("manifest.json", &manifest("{}"))]),
        ("artifact that is a number", &[("manifest.json", &manifest("7"))]),
        ("odd environment", &[("manifest.json", &manifest(&STACK.replace("aws://", "gcp:")))]),
        ("no template", &[("manifest.json", &stack("A.template.json"))]),
        ("template outside", &[("manifest.json", &stack("../../secret.json"))]),
        ("template garbage", &[("manifest.json", &stack("A.json")), ("A.json", "no template\n")]),
        ("template cut off", &[("manifest.json", &stack("A.json")), ("A.json", "{\"Resources\": {")]),
        ("template cut off in YAML", &[("manifest.json", &stack("A.json")), ("A.json", "Resources: [\n")]),
        ("template list", &[("manifest.json", &stack("A.json")), ("A.json", "[]")]),
        ("nested nowhere", &[("manifest.json", &nested("assembly-Prod"))]),
        ("nested outside", &[("manifest.json", &nested(".."))]),
        ("nested in itself", &[("manifest.json", &nested("."))]),
    ];
    let mut all = String::new();
    for (what, contents) in cases {
        let dir = files(&format!("bad-{}", what.replace(' ', "-")), contents);
        let list = synth(["list".as_ref(), dir.as_os_str()]).unusable();
        for command in ["graph", "check", "budget"] {
            assert_eq!(list, synth([command.as_ref(), dir.as_os_str()]).unusable(), "{command}");
        }
        for command in ["explain", "pipeline-json"] {
            assert_eq!(list, synth([command.as_ref(), dir.as_os_str(), "Deploy".as_ref()]).unusable(), "{command}");
        }
        all.push_str(&format!("## {what}\n{list}\n"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_missing_folder_and_a_file_in_its_place_are_named() {
    let dir = pipeline("bad-place");
    let manifest = dir.join("manifest.json");
    let template = dir.join("Tools.template.json");
    let mut all = String::new();
    for path in ["nowhere".as_ref(), manifest.as_os_str(), template.as_os_str(), "".as_ref()] {
        all.push_str(&synth(["list".as_ref(), path]).unusable());
        all.push('\n');
    }
    insta::assert_snapshot!(all);
}

#[cfg(unix)]
#[test]
fn bytes_that_are_no_text_are_no_reason_to_panic() {
    use std::os::unix::ffi::OsStrExt;
    let odd = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    for args in [
        vec!["list".as_ref(), odd],
        vec!["graph".as_ref(), "--pipeline".as_ref(), odd],
        vec![
            "names".as_ref(),
            odd,
            "--account".as_ref(),
            "111111111111".as_ref(),
            "--region".as_ref(),
            "us-east-1".as_ref(),
        ],
        vec![odd],
    ] {
        let said = synth(args).unusable();
        assert!(said.starts_with("error: "), "{said}");
    }
    let dir = folder("bad-bytes");
    std::fs::write(dir.join("manifest.json"), b"{\"a\":\"\xff\"}").unwrap();
    assert!(synth(["list".as_ref(), dir.as_os_str()]).unusable().starts_with("error: "));
}

/// `synth list | head -0`: nobody reads, and that is no error.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let dir = pipeline("bad-pipe");
    for args in [
        vec!["list".as_ref(), dir.as_os_str()],
        vec!["graph".as_ref(), dir.as_os_str()],
        vec!["list".as_ref(), "--help".as_ref()],
    ] {
        let mut child = command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    }
}

#[cfg(unix)]
#[test]
fn an_assembly_that_is_nested_in_itself_by_a_link_ends() {
    let nested: String = (0..20)
        .map(|n| format!(r#""N{n}":{{"type":"cdk:cloud-assembly","properties":{{"directoryName":"again"}}}},"#))
        .collect();
    let manifest = format!(r#"{{"artifacts":{{{}}}}}"#, nested.trim_end_matches(','));
    let dir = files("bad-link", &[("manifest.json", &manifest)]);
    std::os::unix::fs::symlink(".", dir.join("again")).unwrap();
    assert!(synth(["list".as_ref(), dir.as_os_str()]).unusable().contains("nested more than 8 levels deep"));
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let dir = pipeline("bad-full");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(["list".as_ref(), dir.as_os_str()]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot write the answer: "));
}

/// Templates in which everything refers to everything, doubles, or is of another shape than it should be.
#[test]
fn hostile_templates_end() {
    let mut resources = serde_json::Map::new();
    for n in 0..60 {
        // Each name is twice the next one.
        let next = json!({ "Ref": format!("B{}", n + 1) });
        let name = json!({ "Fn::Join": ["", [next, next]] });
        resources.insert(format!("B{n}"), json!({ "Type": "AWS::S3::Bucket", "Properties": { "BucketName": name } }));
    }
    resources
        .insert("Self".into(), json!({ "Type": "AWS::IAM::Role", "Properties": { "RoleName": { "Ref": "Self" } } }));
    resources.insert("Shape".into(), json!({ "Type": 7, "Properties": [1, null] }));
    resources.insert("Odd".into(), json!("no resource"));
    resources.insert(
        "Pipeline".into(),
        json!({ "Type": "AWS::CodePipeline::Pipeline", "Properties": {
            "Name": { "Fn::Sub": "${Self}${B0}${" },
            "RoleArn": { "Fn::GetAtt": ["Self", "Arn"] },
            "ArtifactStore": { "Location": { "Ref": "B0" }, "EncryptionKey": { "Id": { "Fn::If": ["C", { "Ref": "X" }, 3] } } },
            "Stages": { "Fn::If": ["C", [{ "Name": [], "Actions": [3, null, { "Name": {}, "RunOrder": -1, "InputArtifacts": "x" }] }], 3] },
        } }),
    );
    let template = json!({
        "Resources": resources,
        "Conditions": { "C": { "Fn::And": [{ "Condition": "C" }, { "Condition": "C" }, { "Condition": "C" }] } },
        "Outputs": { "A": { "Value": { "Fn::ImportValue": "a" }, "Export": { "Name": "a" } }, "B": 3 },
    });
    let dir = assembly("bad-hostile", &[("A", "111111111111/us-east-1", &["A", "A"], template)]);
    for args in [vec!["list"], vec!["graph"], vec!["graph", "--format", "dot"], vec!["graph", "--json"]] {
        let said = synth(args.iter().map(AsRef::as_ref).chain([dir.as_os_str()]));
        assert_eq!(said.code, 1, "{}", said.stderr);
        assert!(said.stdout.len() < 100_000);
        assert!(said.stderr.contains("`A` needs `A`"));
    }
    let pipeline_json = vec!["pipeline-json", dir.to_str().unwrap(), "Tools"];
    for args in [vec!["check", dir.to_str().unwrap()], vec!["budget", dir.to_str().unwrap()], pipeline_json] {
        let said = synth(args);
        assert!((0..=2).contains(&said.code), "{}", said.stderr);
        assert!(said.stdout.len() < 1_000_000);
    }
}

#[test]
fn the_command_line_is_explained() {
    let said = synth(Vec::<&str>::new());
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("Examples:"));
    insta::assert_snapshot!("help", synth(["--help"]).fine());
    for command in ["list", "names", "graph"] {
        insta::assert_snapshot!(format!("help_{command}"), synth([command, "--help"]).fine());
    }
    assert!(synth(["lst"]).unusable().contains("'list'"));
    assert!(synth(["graph", "--format", "svg"]).unusable().contains("mermaid"));
    assert!(synth(["graph", "--format", "dot", "--json"]).unusable().contains("cannot be used with"));
}
