//! `synth names`: the names a pipeline will give to what it creates, before anything exists.

use std::collections::BTreeSet;

use clap::Args;
use construct_core::{AccountId, Env, EnvError, Partition, Region};
use construct_pipeline::names::group::RoleStack;
use construct_pipeline::names::{self, RoleKind};
use serde_json::{Map, Value as Json, json};

use crate::output::{BOLD, Failure, Report};

const EXAMPLES: &str = "\
Examples:
  A pipeline in one account and region:
    synth names orders --account 111111111111 --region us-east-1

  The same with deployments to two more accounts, one of them in a second region:
    synth names orders --account 111111111111 --region us-east-1 \\
        --target 333333333333 --target 444444444444/eu-west-1

  With a second region of the pipeline's own account:
    synth names orders --account 111111111111 --region us-east-1 --region eu-west-1

  The same as a member of a scaffold group that stands in that account and region:
    synth names orders --account 111111111111 --region us-east-1 \\
        --target 333333333333 --group platform

Not every pipeline makes everything that has a name here: each line says when
its name is used. The names are an interface. They stay the same for the same
pipeline name, account and region, so policies elsewhere may mention them.";

/// Prints the names a pipeline gives to buckets, keys, roles and stacks, before anything exists
///
/// Reads no assembly and calls nobody: names follow from the pipeline's name, account and region alone.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Names {
    /// The name of the pipeline, as given to `Pipeline::new`
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pipeline: String,
    /// The account of the pipeline, 12 digits
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    account: AccountId,
    /// The region of the pipeline, then any further regions of its account in which actions run
    #[arg(long = "region", value_name = "REGION", required = true, value_delimiter = ',')]
    regions: Vec<String>,
    /// An account in which actions run, with its region where that is not the pipeline's; may be repeated
    #[arg(long = "target", value_name = "ACCOUNT[/REGION]", value_delimiter = ',')]
    targets: Vec<String>,
    /// The scaffold group the pipeline is in, as given to `ScaffoldGroup::new`
    #[arg(long, value_name = "GROUP", value_parser = pipeline)]
    group: Option<String>,
    /// How many role stacks the group has
    #[arg(long, value_name = "N", requires = "group", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    role_stacks: u32,
    /// Which stack of a group that divided its roles by itself holds the pipeline's: what follows `-scaffold-` in its name
    #[arg(long, value_name = "WORD", requires = "group", conflicts_with = "role_stacks", value_parser = role_stack)]
    role_stack: Option<RoleStack>,
    /// Also takes regions that this release does not know
    #[arg(long)]
    any_region: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

fn pipeline(text: &str) -> Result<String, String> {
    if names::is_pipeline_name(text) {
        Ok(text.to_owned())
    } else {
        Err("the name of a pipeline has 1 to 100 characters out of A-Z a-z 0-9 . @ _ -".into())
    }
}

fn role_stack(text: &str) -> Result<RoleStack, String> {
    let stack = RoleStack::from_word(text).filter(|stack| matches!(stack, RoleStack::SplitOff(_)));
    stack.ok_or_else(|| "the word of such a stack is `b` and binary digits that end in 1, such as b01".into())
}

fn account(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).map_err(|_| match text.len() {
        11 if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("an account id is exactly 12 digits; if a leading zero was lost, it is 0{text}")
        }
        _ => "an account id is exactly 12 digits, such as 111111111111".into(),
    })
}

/// What an environment is to the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Home,
    Replica,
    Foreign,
}

/// One derived name: the key in JSON, the words for people, and when it is used.
#[derive(Debug)]
struct Name {
    key: &'static str,
    words: &'static str,
    name: String,
    when: &'static str,
}

impl Names {
    pub(crate) fn run(&self) -> Result<Report, Failure> {
        let environments = self.environments()?;
        Ok(if self.json {
            Report::json(&self.as_json(&environments))
        } else {
            Report::text(self.as_text(&environments))
        })
    }

    /// Home, the other regions of its account, the environments in other accounts; each once.
    fn environments(&self) -> Result<Vec<(Env, Part)>, Failure> {
        let Some((first, more)) = self.regions.split_first() else {
            return Err(Failure::new("no region is given").help("add `--region us-east-1`"));
        };
        let home = Env { account: self.account, region: self.region(first, Partition::Aws)? };
        let more = more.iter().map(|name| self.region(name, home.partition()));
        let mut own: BTreeSet<Region> = more.collect::<Result<_, _>>()?;
        let mut foreign = BTreeSet::new();
        for target in &self.targets {
            let (account_text, region) = match target.split_once('/') {
                Some((account, region)) => (account, self.region(region, home.partition())?),
                None => (&**target, home.region),
            };
            let account = account(account_text).map_err(|what| {
                Failure::new(format!("`{target}` is no target: {what}"))
                    .help("write `--target 444444444444` or `--target 444444444444/eu-west-1`")
            })?;
            // Artifacts for an action lie in the region of the action, in the pipeline's account.
            own.insert(region);
            if account != home.account {
                foreign.insert(Env { account, region });
            }
        }
        if let Some(other) = own.iter().find(|region| region.partition() != home.partition()) {
            return Err(Failure::new(format!(
                "`{other}` belongs to the partition {}, and the pipeline to {}; no role can be assumed across partitions",
                other.partition(),
                home.partition()
            ))
            .help("give each partition a pipeline of its own"));
        }
        own.remove(&home.region);
        let replicas = own.into_iter().map(|region| (Env { region, ..home }, Part::Replica));
        let foreign = foreign.into_iter().map(|env| (env, Part::Foreign));
        Ok([(home, Part::Home)].into_iter().chain(replicas).chain(foreign).collect())
    }

    /// A region. One that this release does not know is taken to be of the given partition; no name depends on it.
    fn region(&self, name: &str, partition: Partition) -> Result<Region, Failure> {
        let shaped = (4..=30).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        match Region::parse(name) {
            Ok(region) => Ok(region),
            Err(_) if self.any_region && shaped => Ok(Region::unlisted(name, partition)),
            Err(error) => Err(Failure::new(error.to_string()).help(region_help(&error))),
        }
    }

    fn as_text(&self, environments: &[(Env, Part)]) -> String {
        let mut text = String::new();
        let all: Vec<(Env, Part, Vec<Name>)> =
            environments.iter().map(|&(env, part)| (env, part, self.names(env, part, environments[0].0))).collect();
        let every = || all.iter().flat_map(|(_, _, names)| names);
        let words = every().map(|name| name.words.len()).max().unwrap_or(0);
        let width = every().map(|name| name.name.len()).max().unwrap_or(0);
        for (env, part, names) in &all {
            let what = match part {
                Part::Home => format!("the pipeline {}", self.pipeline),
                Part::Replica => "another region of the pipeline's account".to_owned(),
                Part::Foreign => "another account".to_owned(),
            };
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&format!("{BOLD}{env}{BOLD:#}  {what}\n"));
            for Name { words: word, name, when, .. } in names {
                let line = format!("  {word:words$}  {name:width$}  {when}");
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        text
    }

    fn as_json(&self, environments: &[(Env, Part)]) -> Json {
        let home = environments[0].0;
        let environments = environments.iter().map(|&(env, part)| {
            let part_word = match part {
                Part::Home => "home",
                Part::Replica => "replica",
                Part::Foreign => "foreign",
            };
            let names =
                self.names(env, part, home).into_iter().map(|name| (name.key.to_owned(), Json::from(name.name)));
            json!({
                "account": env.account.as_str(),
                "region": env.region.as_str(),
                "part": part_word,
                "names": names.collect::<Map<_, _>>(),
            })
        });
        let environments = environments.collect::<Vec<_>>();
        match &self.group {
            None => json!({ "pipeline": self.pipeline, "environments": environments }),
            Some(group) => json!({ "pipeline": self.pipeline, "group": group, "environments": environments }),
        }
    }

    /// What has a name in an environment.
    fn names(&self, env: Env, part: Part, home: Env) -> Vec<Name> {
        let mut names = self.stacks(env, part, home);
        names.extend(self.store(env, part, home));
        names.extend(self.roles(env, part, home));
        names
    }

    /// The stack of its group in which the roles of the pipeline stand.
    fn role_stack(&self) -> RoleStack {
        self.role_stack.unwrap_or_else(|| RoleStack::of(&self.pipeline, self.role_stacks))
    }

    /// The stacks beside the pipeline's own.
    fn stacks(&self, env: Env, part: Part, home: Env) -> Vec<Name> {
        if part == Part::Home {
            return Vec::new();
        }
        let scaffold = |name, when| Name { key: "scaffoldStack", words: "scaffold stack", name, when };
        let Some(group) = &self.group else {
            return vec![scaffold(names::scaffold_stack(&self.pipeline, env), "")];
        };
        let mut stacks = Vec::new();
        let has_roles_apart = self.role_stack() != RoleStack::Scaffold;
        if part == Part::Replica || !has_roles_apart {
            stacks.push(scaffold(names::group::scaffold_stack(group, home, env), "of the group"));
        }
        if has_roles_apart {
            let name = names::group::role_stack(group, home, env, self.role_stack());
            let when = "of the group, for this pipeline among others";
            stacks.push(Name { key: "roleStack", words: "role stack", name, when });
        }
        stacks
    }

    /// What stands in the account of the pipeline for its artifacts.
    fn store(&self, env: Env, part: Part, home: Env) -> Vec<Name> {
        let named = |key, words, name, when| Name { key, words, name, when };
        let pipeline = &*self.pipeline;
        match &self.group {
            _ if part == Part::Foreign => Vec::new(),
            None => vec![
                named("bucket", "bucket", names::bucket(pipeline, env), "the artifact store"),
                named("alias", "key alias", names::alias(pipeline, env), "where artifacts cross accounts"),
            ],
            Some(group) => {
                let folder = format!("{}*", names::artifacts_prefix(pipeline));
                let bucket = names::group::bucket(group, home, env);
                vec![
                    named("bucket", "bucket", bucket, "the artifact store of the group"),
                    named("artifacts", "artifacts", folder, "the pipeline's objects in the bucket"),
                    named("alias", "key alias", names::group::alias(group, home, env), "of the group's key"),
                ]
            }
        }
    }

    fn roles(&self, env: Env, part: Part, home: Env) -> Vec<Name> {
        let role = |key, words, kind, when| {
            let name = match &self.group {
                Some(group) if part != Part::Home => {
                    names::group::role(kind, &self.pipeline, env, group, home, self.role_stack())
                }
                _ => names::role(kind, &self.pipeline, env),
            };
            Name { key, words, name, when }
        };
        let mut roles = Vec::new();
        match part {
            Part::Home => {
                roles.push(role("pipelineRole", "pipeline role", RoleKind::Pipeline, "what CodePipeline works with"));
            }
            Part::Replica => {}
            Part::Foreign => {
                roles.push(role("actionRole", "action role", RoleKind::Action, "what the pipeline assumes there"));
                if self.group.is_some() {
                    let when = "the same, where its actions write artifacts";
                    roles.push(role("writerRole", "writer role", RoleKind::Writer, when));
                }
            }
        }
        roles.push(role("deployRole", "deploy role", RoleKind::Deploy, "where a CloudFormation action runs"));
        let when = match part {
            Part::Home => "where events start the pipeline",
            Part::Foreign if env.region == home.region => "where a source there sends events",
            Part::Replica | Part::Foreign => return roles,
        };
        roles.push(role("eventsRole", "events role", RoleKind::Events, when));
        roles
    }
}

/// The help of the library speaks to a Rust program; on a command line the change is another one.
fn region_help(error: &EnvError) -> String {
    match error.nearest_region() {
        Some(near) => format!("did you mean `{near}`? For a region newer than this release add `--any-region`"),
        None => "use a region code such as `us-east-1`; for a region newer than this release add `--any-region`".into(),
    }
}
