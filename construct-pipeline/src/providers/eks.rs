//! Deployments to clusters of Amazon EKS.
//!
//! Codes: `eks-deploy::malformed-name`, `eks-deploy::malformed-path`, `eks-deploy::no-manifest`, and those of networks,
//! environment variables and clusters.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EKS.html>

use construct_core::{Diagnostic, Properties, Scope, Value, kind};
use construct_iam::{PolicyDocument, PolicyStatement, RoleRef};

use super::commands::{Compute, log_statement};
use crate::artifact::Artifact;
use crate::aws::{AccessEntry, EksClusterRef, Network};
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// Deploys manifests or a chart of an artifact to a cluster, with `kubectl` or Helm on a machine that CodePipeline brings;
/// pipelines of type V2 only. It runs where the cluster is.
///
/// A cluster lets nobody in by IAM alone: the role that performs the action has an access entry there, with rights in
/// Kubernetes. The [import contract](crate::contract) asks the owner of the cluster for it and names the role; a recreated role
/// needs a new entry.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let cluster = EksCluster::import("arn:aws:eks:us-east-1:333333333333:cluster/shop");
/// let cluster = app.at(stack).add("Cluster", cluster);
/// let bundle = Artifact::new("Bundle");
/// let manifests = Action::new(
///     "Deploy",
///     EksDeploy::manifests(cluster, ["orders.yaml", "queue.yaml"], &bundle)
///         .namespace("shop")
///         .environment("IMAGE", "#{build.Image}"),
/// );
/// let chart = HelmRelease::new("orders", "charts/orders").values_file("live.yaml");
/// let chart = Action::new("Release", EksDeploy::helm(cluster, chart, &bundle));
/// ```
///
/// Its variable: `EKSClusterName`.
#[derive(Clone, Debug)]
#[must_use]
pub struct EksDeploy {
    cluster: EksClusterRef,
    form: Form,
    input: Artifact,
    namespace: Option<String>,
    network: Network,
    compute: Compute,
}

#[derive(Clone, Debug)]
enum Form {
    Manifests(Vec<String>),
    Helm(HelmRelease),
}

/// A release of Helm.
#[derive(Clone, Debug)]
#[must_use]
pub struct HelmRelease {
    name: String,
    chart: String,
    values: Vec<String>,
}

impl HelmRelease {
    /// A release by its name, 1 to 53 lower-case letters, digits, `.` and `-`, of a chart in the artifact: a folder or a `.tgz`.
    #[doc(alias("HelmReleaseName", "HelmChartLocation"))]
    pub fn new(name: impl Into<String>, chart_location: impl Into<String>) -> Self {
        Self { name: name.into(), chart: chart_location.into(), values: Vec::new() }
    }

    /// Adds a file with values, which win over those of the chart and of the files before.
    #[doc(alias = "HelmValuesFiles")]
    pub fn values_file(mut self, path: impl Into<String>) -> Self {
        self.values.push(path.into());
        self
    }
}

impl EksDeploy {
    /// Applies manifests, files of the artifact: at least one.
    #[doc(alias = "ManifestFiles")]
    pub fn manifests<P: Into<String>>(
        cluster: EksClusterRef,
        files: impl IntoIterator<Item = P>,
        input: &Artifact,
    ) -> Self {
        Self::of(cluster, Form::Manifests(files.into_iter().map(Into::into).collect()), input)
    }

    /// Installs or upgrades a release of Helm.
    pub fn helm(cluster: EksClusterRef, release: HelmRelease, input: &Artifact) -> Self {
        Self::of(cluster, Form::Helm(release), input)
    }

    fn of(cluster: EksClusterRef, form: Form, input: &Artifact) -> Self {
        let (network, compute) = (Network::default(), Compute::default());
        Self { cluster, form, input: input.clone(), namespace: None, network, compute }
    }

    /// The namespace of Kubernetes: 1 to 63 lower-case letters, digits and `-`.
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        self.namespace = Some(name.into());
        self
    }

    /// Adds a subnet by its id in which the machine gets an address, in place of those of the cluster: one of the same VPC.
    #[doc(alias = "Subnets")]
    pub fn subnet(mut self, id: impl Into<Value<kind::Text>>) -> Self {
        self.network.subnets.push(id.into());
        self
    }

    /// Adds a security group by its id, in place of those of the cluster.
    #[doc(alias = "SecurityGroupIds")]
    pub fn security_group(mut self, id: impl Into<Value<kind::Text>>) -> Self {
        self.network.security_groups.push(id.into());
        self
    }

    /// Adds an environment variable, whose value takes the place of `$NAME` in manifests and in files with values: 1 to 2,000
    /// characters; there are at most 10.
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.compute.plain(name, value);
        self
    }

    fn problem_of(&self, path: &str) -> Option<Diagnostic> {
        let divided = || {
            let message = format!("`{}` would be taken for several files", path.escape_debug());
            Diagnostic::error(MALFORMED_PATH, message).help("give each file by itself, and none a `,` in its path")
        };
        self.input.file(path).problem(MALFORMED_PATH).or_else(|| path.contains(',').then(divided))
    }
}

const MALFORMED_PATH: &str = "eks-deploy::malformed-path";

impl Provider for EksDeploy {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Deploy, Owner::Aws, "EKS")
            .input(&self.input)
            .input_count(1..=1)
            .acts_on(self.cluster)
            .v2_only()
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        let list = |paths: &[String]| (!paths.is_empty()).then(|| paths.join(","));
        let configuration = Properties::new().set("ClusterName", self.cluster.name());
        let configuration = match &self.form {
            Form::Manifests(files) => configuration.opt("ManifestFiles", list(files)),
            Form::Helm(release) => configuration
                .set("HelmReleaseName", release.name.clone())
                .set("HelmChartLocation", release.chart.clone())
                .opt("HelmValuesFiles", list(&release.values)),
        };
        let [subnets, groups] = self.network.settings();
        configuration.opt("Namespace", self.namespace.clone()).opt("Subnets", subnets).opt("SecurityGroupIds", groups)
    }

    fn siblings(&self) -> Properties {
        self.compute.siblings()
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        policy.push(PolicyStatement::allow(["eks:DescribeCluster"]).on([self.cluster.arn()]));
        policy.push(log_statement(cx.env(), cx.pipeline()));
        // AWS does not document to which service it hands the network interfaces.
        self.network.permissions(cx.env(), None).into_iter().for_each(|statement| policy.push(statement));
        policy.push(PolicyStatement::allow(["ec2:DescribeRouteTables"]).on(["*"]));
    }

    fn prepare(&self, performer: Option<RoleRef>, scope: &mut Scope<'_>) {
        if let Some(role) = performer {
            scope.attach(self.cluster, AccessEntry { role: role.arn(), namespace: self.namespace.clone() });
        }
    }

    fn validate(&self, cx: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = self.compute.validate(cx);
        found.extend(self.network.malformed());
        let (names, files) = match &self.form {
            Form::Manifests(files) => {
                if files.is_empty() {
                    let help = "name at least one file of the artifact, as in `orders.yaml`";
                    found.push(Diagnostic::error("eks-deploy::no-manifest", "there is no manifest").help(help));
                }
                (None, files)
            }
            Form::Helm(release) => {
                let help = "releases have 1 to 53 lower-case letters, digits, `.` and `-`, and begin and end with a letter or digit";
                found.extend(self.input.file(&release.chart).problem(MALFORMED_PATH));
                (Some(("release of Helm", &release.name, is_release as fn(&str) -> bool, help)), &release.values)
            }
        };
        let help =
            "namespaces have 1 to 63 lower-case letters, digits and `-`, and begin and end with a letter or digit";
        let namespace = self.namespace.as_ref().map(|name| ("namespace", name, is_label as fn(&str) -> bool, help));
        let misnamed = names.into_iter().chain(namespace).filter(|(_, name, is_sound, _)| {
            // A run fills in the others.
            !name.contains("#{") && !is_sound(name)
        });
        found.extend(misnamed.map(|(what, name, _, help)| {
            let message = format!("`{}` is no name of a {what}", name.escape_debug());
            Diagnostic::error("eks-deploy::malformed-name", message).help(help)
        }));
        found.extend(files.iter().filter_map(|path| self.problem_of(path)));
        found
    }
}

/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names>
fn is_label(name: &str) -> bool {
    let is_sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(is_sound) && !name.starts_with('-') && !name.ends_with('-')
}

/// <https://helm.sh/docs/chart_template_guide/getting_started/>
fn is_release(name: &str) -> bool {
    name.len() <= 53 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use construct_core::App;

    use super::super::custom::testing::{Asked, HOME, ask_in, text_of};
    use super::*;
    use crate::aws::EksCluster;

    fn asked(deploy: impl FnOnce(EksClusterRef) -> EksDeploy) -> Asked {
        let mut app = App::new();
        let stack = app.stack("Tools", HOME);
        let cluster = EksCluster::import("arn:aws:eks:us-east-1:111111111111:cluster/shop");
        let cluster = app.at(stack).add("Cluster", cluster);
        ask_in(&mut app, &deploy(cluster))
    }

    fn manifests(cluster: EksClusterRef) -> EksDeploy {
        EksDeploy::manifests(cluster, ["a.yaml", "b.yaml"], &Artifact::new("Bundle"))
    }

    fn chart(cluster: EksClusterRef, name: &str) -> EksDeploy {
        EksDeploy::helm(cluster, HelmRelease::new(name, "charts/orders"), &Artifact::new("Bundle"))
    }

    #[test]
    fn manifests_are_applied_in_the_network_of_the_cluster() {
        let asked = asked(|cluster| manifests(cluster).namespace("shop"));
        let keys = ["ManifestFiles", "Namespace"];
        let values = keys.map(|key| text_of(&asked.configuration, key).expect("a text"));
        assert_eq!(values, ["a.yaml,b.yaml", "shop"]);
        let absent = ["HelmReleaseName", "Subnets", "SecurityGroupIds"];
        assert_eq!(absent.map(|key| text_of(&asked.configuration, key)), [None; 3]);
        let any = ["arn:aws:ec2:us-east-1:*:subnet/*", "arn:aws:ec2:us-east-1:*:security-group/*"];
        let any = PolicyStatement::allow(["ec2:CreateNetworkInterface"])
            .on(any)
            .on(["arn:aws:ec2:us-east-1:111111111111:network-interface/*"]);
        assert!(asked.policy.statements().any(|one| *one == any), "{asked:?}");
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn a_chart_has_values_and_may_have_subnets() {
        let release = HelmRelease::new("orders", "charts/orders").values_file("a.yaml").values_file("b.yaml");
        let asked = asked(|cluster| {
            let deploy = EksDeploy::helm(cluster, release, &Artifact::new("Bundle")).subnet("subnet-00000001");
            deploy.subnet("subnet-00000002").security_group("sg-00000001").environment("IMAGE", "orders:7")
        });
        let keys = ["HelmReleaseName", "HelmChartLocation", "HelmValuesFiles", "Subnets", "SecurityGroupIds"];
        let values = keys.map(|key| text_of(&asked.configuration, key).expect("a text"));
        let subnets = "subnet-00000001,subnet-00000002";
        assert_eq!(values, ["orders", "charts/orders", "a.yaml,b.yaml", subnets, "sg-00000001"]);
        assert!(!format!("{:?}", asked.policy).contains("subnet/*"), "{asked:?}");
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn what_could_never_work_is_found() {
        let none = |cluster| EksDeploy::manifests(cluster, [""; 0], &Artifact::new("Bundle"));
        assert_eq!(asked(none).codes, ["eks-deploy::no-manifest"]);
        for path in ["", "/a.yaml", "a.yaml,b.yaml"] {
            let codes = asked(|cluster| EksDeploy::manifests(cluster, [path], &Artifact::new("Bundle"))).codes;
            assert_eq!(codes, ["eks-deploy::malformed-path"], "{path}");
        }
        for name in ["", "Shop", "-shop", "shop.web", &"x".repeat(64)] {
            let codes = asked(|cluster| manifests(cluster).namespace(name)).codes;
            assert_eq!(codes, ["eks-deploy::malformed-name"], "{name}");
        }
        for path in ["", "/charts"] {
            let release = HelmRelease::new("orders", path);
            let codes = asked(|cluster| EksDeploy::helm(cluster, release, &Artifact::new("Bundle"))).codes;
            assert_eq!(codes, ["eks-deploy::malformed-path"], "{path}");
        }
        for name in ["", "Orders", "orders-", "orders..web", &"x".repeat(54)] {
            assert_eq!(asked(|cluster| chart(cluster, name)).codes, ["eks-deploy::malformed-name"], "{name}");
        }
        let sound = asked(|cluster| chart(cluster, "orders.web").namespace("#{variables.Stage}"));
        assert_eq!(sound.codes, [""; 0]);
        assert_eq!(asked(|cluster| manifests(cluster).subnet("sg-00000001")).codes, ["vpc::malformed-id"]);
        assert_eq!(asked(|cluster| manifests(cluster).environment("A-B", "1")).codes, ["commands::malformed-variable"]);
    }
}
