//! What `check` and `explain` have in common: which templates to prove, and what is known beside them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use construct_core::{Diagnostic, Region, edits};
use construct_pipeline::access::template::{Template, Templates};
use construct_pipeline::access::{Report as Proof, prove};
use construct_pipeline::contract;

use crate::given::Owners;
use crate::model::circle;
use crate::output::Failure;
use crate::{source, templates, yaml};

/// How many letters a name may be off for it to be what was meant.
const NEAR: usize = 2;

/// Which templates to prove.
#[derive(Debug)]
pub(crate) struct Subject {
    dir: Option<PathBuf>,
    templates: Vec<Given>,
    owners: Owners,
}

/// What was proved.
pub(crate) struct Proved {
    pub(crate) templates: Templates<'static>,
    pub(crate) proof: Proof,
    /// That stacks of the assembly wait for each other. Of templates nobody says who comes first.
    pub(crate) circle: Option<Diagnostic>,
}

/// A template given by itself, with what a deployment would tell it.
#[derive(Clone, Debug)]
struct Given {
    file: PathBuf,
    account: Option<String>,
    region: Option<String>,
    stack: Option<String>,
    parameters: Vec<String>,
}

impl FromArgMatches for Subject {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let placed = |id: &str| -> Vec<(usize, String)> {
            let values = matches.get_many::<String>(id).into_iter().flatten().cloned();
            matches.indices_of(id).into_iter().flatten().zip(values).collect()
        };
        let files = matches.get_many::<PathBuf>("template").into_iter().flatten().cloned();
        let files: Vec<(usize, PathBuf)> = matches.indices_of("template").into_iter().flatten().zip(files).collect();
        // What is said behind a template is about that template; what is said before the first is about all.
        let of = |at: usize, (index, _): &(usize, String)| {
            let next = files.get(at + 1).map_or(usize::MAX, |(next, _)| *next);
            (files[at].0..next).contains(index)
        };
        let before = |(index, _): &(usize, String)| files.first().is_some_and(|(first, _)| index < first);
        let one = |values: &[(usize, String)], at: usize| {
            let own = values.iter().rfind(|value| of(at, value));
            own.or_else(|| values.iter().rfind(|value| before(value))).map(|(_, value)| value.clone())
        };
        let (accounts, regions) = (placed("account"), placed("region"));
        let (stacks, parameters) = (placed("stack"), placed("parameter"));
        let templates = files.iter().enumerate().map(|(at, (_, file))| Given {
            file: file.clone(),
            account: one(&accounts, at),
            region: one(&regions, at),
            stack: one(&stacks, at),
            parameters: parameters
                .iter()
                .filter(|value| of(at, value) || before(value))
                .map(|(_, value)| value.clone())
                .collect(),
        });
        Ok(Self {
            dir: matches.get_one::<PathBuf>("assembly").cloned(),
            templates: templates.collect(),
            owners: Owners::from_arg_matches(matches)?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Subject {
    fn augment_args(command: Command) -> Command {
        let text = |id: &'static str, name: &'static str, help: &'static str| {
            Arg::new(id).long(id).value_name(name).help(help).action(ArgAction::Append).requires("template")
        };
        let command = command
            .arg(
                Arg::new("assembly")
                    .long("assembly")
                    .short('a')
                    .value_name("DIR")
                    .help("The folder of the assembly [default: cdk.out]")
                    .value_parser(value_parser!(PathBuf)),
            )
            .arg(
                Arg::new("template")
                    .long("template")
                    .value_name("FILE")
                    .help("A template, JSON or YAML, in place of the assembly, or beside it where DIR is named; may be repeated")
                    .action(ArgAction::Append)
                    .value_parser(value_parser!(PathBuf)),
            )
            .arg(text("account", "ACCOUNT", "The account of the template before it"))
            .arg(text("region", "REGION", "The region of the template before it"))
            .arg(text("stack", "NAME", "The name of its stack; that of the file, without endings, when absent"))
            .arg(text("parameter", "NAME=VALUE", "A parameter of the template before it; may be repeated"));
        Owners::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl Subject {
    /// The same, with the folder given in another way.
    pub(crate) fn in_dir(mut self, dir: Option<PathBuf>) -> Result<Self, Failure> {
        if self.dir.is_some() && dir.is_some() {
            return Err(Failure::new("there are two folders, one behind `--assembly`").help("name one of them"));
        }
        self.dir = self.dir.or(dir);
        Ok(self)
    }

    /// Whether it is said what to prove.
    pub(crate) fn is_named(&self) -> bool {
        self.dir.is_some() || !self.templates.is_empty()
    }

    /// Reads the templates and proves them.
    pub(crate) fn prove(&self) -> Result<Proved, Failure> {
        let given: Vec<_> = self.templates.iter().map(Given::read).collect::<Result<_, _>>()?;
        self.parameters_are_there(&given)?;
        let Some(dir) = self.folder() else {
            let templates = given.into_iter().fold(Templates::new(), Templates::with);
            let proof = prove(&templates, &self.owners.outside(None)?);
            return Ok(Proved { templates, proof, circle: None });
        };
        let assembly = source::assembly(dir)?;
        let templates = given.into_iter().fold(templates::all(dir, &assembly)?.into_owned(), Templates::with);
        let proof = prove(&templates, &self.owners.outside(assembly.document(contract::FILE))?);
        Ok(Proved { templates, proof, circle: circle(&assembly) })
    }

    /// The folder of the assembly, unless templates are given in place of it.
    fn folder(&self) -> Option<&Path> {
        let usual = self.templates.is_empty().then_some(Path::new("cdk.out"));
        self.dir.as_deref().or(usual)
    }

    /// CloudFormation refuses parameters that a template does not have, and so does this: one misspelt would leave open
    /// what it was to tell.
    fn parameters_are_there(&self, read: &[Template<'_>]) -> Result<(), Failure> {
        let declared = |template: &Template<'_>| -> BTreeSet<String> {
            let parameters = template.body().get("Parameters").and_then(|all| all.as_object());
            parameters.into_iter().flat_map(|all| all.iter().map(|(name, _)| name.to_string())).collect()
        };
        let declared: Vec<BTreeSet<String>> = read.iter().map(declared).collect();
        let names = |given: &Given| -> Vec<String> {
            given.parameters.iter().filter_map(|one| Some(one.split_once('=')?.0.to_owned())).collect()
        };
        let given: Vec<Vec<String>> = self.templates.iter().map(names).collect();
        for (template, all) in self.templates.iter().zip(&given) {
            for name in all {
                // What is said before the first template is said of all, of which one has to have it.
                let mut told = given.iter().zip(&declared).filter(|(given, _)| given.contains(name));
                if told.any(|(_, declared)| declared.contains(name)) {
                    continue;
                }
                let known = declared.iter().flatten();
                let near = known.map(|known| (edits(known, name), known)).min().filter(|(edits, _)| *edits <= NEAR);
                let help = match (near, declared.iter().all(BTreeSet::is_empty)) {
                    (Some((_, near)), _) => format!("did you mean `{near}`?"),
                    (None, true) => "leave it out: the template has no parameters".to_owned(),
                    (None, false) => {
                        let known: BTreeSet<&str> = declared.iter().flatten().map(String::as_str).collect();
                        format!(
                            "it has {}",
                            known.into_iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ")
                        )
                    }
                };
                let shown = template.file.display();
                return Err(Failure::new(format!("`{name}` is no parameter of `{shown}`")).help(help));
            }
        }
        Ok(())
    }

    /// The file that was given for one of the templates that were proved; those of the assembly come before it.
    pub(crate) fn file_of(&self, template: usize, of: &Templates<'_>) -> Option<&Path> {
        let before = of.iter().count().checked_sub(self.templates.len())?;
        Some(&self.templates.get(template.checked_sub(before)?)?.file)
    }

    /// Whether there is an import contract that could be taken for granted and is not.
    pub(crate) fn leaves_contract(&self) -> bool {
        !self.owners.takes_contract() && self.folder().is_some_and(|dir| dir.join(contract::FILE).is_file())
    }

    /// What was given for things that no pipeline of the templates has to do with.
    pub(crate) fn unasked<'s>(&'s self, proof: &Proof) -> BTreeSet<&'s str> {
        self.owners.named().filter(|arn| !proof.makes(arn) && !proof.asks_about(arn)).collect()
    }

    /// What was given for things that the templates make, and so counts for nothing.
    pub(crate) fn in_vain<'s>(&'s self, proof: &Proof) -> BTreeSet<&'s str> {
        self.owners.named().filter(|arn| proof.makes(arn)).collect()
    }
}

impl Given {
    fn read(&self) -> Result<Template<'static>, Failure> {
        let shown = self.file.display();
        let missing = |what: &str, example: &str| {
            Failure::new(format!("nobody says in which {what} `{shown}` is deployed"))
                .help(format!("say so behind it: `--template {shown} --{what} {example}`"))
        };
        let account = self.account.as_deref().ok_or_else(|| missing("account", "111111111111"))?;
        let region = self.region.as_deref().ok_or_else(|| missing("region", "us-east-1"))?;
        source::account(account)?;
        Region::parse(region).map_err(|error| {
            let near = error.nearest_region().map_or_else(
                || "use a region code such as `us-east-1`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            Failure::new(error.to_string()).help(near)
        })?;
        let text = source::read(&self.file)?;
        let body = yaml::parse(&text).map_err(|what| {
            Failure::new(format!("`{shown}` is no template: {what}"))
                .help("name a CloudFormation template, as JSON or as YAML")
        })?;
        if body.get("Resources").and_then(|resources| resources.as_object()).is_none() {
            // An assembly may have such a stack; whoever names one file means a template that makes something.
            return Err(Failure::new(format!("`{shown}` is no template: it has no `Resources`"))
                .help("name a CloudFormation template, as JSON or as YAML"));
        }
        let stem = self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        // As assemblies name the templates of stacks.
        let stem = stem.strip_suffix(".template").unwrap_or(&stem);
        let stack = self.stack.clone().unwrap_or_else(|| stem.to_owned());
        self.parameters.iter().try_fold(Template::new(stack, account, region, body), |template, parameter| {
            let (name, value) = parameter.split_once('=').ok_or_else(|| {
                Failure::new(format!("`{parameter}` is no parameter")).help("write it as `--parameter Name=value`")
            })?;
            Ok(template.parameter(name, value.to_owned()))
        })
    }
}
