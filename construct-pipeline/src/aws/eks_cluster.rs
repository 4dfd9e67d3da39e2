//! Clusters of Amazon EKS that exist already. They are made elsewhere, so they are imported only.

use construct_core::{DocumentCx, Fact, NodeId, Reach, Setting, Value, kind};
use construct_iam::{Arn, ArnKind, Imported};
use serde_json::json;

construct_core::handle! {
    /// A cluster of Amazon EKS.
    pub struct EksClusterRef {
        /// The cluster's ARN.
        arn: Arn = GetAtt("Arn"),
        /// The cluster's name.
        name: Name = Ref,
    }
}

/// Clusters of Amazon EKS.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let cluster = EksCluster::import("arn:aws:eks:us-east-1:333333333333:cluster/shop");
/// let cluster = app.at(stack).add("Cluster", cluster);
/// let deploy = EksDeploy::manifests(cluster, ["orders.yaml"], &Artifact::new("Bundle"));
/// ```
///
/// See <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EKS.html>.
#[derive(Clone, Copy, Debug)]
pub enum EksCluster {}

impl EksCluster {
    /// A cluster that exists already, by its ARN: it is referred to and never written to. Its owner is asked for access entries
    /// of the roles that deploy to it.
    #[doc(alias = "fromClusterAttributes")]
    pub fn import(arn: impl Into<Value<kind::Arn>>) -> ImportedEksCluster {
        ImportedEksCluster::new(arn)
    }
}

/// A role that deploys to a cluster, which IAM alone does not let in.
/// <https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html>
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AccessEntry {
    pub(crate) role: Value<kind::Arn>,
    pub(crate) namespace: Option<String>,
}

impl Fact for AccessEntry {
    const NAME: &'static str = "access entry of a cluster";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
}

/// The ARNs of clusters.
#[derive(Clone, Copy, Debug)]
pub enum EksClusterArn {}

impl ArnKind for EksClusterArn {
    type Handle = EksClusterRef;
    const WHAT: &'static str = "a cluster";
    const CODE: &'static str = "eks::malformed-cluster-arn";
    const EXAMPLE: &'static str = "arn:aws:eks:us-east-1:111111111111:cluster/name";

    /// <https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html>
    fn name(arn: &Arn) -> Option<&str> {
        let name = arn.resource().strip_prefix("cluster/").filter(|_| arn.service() == "eks" && arn.is_regional())?;
        let shape = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let is_sound = (1..=100).contains(&name.len()) && name.bytes().all(shape) && !name.starts_with(['_', '-']);
        is_sound.then_some(name)
    }

    fn settings(of: NodeId, cx: &DocumentCx<'_>) -> Vec<Setting> {
        let entries = cx.facts_of::<AccessEntry>(of).map(|AccessEntry { role, namespace }| {
            let place = namespace.as_ref().map_or_else(String::new, |name| format!(" into the namespace `{name}`"));
            let why = format!("this role deploys{place}: give its entry an access policy or a group that may");
            Setting::new("AccessEntry", json!({ "PrincipalArn": cx.json(role.expr()) }), why)
        });
        entries.collect()
    }
}

/// A cluster that exists already.
pub type ImportedEksCluster = Imported<EksClusterArn>;

#[cfg(test)]
mod tests {
    use super::EksCluster;

    #[test]
    fn the_name_is_read_from_the_arn() {
        let name = |arn: &str| EksCluster::import(arn).parsed().map(|arn| arn.resource_name().to_owned());
        assert_eq!(name("arn:aws:eks:us-east-1:111111111111:cluster/shop").as_deref(), Some("shop"));
        for arn in [
            "shop",
            "arn:aws:eks:us-east-1:111111111111:cluster/",
            "arn:aws:eks:us-east-1:111111111111:cluster/-shop",
            "arn:aws:eks:us-east-1:111111111111:cluster/shop/web",
            "arn:aws:eks:us-east-1:111111111111:nodegroup/shop",
            "arn:aws:ecs:us-east-1:111111111111:cluster/shop",
        ] {
            assert_eq!(name(arn), None, "{arn}");
        }
    }
}
