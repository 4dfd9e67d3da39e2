use crate::support::{pipeline, synth};

#[test]
fn names_are_grouped_by_environment() {
    let args = ["names", "orders", "--account", "111111111111", "--region", "us-east-1"];
    insta::assert_snapshot!("at_home", synth(args).fine());
    let foreign = ["--region", "eu-central-1", "--target", "222222222222", "--target", "444444444444/eu-west-1"];
    insta::assert_snapshot!("everywhere", synth(args.iter().chain(&foreign)).fine());
    let json = synth(args.iter().chain(&foreign).chain(&["--json"])).json();
    insta::assert_snapshot!("for_programs", format!("{json:#}"));
}

#[test]
fn a_member_of_a_group_has_names_of_the_group() {
    let home = ["names", "orders", "--account", "111111111111", "--region", "us-east-1", "--group", "platform"];
    let targets = ["--target", "333333333333,444444444444/eu-west-1"];
    insta::assert_snapshot!("in_a_group", synth(home.iter().chain(&targets)).fine());
    let stacks = ["--role-stacks", "4", "--json"];
    let json = synth(home.iter().chain(&targets).chain(&stacks)).json();
    insta::assert_snapshot!("in_a_group_with_role_stacks", format!("{json:#}"));
    let divided = ["--role-stack", "b01", "--json"];
    let json = synth(home.iter().chain(&targets).chain(&divided)).json();
    let names = &json["environments"][2]["names"];
    assert_eq!(names["roleStack"], "platform-scaffold-b01-333333333333-us-east-1-12493e39", "{names:#}");
    for wrong in ["b0", "b2", "2", "b", ""] {
        let refused = synth(home.iter().chain(&["--role-stack", wrong])).unusable();
        assert!(refused.contains("such as b01"), "{refused}");
    }
    assert!(
        synth(["names", "orders", "--account", "111111111111", "--region", "us-east-1", "--role-stacks", "4"])
            .unusable()
            .contains("--group")
    );
}

/// The promise of the command: what it prints is what synthesis then makes.
#[test]
fn the_names_are_those_of_the_assembly() {
    let dir = pipeline("names-pipeline");
    let templates: String =
        std::fs::read_dir(dir).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let json = synth([
        "names",
        "orders",
        "--account",
        "111111111111",
        "--region",
        "us-east-1",
        "--target",
        "222222222222",
        "--target",
        "444444444444/eu-west-1",
        "--json",
    ])
    .json();
    let unused = [
        // The source deploys nothing, the replica has no action of its own account, and none deploys at home.
        ("222222222222", "us-east-1", "deployRole"),
        ("111111111111", "eu-west-1", "deployRole"),
        ("111111111111", "us-east-1", "deployRole"),
    ];
    for environment in json["environments"].as_array().unwrap() {
        let [account, region] = ["account", "region"].map(|key| environment[key].as_str().unwrap());
        for (key, name) in environment["names"].as_object().unwrap() {
            let name = name.as_str().unwrap();
            let used = !unused.contains(&(account, region, &**key));
            assert_eq!(templates.contains(name), used, "{key} {name}");
        }
    }
}

#[test]
fn a_target_in_the_account_of_the_pipeline_is_another_region() {
    let args = ["names", "orders", "--account", "111111111111", "--region", "us-east-1"];
    let by_target = synth(args.iter().chain(&["--target", "111111111111/eu-west-1"])).fine();
    assert_eq!(by_target, synth(args.iter().chain(&["--region", "eu-west-1"])).fine());
    assert_eq!(
        by_target,
        synth(["names", "orders", "--account", "111111111111", "--region", "us-east-1,eu-west-1"]).fine()
    );
}

#[test]
fn wrong_names_accounts_and_regions_are_refused_with_the_change_that_mends_them() {
    let home = ["--account", "111111111111", "--region", "us-east-1"];
    let cases: [(&str, &[&str]); 8] = [
        ("name", &["my pipeline", home[0], home[1], home[2], home[3]]),
        ("account", &["orders", "--account", "11111111111", "--region", "us-east-1"]),
        ("no account", &["orders", "--region", "us-east-1"]),
        ("region", &["orders", "--account", "111111111111", "--region", "us-east1"]),
        ("far region", &["orders", "--account", "111111111111", "--region", "mars-north-1"]),
        ("target", &["orders", home[0], home[1], home[2], home[3], "--target", "44/eu-west-1"]),
        ("target region", &["orders", home[0], home[1], home[2], home[3], "--target", "444444444444/eu-wst-1"]),
        ("partition", &["orders", home[0], home[1], home[2], home[3], "--target", "444444444444/cn-north-1"]),
    ];
    let mut all = String::new();
    for (what, args) in cases {
        let said = synth([&["names"], args].concat()).unusable();
        all.push_str(&format!("## {what}\n{said}\n"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_region_newer_than_the_release_can_be_named() {
    let args = ["names", "orders", "--account", "111111111111", "--region", "xx-new-9"];
    assert!(synth(args).unusable().contains("--any-region"));
    assert!(synth(args.iter().chain(&["--any-region"])).fine().contains("orders-xx-new-9-"));
}
