//! What owners have: policies and settings of things that no template makes, given as files.
//!
//! Files are taken as AWS prints them: a policy document, or the answer of the call that shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use construct_core::AccountId;
use construct_pipeline::access::Outside;
use construct_pipeline::contract::Contract;
use construct_pipeline::prelude::Arn;
use serde_json::Value as Json;

use crate::output::Failure;
use crate::source::read;

/// What the options take, for the help.
pub(crate) const FACTS: &str = "\
What owners have is given file by file, each as a policy document or as the
answer of the AWS CLI that shows it:
  --policy ARN=FILE       of a bucket, key, topic or other resource: its policy;
                          of a topic also its key, as get-topic-attributes tells
                          of a role: its trust policy if it names principals,
                          else one of its permissions (give each of them)
                          of a managed policy: the policy itself
                          of a CodeBuild project: its `serviceRole` and
                          `encryptionKey`
  --boundary ROLE=FILE    the permissions boundary of a role
  --scp ACCOUNT=FILE      a service control policy above an account; with
                          ACCOUNT/LEVEL where several levels have some
  --rcp ACCOUNT=FILE      a resource control policy, likewise
  --contract              for all others, what `synth contract` asks for

or many at once (--facts FILE):
  {
    \"roles\":   { \"ROLE_ARN\": { \"policies\": [DOCUMENT], \"trust\": DOCUMENT, \"boundary\": DOCUMENT } },
    \"managedPolicies\": { \"POLICY_ARN\": DOCUMENT },
    \"keys\":    { \"KEY_ARN\": DOCUMENT },
    \"aliases\": { \"ALIAS_ARN\": \"KEY_ARN\" },
    \"topicKeys\": { \"TOPIC_ARN\": \"KEY_ARN\" },
    \"buckets\": { \"NAME\": { \"account\": \"ACCOUNT\", \"policy\": DOCUMENT } },
    \"resources\": { \"ARN\": DOCUMENT },
    \"projects\": { \"PROJECT_ARN\": { \"serviceRole\": \"ROLE_ARN\", \"encryptionKey\": \"KEY_ARN\" } },
    \"scps\":    { \"ACCOUNT\": { \"LEVEL\": [DOCUMENT] } },
    \"rcps\":    { \"ACCOUNT\": { \"LEVEL\": [DOCUMENT] } },
    \"organizations\": { \"o-ID\": [\"ACCOUNT\"] }
  }";

const FACTS_HELP: &str =
    "`synth check --help` shows what such a file holds; a single policy is given with `--policy ARN=FILE`";

/// The sections of a file with facts.
const SECTIONS: [&str; 11] = [
    "roles",
    "managedPolicies",
    "keys",
    "aliases",
    "topicKeys",
    "buckets",
    "resources",
    "projects",
    "scps",
    "rcps",
    "organizations",
];

/// The options.
#[derive(Clone, Debug)]
pub(crate) struct Owners {
    facts: Vec<PathBuf>,
    policies: Vec<String>,
    boundaries: Vec<String>,
    scps: Vec<String>,
    rcps: Vec<String>,
    contract: bool,
}

impl FromArgMatches for Owners {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let texts = |id: &str| matches.get_many::<String>(id).into_iter().flatten().cloned().collect();
        Ok(Self {
            facts: matches.get_many::<PathBuf>("facts").into_iter().flatten().cloned().collect(),
            policies: texts("policy"),
            boundaries: texts("boundary"),
            scps: texts("scp"),
            rcps: texts("rcp"),
            contract: matches.get_flag("contract"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Owners {
    fn augment_args(command: Command) -> Command {
        let given = |id: &'static str, value: &'static str, help: &'static str| {
            Arg::new(id).long(id).value_name(value).help(help).action(ArgAction::Append)
        };
        command
            .arg(given("policy", "ARN=FILE", "A policy of something that no template makes; may be repeated"))
            .arg(given("boundary", "ROLE_ARN=FILE", "The permissions boundary of a role that no template makes"))
            .arg(given("scp", "ACCOUNT=FILE", "A service control policy above an account; may be repeated"))
            .arg(given("rcp", "ACCOUNT=FILE", "A resource control policy above an account; may be repeated"))
            .arg(
                Arg::new("contract")
                    .long("contract")
                    .help("Takes it that owners have what the import contract asks, where nothing else is given")
                    .action(ArgAction::SetTrue)
                    .conflicts_with("template"),
            )
            .arg(
                given("facts", "FILE", "Policies of many things that no template makes, as JSON; may be repeated")
                    .value_parser(value_parser!(PathBuf)),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl Owners {
    /// Whether what owners are asked for is taken for what they have.
    pub(crate) fn takes_contract(&self) -> bool {
        self.contract
    }

    /// What something is given for, one by one.
    pub(crate) fn named(&self) -> impl Iterator<Item = &str> {
        let given = self.policies.iter().chain(&self.boundaries);
        given.filter_map(|given| Some(given.rsplit_once('=')?.0))
    }

    /// What is known beside the templates.
    pub(crate) fn outside(&self, contract: Option<&str>) -> Result<Outside, Failure> {
        let policies =
            self.policies.iter().map(|given| pair(given, "--policy", "ARN")).collect::<Result<Vec<_>, _>>()?;
        let mut outside = Outside::new();
        let contract = Contract::parse(contract.unwrap_or(r#"{"version":1,"accounts":[],"notes":[]}"#));
        // The ARN of a bucket does not tell its account; the contract does.
        let buckets = contract.iter().flat_map(|contract| &contract.things).filter(|thing| thing.kind == "bucket");
        let accounts: BTreeMap<String, String> =
            buckets.map(|thing| (thing.arn.clone(), thing.account.to_string())).collect();
        if self.contract {
            let mut contract = contract.map_err(no_contract)?;
            let given: BTreeSet<&str> = policies.iter().map(|(arn, _)| *arn).collect();
            contract.things.retain(|thing| !given.contains(&*thing.arn));
            outside = Outside::from(&contract);
        }
        outside = self.facts.iter().try_fold(outside, |outside, file| facts(outside, file))?;
        for (arn, file) in policies {
            outside = policy(outside, arn, accounts.get(arn).map(String::as_str), file)?;
        }
        for given in &self.boundaries {
            let (arn, file) = pair(given, "--boundary", "ROLE_ARN")?;
            let parsed = parsed(arn, BOUNDARY)?;
            if parsed.service() != "iam" || !parsed.resource().starts_with("role/") {
                return Err(
                    Failure::new(format!("`{arn}` is no ARN of a role")).help(format!("write it as `{BOUNDARY}`"))
                );
            }
            outside = outside.boundary(arn, document(file)?);
        }
        outside = controls(&self.scps, "--scp")?
            .into_iter()
            .fold(outside, |outside, (account, level, policies)| outside.scps(account, level, policies));
        outside = controls(&self.rcps, "--rcp")?
            .into_iter()
            .fold(outside, |outside, (account, level, policies)| outside.rcps(account, level, policies));
        Ok(outside)
    }
}

/// Why the contract of an assembly cannot be used.
pub(crate) fn no_contract(what: String) -> Failure {
    Failure::new(format!("the assembly's `contract.json` is no import contract: {what}"))
        .help("synthesise the assembly again with the release that this command belongs to")
}

fn pair<'g>(given: &'g str, option: &str, what: &str) -> Result<(&'g str, &'g Path), Failure> {
    // ARNs have no `=` before that of the file, except in names of roles, which no sane file begins with.
    let pair = given.rsplit_once('=').filter(|(name, file)| !name.is_empty() && !file.is_empty());
    let (name, file) = pair.ok_or_else(|| {
        Failure::new(format!("`{given}` does not say whose file it is"))
            .help(format!("write it as `{option} {what}=FILE`"))
    })?;
    Ok((name, Path::new(file)))
}

fn json(file: &Path) -> Result<Json, Failure> {
    serde_json::from_str(&read(file)?).map_err(|error| {
        Failure::new(format!("`{}` is no JSON: {error}", file.display()))
            .help("give a policy document, or what the AWS CLI prints with `--output json`")
    })
}

/// How policies are given.
const POLICY: &str = "--policy arn:aws:s3:::bucket=policy.json";
const BOUNDARY: &str = "--boundary arn:aws:iam::111111111111:role/deployer=boundary.json";

fn parsed(arn: &str, example: &str) -> Result<Arn, Failure> {
    Arn::parse(arn).map_err(|error| Failure::new(error.to_string()).help(format!("write it as `{example}`")))
}

/// Adds what a file says about something, which is in this account if its ARN does not tell.
fn policy(outside: Outside, arn: &str, account: Option<&str>, file: &Path) -> Result<Outside, Failure> {
    let parsed = parsed(arn, POLICY)?;
    let (service, resource) = (parsed.service(), parsed.resource());
    if service == "codebuild" {
        let json = json(file)?;
        let project = json.pointer("/projects/0").unwrap_or(&json);
        let role = project["serviceRole"].as_str().ok_or_else(|| {
            Failure::new(format!("`{}` names no `serviceRole`", file.display()))
                .help("give what `aws codebuild batch-get-projects --names …` prints")
        })?;
        return Ok(outside.project(arn, role, project["encryptionKey"].as_str()));
    }
    let outside = match (service, key_of_topic(&parsed, file)?) {
        ("sns", Some(key)) => outside.topic_key(arn, key),
        _ => outside,
    };
    let document = document(file)?;
    Ok(match (service, resource.split('/').next()) {
        ("s3", _) => match account {
            Some(account) => outside.bucket(resource, account, document),
            None => outside.bucket_policy(resource, document),
        },
        ("kms", _) => outside.key(arn, document),
        ("iam", Some("policy")) => outside.managed_policy(arn, document),
        ("iam", _) if names_principals(&document) => outside.trust(arn, document),
        ("iam", _) => outside.role(arn, [document]),
        _ => outside.resource(arn, document),
    })
}

/// The ARN of the key that encrypts a topic, as `aws sns get-topic-attributes` tells. Whoever may use SNS may use the
/// key of AWS.
fn key_of_topic(topic: &Arn, file: &Path) -> Result<Option<String>, Failure> {
    let json = json(file)?;
    let Some(named) = json.pointer("/Attributes/KmsMasterKeyId").and_then(Json::as_str) else { return Ok(None) };
    let base = format!("arn:{}:kms:{}:{}", topic.partition(), topic.region_name(), topic.account());
    Ok(match named {
        arn if arn.starts_with("arn:") => Some(arn.to_owned()),
        managed if managed.starts_with("alias/aws/") => None,
        alias if alias.starts_with("alias/") => Some(format!("{base}:{alias}")),
        id => Some(format!("{base}:key/{id}")),
    })
}

fn names_principals(document: &Json) -> bool {
    let statements = &document["Statement"];
    let statements = statements.as_array().map_or(std::slice::from_ref(statements), Vec::as_slice);
    statements.iter().any(|one| !(one["Principal"].is_null() && one["NotPrincipal"].is_null()))
}

/// Where the calls that show a policy put it in their answers.
const ANSWERS: [&str; 9] = [
    "/Policy",                        // s3api get-bucket-policy, kms get-key-policy
    "/Policy/Content",                // organizations describe-policy
    "/PolicyDocument",                // iam get-role-policy
    "/PolicyVersion/Document",        // iam get-policy-version
    "/Role/AssumeRolePolicyDocument", // iam get-role
    "/AssumeRolePolicyDocument",      // an entry of iam get-account-authorization-details
    "/Attributes/Policy",             // sns get-topic-attributes
    "/policyText",                    // ecr get-repository-policy
    "/policy",                        // codebuild get-resource-policy
];

/// The policy document in a file.
fn document(file: &Path) -> Result<Json, Failure> {
    let json = json(file)?;
    let is_policy = |json: &Json| json.get("Statement").is_some();
    if is_policy(&json) {
        return Ok(json);
    }
    let inner = ANSWERS.iter().filter_map(|place| json.pointer(place)).filter_map(|found| match found {
        Json::String(text) => serde_json::from_str(text).ok(),
        other => Some(other.clone()),
    });
    inner.into_iter().find(is_policy).ok_or_else(|| {
        Failure::new(format!("`{}` holds no policy document: it has no `Statement`", file.display()))
            .help("give the document itself, or what calls such as `aws s3api get-bucket-policy` print")
    })
}

/// The control policies by account and level.
fn controls(given: &[String], option: &str) -> Result<Vec<(String, String, Vec<Json>)>, Failure> {
    let mut levels: Vec<(String, String, Vec<Json>)> = Vec::new();
    for given in given {
        let (whose, file) = pair(given, option, "ACCOUNT")?;
        let (account, level) = whose.split_once('/').unwrap_or((whose, "the organization"));
        AccountId::parse(account).map_err(|error| {
            Failure::new(error.to_string()).help(format!("write it as `{option} 111111111111=FILE`"))
        })?;
        let document = document(file)?;
        if option == "--rcp" && !names_principals(&document) {
            // https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
            let message = format!("`{}` is no resource control policy: it names no `Principal`", file.display());
            return Err(Failure::new(message).help("their statements have `\"Principal\": \"*\"`; was `--scp` meant?"));
        }
        match levels.iter_mut().find(|(known, at, _)| known == account && at == level) {
            Some((.., documents)) => documents.push(document),
            None => levels.push((account.to_owned(), level.to_owned(), vec![document])),
        }
    }
    Ok(levels)
}

/// Adds the facts of a file.
fn facts(mut outside: Outside, file: &Path) -> Result<Outside, Failure> {
    let shown = file.display();
    let wrong = |what: String| Failure::new(format!("`{shown}` holds no facts: {what}")).help(FACTS_HELP);
    let json: Json = serde_json::from_str(&read(file)?).map_err(|error| wrong(error.to_string()))?;
    let sections = json.as_object().ok_or_else(|| wrong("it is no object".into()))?;
    for (section, entries) in sections {
        if !SECTIONS.contains(&section.as_str()) {
            return Err(wrong(format!("there is no section `{section}`")));
        }
        let entries = entries.as_object().ok_or_else(|| wrong(format!("`{section}` is no object")))?;
        for (name, value) in entries {
            outside = fact(outside, section, name, value).map_err(wrong)?;
        }
    }
    Ok(outside)
}

/// Adds what a section says of something; the error says what is wrong with it.
fn fact(outside: Outside, section: &str, name: &str, value: &Json) -> Result<Outside, String> {
    let key_of = |what: &str| value.as_str().ok_or_else(|| format!("the {what} `{name}` has no key ARN"));
    Ok(match section {
        "roles" => role(outside, name, value),
        "managedPolicies" => outside.managed_policy(name, value.clone()),
        "resources" => outside.resource(name, value.clone()),
        "projects" => {
            let role = value["serviceRole"].as_str();
            let role = role.ok_or_else(|| format!("the project `{name}` has no `serviceRole`"))?;
            outside.project(name, role, value["encryptionKey"].as_str())
        }
        "keys" => outside.key(name, value.clone()),
        "topicKeys" => outside.topic_key(name, key_of("topic")?),
        "aliases" => outside.alias(name, key_of("alias")?),
        "buckets" => match value["account"].as_str() {
            Some(account) => outside.bucket(name, account, value["policy"].clone()),
            None => outside.bucket_policy(name, value["policy"].clone()),
        },
        "scps" | "rcps" => {
            let levels = value.as_object().ok_or_else(|| format!("`{name}` has no levels"))?;
            levels.iter().fold(outside, |outside, (level, policies)| {
                let policies = policies.as_array().cloned().unwrap_or_default();
                match section {
                    "scps" => outside.scps(name, level, policies),
                    _ => outside.rcps(name, level, policies),
                }
            })
        }
        "organizations" => {
            let accounts =
                value.as_array().ok_or_else(|| format!("the organization `{name}` has no list of accounts"))?;
            let accounts = accounts.iter().map(|account| account.as_str().ok_or(account));
            let accounts = accounts.collect::<Result<Vec<_>, _>>();
            let accounts = accounts.map_err(|other| format!("of `{name}`, {other} is no account in quotes"))?;
            outside.organization(name, accounts)
        }
        other => return Err(format!("there is no section `{other}`")),
    })
}

/// Adds what is said of a role.
fn role(mut outside: Outside, arn: &str, said: &Json) -> Outside {
    if let Some(policies) = said["policies"].as_array() {
        outside = outside.role(arn, policies.iter().cloned());
    }
    if !said["trust"].is_null() {
        outside = outside.trust(arn, said["trust"].clone());
    }
    if !said["boundary"].is_null() {
        outside = outside.boundary(arn, said["boundary"].clone());
    }
    outside
}

#[cfg(test)]
mod tests {
    use construct_pipeline::access::Outside;
    use serde_json::{Value as Json, json};

    use super::fact;

    #[test]
    fn each_section_is_about_its_own_things() {
        let nobody = || json!({ "Version": "2012-10-17", "Statement": [] });
        let policies = || json!({ "root": [nobody()], "unit": [] });
        let role = json!({ "policies": [nobody()], "trust": { "Statement": [1] }, "boundary": { "Statement": [2] } });
        let outside = Outside::new;
        let read: [(&str, Json, Outside); 15] = [
            ("roles", json!({}), outside()),
            (
                "roles",
                role,
                outside()
                    .role("x", [nobody()])
                    .trust("x", json!({ "Statement": [1] }))
                    .boundary("x", json!({ "Statement": [2] })),
            ),
            ("managedPolicies", nobody(), outside().managed_policy("x", nobody())),
            ("resources", nobody(), outside().resource("x", nobody())),
            ("projects", json!({ "serviceRole": "r" }), outside().project("x", "r", None)),
            ("projects", json!({ "serviceRole": "r", "encryptionKey": "k" }), outside().project("x", "r", Some("k"))),
            ("keys", nobody(), outside().key("x", nobody())),
            ("topicKeys", json!("k"), outside().topic_key("x", "k")),
            ("aliases", json!("k"), outside().alias("x", "k")),
            ("buckets", json!({ "account": "a", "policy": nobody() }), outside().bucket("x", "a", nobody())),
            ("buckets", json!({ "policy": nobody() }), outside().bucket_policy("x", nobody())),
            ("scps", policies(), outside().scps("x", "root", [nobody()]).scps("x", "unit", [])),
            ("rcps", policies(), outside().rcps("x", "root", [nobody()]).rcps("x", "unit", [])),
            ("rcps", json!({}), outside()),
            ("organizations", json!(["a", "b"]), outside().organization("x", ["a", "b"])),
        ];
        for (section, said, expected) in read {
            assert_eq!(fact(outside(), section, "x", &said), Ok(expected), "{section}: {said}");
        }
        for (section, said) in [
            ("projects", json!({})),
            ("topicKeys", json!({})),
            ("aliases", json!(1)),
            ("scps", json!([])),
            ("organizations", json!({})),
            ("organizations", json!([111_111_111_111_u64])),
            ("x", json!({})),
        ] {
            assert!(fact(outside(), section, "x", &said).is_err(), "{section}: {said}");
        }
    }
}
