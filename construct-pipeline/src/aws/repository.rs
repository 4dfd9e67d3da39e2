//! CodeCommit repositories, owned and imported.

use construct_core::{
    Attr, Claim, Diagnostic, Env, Expr, LowerCx, Properties, RemovalPolicy, Resource, Scope, Tagging, Uniqueness,
    ValidateCx, Value, kind,
};
use construct_iam::{Arn, ArnKind, Imported};

use super::key::DefaultKey;

construct_core::handle! {
    /// A CodeCommit repository, owned or imported.
    pub struct RepositoryRef {
        /// The repository's ARN.
        arn: Arn = GetAtt("Arn"),
        /// The repository's name.
        name: Name = GetAtt("Name"),
        /// The address to clone it from over HTTPS.
        clone_url_http: Text = GetAtt("CloneUrlHttp"),
    }
}

/// A CodeCommit repository. It is retained by default: history is data.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Code", Env::new("222222222222", "us-east-1"));
/// let repository = app.at(stack).add("Orders", Repository::new("orders").description("The order service"));
/// ```
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-codecommit-repository.html>.
#[derive(Clone, Debug)]
#[must_use]
pub struct Repository {
    name: String,
    description: Option<String>,
    encryption_key: Option<Value<kind::Arn>>,
}

impl Repository {
    /// A repository by its name: 1 to 100 letters, digits, `.`, `_` and `-`, not ending in `.git`, unique in the account
    /// and region.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), description: None, encryption_key: None }
    }

    /// A repository that exists already, by its ARN: it is referred to and never written to.
    #[doc(alias("fromRepositoryArn", "fromRepositoryName"))]
    pub fn import(arn: impl Into<Value<kind::Arn>>) -> ImportedRepository {
        ImportedRepository::new(arn)
    }

    /// What the repository holds, 1 to 1,000 characters.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The key that encrypts the repository, by its ARN; the AWS-managed key of CodeCommit when absent. Whoever reads the
    /// repository needs a customer-managed one, too. <https://docs.aws.amazon.com/codecommit/latest/userguide/encryption.html>
    pub fn encryption_key(mut self, key: impl Into<Value<kind::Arn>>) -> Self {
        self.encryption_key = Some(key.into());
        self
    }
}

impl Resource for Repository {
    type Handle = RepositoryRef;
    const TYPE: &'static str = "AWS::CodeCommit::Repository";
    const TAGGING: Tagging = Tagging::List;

    fn announce(&self, scope: &mut Scope<'_>) {
        if let Some(key) = &self.encryption_key {
            scope.attach(scope.here(), DefaultKey(key.clone()));
        }
    }

    fn properties(&self, _: &LowerCx<'_>) -> Properties {
        Properties::new()
            .set("RepositoryName", self.name.clone())
            .opt("RepositoryDescription", self.description.clone())
            .opt("KmsKeyId", self.encryption_key.as_ref())
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        if !is_repository_name(&self.name) {
            let name = self.name.escape_debug();
            cx.report(
                Diagnostic::error(
                    "codecommit::malformed-repository-name",
                    format!("`{name}` is no name of a repository"),
                )
                .help("repository names have 1 to 100 letters, digits, `.`, `_` and `-` and do not end in `.git`"),
            );
        }
        if let Some(description) = &self.description
            && !(1..=1_000).contains(&description.chars().count())
        {
            cx.report(
                Diagnostic::error(
                    "codecommit::description-length",
                    format!("the description of the repository has {} characters", description.chars().count()),
                )
                .help("CodeCommit takes 1 to 1,000 characters; leave an empty description out"),
            );
        }
    }

    fn removal_policy(&self) -> Option<RemovalPolicy> {
        Some(RemovalPolicy::Retain)
    }

    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        physical(attr, Arn::regional(own, "codecommit", &self.name).into(), &self.name, own)
    }

    fn claim(&self) -> Option<Claim> {
        Some(Claim::new(Uniqueness::Environment, &self.name))
    }
}

fn is_repository_name(name: &str) -> bool {
    let shape = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=100).contains(&name.len()) && name.bytes().all(shape) && !name.ends_with(".git")
}

fn physical(attr: &Attr, arn: Expr, name: &str, env: Env) -> Option<Expr> {
    let Attr::GetAtt(attr) = attr else { return None };
    match &**attr {
        "Arn" => Some(arn),
        "Name" => Some(name.to_owned().into()),
        "CloneUrlHttp" => {
            let suffix = env.partition().url_suffix();
            Some(format!("https://git-codecommit.{}.{suffix}/v1/repos/{name}", env.region).into())
        }
        _ => None,
    }
}

/// The ARNs of repositories. The name goes into the configuration of actions, so the ARN must be known.
#[derive(Clone, Copy, Debug)]
pub enum RepositoryArn {}

impl ArnKind for RepositoryArn {
    type Handle = RepositoryRef;
    const WHAT: &'static str = "a repository";
    const CODE: &'static str = "codecommit::malformed-repository-arn";
    const EXAMPLE: &'static str = "arn:aws:codecommit:us-east-1:111111111111:name";
    const KNOWN: bool = true;

    fn name(arn: &Arn) -> Option<&str> {
        let is_repository = arn.service() == "codecommit" && arn.is_regional() && is_repository_name(arn.resource());
        is_repository.then(|| arn.resource())
    }

    fn attribute(attr: &Attr, arn: &Value<kind::Arn>, name: Option<&str>, own: Env) -> Option<Expr> {
        physical(attr, arn.into(), name?, own)
    }
}

/// A repository that exists already.
pub type ImportedRepository = Imported<RepositoryArn>;

#[cfg(test)]
mod tests {
    use super::*;
    use construct_core::{App, RawResource};

    const CODE: Env = Env::new("222222222222", "eu-west-1");

    #[test]
    fn owned_and_imported_are_known_elsewhere_by_the_same_values() {
        let arn = "arn:aws:codecommit:eu-west-1:222222222222:orders";
        for import in [false, true] {
            let mut app = App::new();
            let code = app.stack("Code", CODE);
            let mut scope = app.at(code);
            let repository = if import {
                scope.add("Orders", Repository::import(arn))
            } else {
                scope.add("Orders", Repository::new("orders"))
            };
            let tools = app.stack("Tools", Env::new("111111111111", "us-east-1"));
            let seen = RawResource::new("Test::Of::Names")
                .property("Arn", repository.arn())
                .property("Name", repository.name())
                .property("Url", repository.clone_url_http());
            app.at(tools).add("Seen", seen);
            let assembly = app.synth().unwrap();
            let stack = assembly.stacks().iter().find(|stack| stack.stack_name == "Tools").unwrap();
            let resources = stack.template_json().unwrap()["Resources"].clone();
            let seen = &resources.as_object().unwrap().values().next().unwrap()["Properties"];
            let url = "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/orders";
            assert_eq!(*seen, serde_json::json!({ "Arn": arn, "Name": "orders", "Url": url }));
        }
    }

    #[test]
    fn names_that_codecommit_refuses() {
        for name in ["orders", "o", "Orders_2.git-ops", &"x".repeat(100)] {
            assert!(is_repository_name(name), "{name}");
        }
        for name in ["", "orders.git", "the orders", "orders/api", "aufträge", &"x".repeat(101)] {
            assert!(!is_repository_name(name), "{name}");
        }
    }

    #[test]
    fn what_codecommit_refuses_is_found() {
        let mut app = App::new();
        let code = app.stack("Code", CODE);
        let mut scope = app.at(code);
        scope.add("Git", Repository::new("orders.git"));
        scope.add("Long", Repository::new("orders").description(""));
        scope.add("Arn", Repository::import("arn:aws:codecommit:eu-west-1::orders"));
        let error = app.synth().unwrap_err();
        let codes: Vec<&str> = error.findings().unwrap().iter().map(Diagnostic::code).collect();
        let expected = [
            "codecommit::malformed-repository-name",
            "codecommit::description-length",
            "codecommit::malformed-repository-arn",
        ];
        assert_eq!(codes, expected);
    }
}
