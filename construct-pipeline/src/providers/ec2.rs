//! Instances of Amazon EC2, and other machines that AWS Systems Manager knows.
//!
//! Codes: `ec2-deploy::malformed-maximum`, `ec2-deploy::malformed-tag`, `ec2-deploy::no-script`,
//! `ec2-deploy::relative-directory`, `ec2-deploy::unused-script`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EC2Deploy.html>

use std::fmt;

use construct_core::{Diagnostic, Properties};
use construct_iam::{Arn, PolicyDocument, PolicyStatement};

use super::commands::log_statement;
use super::instances::{InstanceRoles, instance_role_methods};
use crate::artifact::Artifact;
use crate::provider::{ActionCx, Category, GivenRole, Owner, Provider, ProviderSpec};

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>
const LONGEST_TAG: [usize; 2] = [128, 256];

/// Copies an artifact to instances and runs its scripts there; pipelines of type V2 only.
///
/// The instances run Linux, have a tag, the agent of AWS Systems Manager, and a role with which they fetch the artifact
/// themselves, from the store of the region in which the action runs. The store lets in the roles that are named here, and
/// the access proof asks for them. There are at most 500 instances.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let bundle = Artifact::new("Bundle");
/// let scripts = Ec2DeploySpecifications::inline("/srv/orders", "scripts/start.sh").pre_script("scripts/stop.sh");
/// let deploy = Action::new(
///     "Deploy",
///     Ec2Deploy::new("app", scripts, &bundle)
///         .instance_tag_value("orders")
///         .max_batch(Ec2MaxInstances::Percentage(25))
///         .target_group("orders")
///         .instance_role(Role::import("arn:aws:iam::333333333333:role/orders-instance")),
/// )
/// .account("333333333333");
/// ```
///
/// It has no variables.
#[doc(alias = "Ec2DeployAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct Ec2Deploy {
    tag_key: String,
    tag_value: Option<String>,
    specifications: Ec2DeploySpecifications,
    input: Artifact,
    managed_nodes: bool,
    max_batch: Option<Ec2MaxInstances>,
    max_error: Option<Ec2MaxInstances>,
    target_groups: Vec<String>,
    instances: InstanceRoles,
}

/// What happens on an instance.
#[derive(Clone, Debug)]
#[must_use]
pub struct Ec2DeploySpecifications {
    form: Form,
    pre_script: Option<String>,
}

#[derive(Clone, Debug)]
enum Form {
    Inline { target_directory: String, post_script: String },
    File(String),
}

impl Ec2DeploySpecifications {
    /// Copies the artifact to a folder, an absolute path, and runs a script of it then.
    #[doc(alias("targetDirectory", "postScript"))]
    pub fn inline(target_directory: impl Into<String>, post_script: impl Into<String>) -> Self {
        let (target_directory, post_script) = (target_directory.into(), post_script.into());
        Self { form: Form::Inline { target_directory, post_script }, pre_script: None }
    }

    /// Does what a file of the artifact says, in YAML.
    #[doc(alias = "DeploySpec")]
    pub fn file(path: impl Into<String>) -> Self {
        Self { form: Form::File(path.into()), pre_script: None }
    }

    /// Runs a script of the artifact before. A [`file`](Self::file) names its scripts itself.
    pub fn pre_script(mut self, path: impl Into<String>) -> Self {
        self.pre_script = Some(path.into());
        self
    }

    fn add_to(&self, configuration: Properties) -> Properties {
        match self.form.clone() {
            Form::Inline { target_directory, post_script } => configuration
                .set("TargetDirectory", target_directory)
                .opt("PreScript", self.pre_script.clone())
                .set("PostScript", post_script),
            Form::File(path) => configuration.set("DeploySpec", path),
        }
    }

    fn problems(&self) -> Vec<Diagnostic> {
        let no_script = |path: &str, what: &str| {
            let message = format!("the path of the {what} is empty");
            let help = "name a file of the artifact, as in `scripts/start.sh`";
            path.is_empty().then(|| Diagnostic::error("ec2-deploy::no-script", message).help(help))
        };
        match &self.form {
            Form::Inline { target_directory, post_script } => {
                let is_absolute = target_directory.starts_with(['/', '#']);
                let directory = (!is_absolute).then(|| {
                    let message = format!("`{}` is no absolute path", target_directory.escape_debug());
                    let help = "name the folder on the instances from the root on, as in `/srv/orders`";
                    Diagnostic::error("ec2-deploy::relative-directory", message).help(help)
                });
                let before = self.pre_script.as_deref().and_then(|path| no_script(path, "script that runs before"));
                directory.into_iter().chain(before).chain(no_script(post_script, "script that runs then")).collect()
            }
            Form::File(path) => {
                let unused = self.pre_script.as_ref().map(|script| {
                    let message = format!(
                        "the specification in a file says itself what runs before, and not `{}`",
                        script.escape_debug()
                    );
                    let help = "write the script into the file, and leave `.pre_script(…)` out";
                    Diagnostic::error("ec2-deploy::unused-script", message).help(help)
                });
                unused.into_iter().chain(no_script(path, "specification")).collect()
            }
        }
    }
}

/// How many of the instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ec2MaxInstances {
    /// So many: at least 1.
    #[doc(alias = "targets")]
    Count(u32),
    /// So many of a hundred: 1 to 100.
    Percentage(u32),
}

impl Ec2MaxInstances {
    fn problem(self) -> Option<Diagnostic> {
        let (is_sound, help) = match self {
            Self::Count(n) => (n > 0, "name 1 or more"),
            Self::Percentage(n) => ((1..=100).contains(&n), "name 1 to 100 percent"),
        };
        let message = || format!("`{self}` of the instances is no number of instances");
        (!is_sound).then(|| Diagnostic::error("ec2-deploy::malformed-maximum", message()).help(help))
    }
}

impl fmt::Display for Ec2MaxInstances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(n) => write!(f, "{n}"),
            Self::Percentage(n) => write!(f, "{n}%"),
        }
    }
}

impl Ec2Deploy {
    /// All instances of EC2 with a tag of this key, in the account and region in which the action runs: 1 to 128 characters.
    #[doc(alias("instanceTagKey", "deploySpecifications"))]
    pub fn new(instance_tag_key: impl Into<String>, specifications: Ec2DeploySpecifications, input: &Artifact) -> Self {
        Self {
            tag_key: instance_tag_key.into(),
            tag_value: None,
            specifications,
            input: input.clone(),
            managed_nodes: false,
            max_batch: None,
            max_error: None,
            target_groups: Vec::new(),
            instances: InstanceRoles::default(),
        }
    }

    /// Only those whose tag has this value: at most 256 characters.
    pub fn instance_tag_value(mut self, value: impl Into<String>) -> Self {
        self.tag_value = Some(value.into());
        self
    }

    /// Deploys to managed nodes of AWS Systems Manager in place of instances of EC2.
    #[doc(alias = "Ec2InstanceType")]
    pub fn managed_nodes(mut self) -> Self {
        self.managed_nodes = true;
        self
    }

    /// How many are deployed to at the same time.
    pub fn max_batch(mut self, most: Ec2MaxInstances) -> Self {
        self.max_batch = Some(most);
        self
    }

    /// How many may fail.
    pub fn max_error(mut self, most: Ec2MaxInstances) -> Self {
        self.max_error = Some(most);
        self
    }

    /// Adds a target group of Elastic Load Balancing by its name, which the instances leave while they are deployed to.
    #[doc(alias("targetGroups", "TargetGroupNameList"))]
    pub fn target_group(mut self, name: impl Into<String>) -> Self {
        self.target_groups.push(name.into());
        self
    }

    instance_role_methods!();

    /// Lets the action run commands on the machines with the tag.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html>
    fn send_command(&self, cx: &ActionCx<'_>) -> PolicyStatement {
        let machines = match self.managed_nodes {
            true => vec![cx.arn("ec2", "instance/*"), cx.arn("ssm", "managed-instance/*")],
            false => vec![cx.arn("ec2", "instance/*")],
        };
        let send = PolicyStatement::allow(["ssm:SendCommand"]).on(machines);
        let tag = format!("aws:ResourceTag/{}", self.tag_key);
        // IAM does not know what a run fills in.
        match self.tag_value.as_ref().filter(|value| !value.contains("#{")) {
            Some(value) => send.condition("StringEquals", tag, [value.clone()]),
            None => send.condition("Null", tag, ["false"]),
        }
    }
}

impl Provider for Ec2Deploy {
    fn spec(&self) -> ProviderSpec {
        let spec = ProviderSpec::new(Category::Deploy, Owner::Aws, "EC2").input(&self.input).input_count(1..=1);
        self.instances.readers(spec).v2_only()
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        let configuration = Properties::new()
            .set("InstanceTagKey", self.tag_key.clone())
            .opt("InstanceTagValue", self.tag_value.clone())
            .set("InstanceType", if self.managed_nodes { "SSM_MANAGED_NODE" } else { "EC2" });
        self.specifications
            .add_to(configuration)
            .opt("MaxBatch", self.max_batch.map(|most| most.to_string()))
            .opt("MaxError", self.max_error.map(|most| most.to_string()))
            .opt("TargetGroupNameList", (!self.target_groups.is_empty()).then(|| self.target_groups.join(",")))
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let looks = [
            "ec2:DescribeInstances",
            "ssm:CancelCommand",
            "ssm:DescribeInstanceInformation",
            "ssm:ListCommandInvocations",
        ];
        let balances = [
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
        ];
        let balances = balances.into_iter().filter(|_| !self.target_groups.is_empty());
        policy.push(PolicyStatement::allow(looks).actions(balances).on(["*"]));
        if !self.target_groups.is_empty() {
            let groups = self.target_groups.iter();
            let groups = groups.map(|name| cx.arn("elasticloadbalancing", format!("targetgroup/{name}/*")));
            let moves = ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"];
            policy.push(PolicyStatement::allow(moves).on(groups));
        }
        policy.push(self.send_command(cx));
        // Documents of AWS have no account.
        let documents = ["AWS-RunPowerShellScript", "AWS-RunShellScript"];
        let documents = documents.map(|name| {
            let documents = Arn::new(cx.env().partition(), "ssm").region(cx.env().region.as_str());
            documents.of(format!("document/{name}"))
        });
        policy.push(PolicyStatement::allow(["ssm:SendCommand"]).on(documents));
        policy.push(log_statement(cx.env(), cx.pipeline()));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = self.specifications.problems();
        found.extend([self.max_batch, self.max_error].into_iter().flatten().filter_map(Ec2MaxInstances::problem));
        let [longest_key, longest_value] = LONGEST_TAG;
        let (key, value) = (self.tag_key.chars().count(), self.tag_value.as_deref().map_or(0, |v| v.chars().count()));
        if !(1..=longest_key).contains(&key) || value > longest_value {
            let message = format!("the tag of the instances has a key of {key} characters and a value of {value}");
            let help = format!("keys have 1 to {longest_key} characters, and values {longest_value} at most");
            found.push(Diagnostic::error("ec2-deploy::malformed-tag", message).help(help));
        }
        found.extend(self.instances.problem());
        found
    }
}

#[cfg(test)]
mod tests {
    use construct_iam::Role;

    use super::super::custom::testing::{ask, text_of};
    use super::*;

    fn scripts() -> Ec2DeploySpecifications {
        Ec2DeploySpecifications::inline("/srv/orders", "start.sh")
    }

    fn deploy(specifications: Ec2DeploySpecifications) -> Ec2Deploy {
        Ec2Deploy::new("app", specifications, &Artifact::new("Bundle")).no_instance_roles()
    }

    #[test]
    fn a_deployment_says_where_and_how() {
        let deploy = deploy(scripts().pre_script("stop.sh"))
            .instance_tag_value("orders")
            .max_batch(Ec2MaxInstances::Percentage(25))
            .max_error(Ec2MaxInstances::Count(1))
            .target_group("blue")
            .target_group("green")
            .instance_role(Role::import("arn:aws:iam::111111111111:role/instance"));
        let asked = ask(&deploy);
        for (key, value) in [
            ("InstanceTagKey", "app"),
            ("InstanceTagValue", "orders"),
            ("InstanceType", "EC2"),
            ("TargetDirectory", "/srv/orders"),
            ("PreScript", "stop.sh"),
            ("PostScript", "start.sh"),
            ("MaxBatch", "25%"),
            ("MaxError", "1"),
            ("TargetGroupNameList", "blue,green"),
        ] {
            assert_eq!(text_of(&asked.configuration, key), Some(value), "{key}");
        }
        let groups = ["blue", "green"]
            .map(|name| format!("arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/{name}/*"));
        let moves = ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"];
        let moves = PolicyStatement::allow(moves).on(groups);
        assert!(asked.policy.statements().any(|one| *one == moves), "{asked:?}");
        let documents = ["AWS-RunPowerShellScript", "AWS-RunShellScript"];
        let documents = documents.map(|name| format!("arn:aws:ssm:us-east-1::document/{name}"));
        let runs = PolicyStatement::allow(["ssm:SendCommand"]).on(documents);
        assert!(asked.policy.statements().any(|one| *one == runs), "{asked:?}");
        assert_eq!(asked.codes, [""; 0]);
        assert_eq!(deploy.spec().readers.map(|readers| readers.len()), Some(1));
    }

    #[test]
    fn commands_run_on_machines_with_the_tag_alone() {
        let nodes = deploy(Ec2DeploySpecifications::file("deploy.yaml")).managed_nodes();
        let asked = ask(&nodes);
        assert_eq!(text_of(&asked.configuration, "InstanceType"), Some("SSM_MANAGED_NODE"));
        assert_eq!(text_of(&asked.configuration, "DeploySpec"), Some("deploy.yaml"));
        assert_eq!(text_of(&asked.configuration, "PreScript"), None);
        let machines =
            ["arn:aws:ec2:us-east-1:111111111111:instance/*", "arn:aws:ssm:us-east-1:111111111111:managed-instance/*"];
        let any = PolicyStatement::allow(["ssm:SendCommand"]).on(machines);
        let any = any.condition("Null", "aws:ResourceTag/app", ["false"]);
        for value in [None, Some("#{variables.App}")] {
            let nodes = value.into_iter().fold(nodes.clone(), Ec2Deploy::instance_tag_value);
            assert!(ask(&nodes).policy.statements().any(|one| *one == any), "{value:?}");
        }
        let one = PolicyStatement::allow(["ssm:SendCommand"]).on([machines[0]]);
        let one = one.condition("StringEquals", "aws:ResourceTag/app", ["orders"]);
        let asked = ask(&deploy(scripts()).instance_tag_value("orders"));
        assert!(asked.policy.statements().any(|statement| *statement == one), "{asked:?}");
        assert!(!asked.policy.statements().any(|one| format!("{one:?}").contains("elasticloadbalancing")), "{asked:?}");
    }

    #[test]
    fn what_codepipeline_refuses_is_found() {
        let inline = Ec2DeploySpecifications::inline;
        for (refused, code) in [
            (deploy(inline("srv", "start.sh")), "ec2-deploy::relative-directory"),
            (deploy(inline("/srv", "")), "ec2-deploy::no-script"),
            (deploy(scripts().pre_script("")), "ec2-deploy::no-script"),
            (deploy(Ec2DeploySpecifications::file("")), "ec2-deploy::no-script"),
            (deploy(Ec2DeploySpecifications::file("deploy.yaml").pre_script("x")), "ec2-deploy::unused-script"),
            (deploy(scripts()).max_batch(Ec2MaxInstances::Count(0)), "ec2-deploy::malformed-maximum"),
            (deploy(scripts()).max_error(Ec2MaxInstances::Percentage(101)), "ec2-deploy::malformed-maximum"),
            (deploy(scripts()).instance_tag_value("x".repeat(257)), "ec2-deploy::malformed-tag"),
            (Ec2Deploy::new("", scripts(), &Artifact::new("Bundle")).no_instance_roles(), "ec2-deploy::malformed-tag"),
            (Ec2Deploy::new("app", scripts(), &Artifact::new("Bundle")), "instances::unknown-roles"),
        ] {
            assert_eq!(ask(&refused).codes, [code]);
        }
        let most = deploy(inline("#{variables.Folder}", "start.sh")).max_batch(Ec2MaxInstances::Percentage(100));
        assert_eq!(ask(&most.instance_tag_value("x".repeat(256))).codes, [""; 0]);
    }
}
