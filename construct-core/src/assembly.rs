//! The assembly: what is deployed, as the AWS CDK CLI and CloudFormation read it.
//!
//! This room and `App::run` are the only ones of this crate that touch the disk.

mod manifest;
mod read;
mod tree;
mod write;

use std::collections::BTreeMap;

pub use read::ReadError;
pub(crate) use tree::ConstructTree;
use tree::TreeFile;
pub(crate) use write::Staged;
pub use write::WriteError;

use crate::written;

/// The largest template that CloudFormation takes inline, in bytes; a larger one must be put in a bucket first.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
pub const INLINE_TEMPLATE_BYTES: usize = 51_200;

/// Stacks in deployment order with their templates, and the tree they came from.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let assembly = construct_core::Assembly::read("cdk.out")?;
/// for stack in assembly.stacks() {
///     println!("{} in {}/{}", stack.stack_name, stack.account, stack.region);
/// }
/// # Ok(())
/// # }
/// ```
#[doc(alias("CloudAssembly", "Template"))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembly {
    stacks: Vec<StackArtifact>,
    tree: Option<TreeFile>,
    documents: BTreeMap<String, String>,
    /// The quotas that the app set, by their titles.
    quotas: BTreeMap<String, usize>,
    is_own: bool,
}

/// One stack of an assembly.
#[doc(alias = "CloudFormationStackArtifact")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StackArtifact {
    /// The id in the manifest; unique in the assembly.
    pub id: String,
    /// The name in CloudFormation; unique in its account and region.
    pub stack_name: String,
    /// The account it is deployed to, 12 digits (or `unknown-account` in assemblies of other tools).
    pub account: String,
    /// The region it is deployed to (or `unknown-region` in assemblies of other tools).
    pub region: String,
    /// The ids of the stacks that must be deployed first.
    pub dependencies: Vec<String>,
    /// The tags of the stack, which CloudFormation passes on to its resources.
    pub tags: BTreeMap<String, String>,
    /// Whether CloudFormation refuses to delete it.
    pub termination_protection: bool,
    /// The role the deploying tool assumes.
    pub assume_role_arn: Option<String>,
    /// The role CloudFormation uses.
    pub execution_role_arn: Option<String>,
    /// The file of the template within the assembly.
    pub template_file: String,
    /// The template, exactly as it is written.
    pub template: String,
}

impl StackArtifact {
    /// The template as JSON.
    ///
    /// # Errors
    /// What the parser says; never for an assembly of this library.
    pub fn template_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::from_str(&self.template)
    }
}

impl Assembly {
    pub(crate) fn new(stacks: Vec<StackArtifact>, tree: ConstructTree) -> Self {
        let (documents, quotas) = (BTreeMap::new(), BTreeMap::new());
        Self { stacks, tree: Some(TreeFile::of(tree)), documents, quotas, is_own: true }
    }

    /// Notes the quotas that the app set, by their titles.
    pub(crate) fn set_quotas(&mut self, quotas: BTreeMap<String, usize>) {
        self.quotas = quotas;
    }

    /// The quota with a title, if the app set it.
    pub(crate) fn quota_set(&self, title: &str) -> Option<usize> {
        self.quotas.get(title).copied()
    }

    /// Says whether the file can stand beside the others.
    pub(crate) fn add_document(&mut self, file: &str, text: String) -> bool {
        let own = [manifest::FILE, manifest::TREE_FILE];
        let templates = self.stacks.iter().map(|stack| &*stack.template_file);
        // Some disks do not tell the case of letters apart.
        let taken = own.into_iter().chain(templates).chain(self.documents.keys().map(String::as_str));
        let taken = taken.filter(|taken| taken.eq_ignore_ascii_case(file)).count() > 0;
        let free = !taken && manifest::stays_inside(file).is_ok() && !file.contains(std::path::is_separator);
        if free {
            self.documents.insert(file.to_owned(), text);
        }
        free
    }

    /// The stacks in deployment order.
    #[must_use]
    pub fn stacks(&self) -> &[StackArtifact] {
        &self.stacks
    }

    /// The resources of a type in all templates, each as it stands there and with its stack: for tests of constructs,
    /// and for checks. What is deployed is read, so a test sees what CloudFormation will see.
    ///
    /// ```
    /// use construct_core::{App, Env, RawResource};
    /// let mut app = App::new();
    /// let stack = app.stack("Data", Env::new("111111111111", "us-east-1"));
    /// app.at(stack).add("Orders", RawResource::new("AWS::SQS::Queue").property("DelaySeconds", 5));
    /// let assembly = app.synth()?;
    /// let queues = assembly.resources("AWS::SQS::Queue");
    /// let (stack, queue) = &queues[0];
    /// assert_eq!((queues.len(), &*stack.stack_name), (1, "Data"));
    /// assert_eq!(queue["Properties"]["DelaySeconds"], 5);
    /// assert_eq!(queue["Metadata"]["aws:cdk:path"], "Data/Orders");
    /// # Ok::<(), construct_core::SynthError>(())
    /// ```
    #[doc(alias("findResources", "hasResourceProperties", "resourceCountIs"))]
    #[must_use]
    pub fn resources(&self, kind: &str) -> Vec<(&StackArtifact, serde_json::Value)> {
        let mut found = Vec::new();
        for stack in &self.stacks {
            // A template of another tool may be no JSON; then nothing in it can be found.
            let mut template = stack.template_json().unwrap_or_default();
            let Some(resources) = template.get_mut("Resources").and_then(serde_json::Value::as_object_mut) else {
                continue;
            };
            let of_kind = resources.values_mut().filter(|resource| resource.get("Type").is_some_and(|own| own == kind));
            found.extend(of_kind.map(|resource| (stack, resource.take())));
        }
        found
    }

    /// The construct tree, as it stands in `tree.json`.
    #[must_use]
    pub fn tree(&self) -> Option<&str> {
        self.tree.as_ref().map(TreeFile::text)
    }

    /// Whether a synthesis of this library made it. What other tools made lacks the documents that every synthesis here
    /// writes when there is something to say.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.is_own
    }

    /// The contents of a file that is neither manifest nor template, such as one that a [`Document`](crate::Document)
    /// made.
    #[must_use]
    pub fn document(&self, file: &str) -> Option<&str> {
        self.documents.get(file).map(String::as_str)
    }

    /// The wave of each stack: 0 for stacks that need no other, else one more than the latest stack it needs. Stacks of
    /// one wave may be deployed at the same time.
    #[must_use]
    pub fn waves(&self) -> Vec<usize> {
        let mut wave_of: BTreeMap<&str, usize> = BTreeMap::new();
        let waves = self.stacks.iter().map(|stack| {
            let latest = stack.dependencies.iter().filter_map(|needed| wave_of.get(&**needed)).max();
            let wave = latest.map_or(0, |wave| wave + 1);
            wave_of.insert(&stack.id, wave);
            wave
        });
        waves.collect()
    }

    /// Every file of the assembly with its contents, the manifest first.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        self.each_file().map(|(name, contents)| (name.to_owned(), written::whole(|to| contents.write(to)))).collect()
    }

    /// Every file, without its contents in memory twice.
    fn each_file(&self) -> impl Iterator<Item = (&str, Contents<'_>)> {
        let manifest = (manifest::FILE, Contents::Manifest(self));
        let tree = self.tree.iter().map(|tree| (manifest::TREE_FILE, Contents::Tree(tree)));
        let templates = self.stacks.iter().map(|stack| (&*stack.template_file, Contents::Text(&stack.template)));
        let documents = self.documents.iter().map(|(name, text)| (&**name, Contents::Text(text)));
        [manifest].into_iter().chain(tree).chain(templates).chain(documents)
    }
}

/// What a file is to hold.
enum Contents<'a> {
    Manifest(&'a Assembly),
    Tree(&'a TreeFile),
    Text(&'a str),
}

impl Contents<'_> {
    /// Writes it piece by piece.
    fn write(&self, to: &mut dyn FnMut(&str)) {
        match self {
            Self::Manifest(assembly) => manifest::write(assembly, to),
            Self::Tree(tree) => tree.once(to),
            Self::Text(text) => to(text),
        }
    }
}
