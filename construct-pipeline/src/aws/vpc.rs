//! Networks that builds run in.
//!
//! Codes: `vpc::malformed-id`, `vpc::no-security-group`, `vpc::no-subnet`, `vpc::too-many-security-groups`,
//! `vpc::too-many-subnets`.
//!
//! <https://docs.aws.amazon.com/codebuild/latest/userguide/vpc-support.html>

use construct_core::{Diagnostic, Env, Properties, Value, kind, text};
use construct_iam::{Arn, PolicyStatement};

/// A VPC with the subnets and security groups in which builds run, so that they reach what is private there.
///
/// The subnets are private ones that lead to the services of AWS, through a NAT gateway or endpoints. They may belong to
/// another account that shares them.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let network = VpcConfig::new("vpc-0a1b2c3d4e5f60718")
///     .subnet("subnet-0a1b2c3d4e5f60718")
///     .subnet("subnet-1a2b3c4d5e6f70819")
///     .security_group("sg-0a1b2c3d4e5f60718");
/// let project = PipelineProject::new().vpc_config(network);
/// ```
///
/// See <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_VpcConfig.html>.
#[doc(alias("vpc", "subnetSelection"))]
#[derive(Clone, Debug)]
#[must_use]
pub struct VpcConfig {
    vpc: Value<kind::Text>,
    network: Network,
}

/// Where the network interfaces of builds stand, as actions name it that may leave it to the service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    /// Empty if only the service knows them: then any may be the one.
    pub(crate) subnets: Vec<Value<kind::Text>>,
    /// The same for its security groups.
    pub(crate) security_groups: Vec<Value<kind::Text>>,
}

impl VpcConfig {
    /// A VPC by its id, without subnets yet.
    pub fn new(vpc_id: impl Into<Value<kind::Text>>) -> Self {
        Self { vpc: vpc_id.into(), network: Network::default() }
    }

    /// Adds a subnet by its id; there are 1 to 16.
    #[doc(alias = "subnets")]
    pub fn subnet(mut self, id: impl Into<Value<kind::Text>>) -> Self {
        self.network.subnets.push(id.into());
        self
    }

    /// Adds a security group by its id; there are 1 to 5.
    #[doc(alias = "securityGroups")]
    pub fn security_group(mut self, id: impl Into<Value<kind::Text>>) -> Self {
        self.network.security_groups.push(id.into());
        self
    }

    /// As a project has it.
    pub(crate) fn properties(&self) -> Properties {
        Properties::new()
            .set("VpcId", &self.vpc)
            .list("Subnets", &self.network.subnets)
            .list("SecurityGroupIds", &self.network.security_groups)
    }

    /// As actions have it in their configuration, where lists are texts.
    pub(crate) fn settings(&self) -> [(&'static str, Value<kind::Text>); 3] {
        let [subnets, security_groups] = self.network.settings().map(|list| list.unwrap_or_else(|| "".into()));
        [("VpcId", self.vpc.clone()), ("Subnets", subnets), ("SecurityGroupIds", security_groups)]
    }

    /// What a role needs whose builds run here.
    pub(crate) fn permissions(&self, env: Env, service: Option<&'static str>) -> [PolicyStatement; 4] {
        self.network.permissions(env, service)
    }

    /// What AWS would refuse.
    pub(crate) fn problems(&self) -> Vec<Diagnostic> {
        let Network { subnets, security_groups } = &self.network;
        let lists = [
            ("vpc::no-subnet", "vpc::too-many-subnets", "subnet", subnets, 16),
            ("vpc::no-security-group", "vpc::too-many-security-groups", "security group", security_groups, 5),
        ];
        let counts = lists.into_iter().filter_map(|(none, many, what, ids, most)| {
            let adding = what.replace(' ', "_");
            match ids.len() {
                0 => Some(
                    Diagnostic::error(none, format!("the network has no {what}"))
                        .help(format!("add one with `.{adding}(id)`")),
                ),
                n if n > most => Some(
                    Diagnostic::error(many, format!("the network has {n} {what}s; builds take at most {most}"))
                        .help(format!("leave out {} of them", n - most)),
                ),
                _ => None,
            }
        });
        counts
            .chain(malformed(std::slice::from_ref(&self.vpc), "vpc-", "VPC"))
            .chain(self.network.malformed())
            .collect()
    }
}

impl Network {
    /// As actions have it in their configuration, where lists are texts.
    pub(crate) fn settings(&self) -> [Option<Value<kind::Text>>; 2] {
        let joined = |ids: &[Value<kind::Text>]| ids.iter().cloned().reduce(|before, id| text!("{},{}", before, id));
        [joined(&self.subnets), joined(&self.security_groups)]
    }

    /// What a role needs whose builds run here: they make network interfaces, hand them to a service, and remove them.
    /// Each is restricted as far as EC2 can; subnets that are shared belong to another account.
    /// <https://docs.aws.amazon.com/codebuild/latest/userguide/auth-and-access-control-iam-identity-based-access-control.html#customer-managed-policies-example-create-vpc-network-interface>,
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>
    pub(crate) fn permissions(&self, env: Env, service: Option<&'static str>) -> [PolicyStatement; 4] {
        let any = ["*".into()];
        let or_any = |ids| if <[_]>::is_empty(ids) { &any } else { ids };
        let here = Arn::regional(env, "ec2", "");
        let of_anybody = |kind: &str, id: &Value<kind::Text>| -> Value<kind::Text> {
            text!("{}{}", format!("arn:{}:ec2:{}:*:{kind}/", here.partition(), here.region_name()), id)
        };
        let subnets = || or_any(&self.subnets).iter().map(|id| of_anybody("subnet", id));
        let groups = or_any(&self.security_groups).iter().map(|id| of_anybody("security-group", id));
        let interfaces = || Value::<kind::Text>::from(here.clone().of("network-interface/*").to_string());
        let within =
            |statement: PolicyStatement| statement.on([interfaces()]).condition("ArnLike", "ec2:Subnet", subnets());
        let hand_over = within(PolicyStatement::allow(["ec2:CreateNetworkInterfacePermission"]));
        [
            PolicyStatement::allow([
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ])
            .on(["*"]),
            PolicyStatement::allow(["ec2:CreateNetworkInterface"]).on(subnets().chain(groups).chain([interfaces()])),
            within(PolicyStatement::allow(["ec2:DeleteNetworkInterface"])),
            match service {
                Some(service) => hand_over.condition("StringEquals", "ec2:AuthorizedService", [service]),
                None => hand_over,
            },
        ]
    }

    /// Ids that are none.
    pub(crate) fn malformed(&self) -> impl Iterator<Item = Diagnostic> {
        malformed(&self.subnets, "subnet-", "subnet").chain(malformed(&self.security_groups, "sg-", "security group"))
    }
}

fn malformed(ids: &[Value<kind::Text>], begin: &'static str, what: &'static str) -> impl Iterator<Item = Diagnostic> {
    ids.iter().filter_map(Value::literal).filter(move |id| !is_id(id, begin)).map(move |id| {
        Diagnostic::error("vpc::malformed-id", format!("`{}` is no id of a {what}", id.escape_debug()))
            .help(format!("ids of {what}s are `{begin}` with 8 or 17 hexadecimal digits"))
    })
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html>
fn is_id(text: &str, begin: &str) -> bool {
    let digits = text.strip_prefix(begin).unwrap_or_default();
    matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(network: &VpcConfig) -> Vec<&'static str> {
        network.problems().iter().map(Diagnostic::code).collect()
    }

    #[test]
    fn what_aws_refuses_is_found() {
        let sound = || VpcConfig::new("vpc-00000001").subnet("subnet-00000001").security_group("sg-00000001");
        let none: [&str; 0] = [];
        assert_eq!(codes(&sound()), none);
        assert_eq!(codes(&VpcConfig::new("vpc-00000001")), ["vpc::no-subnet", "vpc::no-security-group"]);
        let more = (0..16).fold(sound(), |network, n| network.subnet(format!("subnet-{n:08}")));
        assert_eq!(codes(&more), ["vpc::too-many-subnets"]);
        let more = (0..5).fold(sound(), |network, n| network.security_group(format!("sg-{n:08}")));
        assert_eq!(codes(&more), ["vpc::too-many-security-groups"]);
        let swapped = VpcConfig::new("subnet-00000001").subnet("sg-00000001").security_group("vpc-00000001");
        assert_eq!(codes(&swapped), ["vpc::malformed-id"; 3]);
        assert_eq!(codes(&sound().subnet("{{resolve:ssm:/subnet}}")), none);
    }

    #[test]
    fn actions_have_lists_as_texts() {
        let network = VpcConfig::new("vpc-00000001")
            .subnet("subnet-00000001")
            .subnet("subnet-00000002")
            .security_group("sg-00000001");
        let settings = [
            ("VpcId", "vpc-00000001"),
            ("Subnets", "subnet-00000001,subnet-00000002"),
            ("SecurityGroupIds", "sg-00000001"),
        ];
        assert_eq!(network.settings(), settings.map(|(key, text)| (key, text.into())));
    }
}
