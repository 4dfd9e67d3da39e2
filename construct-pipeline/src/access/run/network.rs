//! What builds in a VPC need: network interfaces there, which they hand to the service that runs them.

use super::call::{Call, Told};
use crate::access::world::{Action, BuildNetwork};

const LOOKS: [&str; 5] = [
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
];

/// The calls of whoever builds in a network, for the service that runs the build, if it is known.
/// <https://docs.aws.amazon.com/codebuild/latest/userguide/auth-and-access-control-iam-identity-based-access-control.html#customer-managed-policies-example-create-vpc-network-interface>
pub(crate) fn calls_in(network: &BuildNetwork, service: Option<&'static str>, unknown_id: char) -> Vec<Call<'static>> {
    let BuildNetwork { subnets, security_groups, interfaces } = network;
    let interface = format!("{interfaces}{unknown_id}");
    let made_of = subnets.iter().chain(security_groups).chain([&interface]);
    let makes = made_of.map(|resource| Call::of(&["ec2:CreateNetworkInterface"], resource.as_str()));
    // In which subnet an interface stands is for the service to choose; nothing is said of one that only a deployment knows.
    let within = subnets.iter().map(|subnet| Some(("ec2:Subnet".into(), Told::One(subnet.clone().into()))));
    let within = within.chain(subnets.is_empty().then_some(None));
    let service = service.map(|service| ("ec2:AuthorizedService".into(), Told::One(service.into())));
    let on_interface = |actions, facts| Call { facts, ..Call::of(actions, interface.as_str()) };
    let uses = within.flat_map(|subnet| {
        [
            on_interface(&["ec2:CreateNetworkInterfacePermission"], [subnet.clone(), service.clone(), None]),
            on_interface(&["ec2:DeleteNetworkInterface"], [subnet, None, None]),
        ]
    });
    [Call::of(&LOOKS, "*")].into_iter().chain(makes).chain(uses).collect()
}

/// The network that an action names in its configuration.
pub(crate) fn network_of(action: &Action) -> Option<BuildNetwork> {
    ids(action, "Subnets").next()?;
    Some(network(action, ids(action, "Subnets"), ids(action, "SecurityGroupIds")))
}

/// The same, where a cluster has what the action does not name.
pub(crate) fn network_of_cluster(action: &Action, unknown_id: char) -> BuildNetwork {
    let mut room = [0; 4];
    let unknown = &*unknown_id.encode_utf8(&mut room);
    let or_unknown = |key| ids(action, key).next().is_none().then_some(unknown).into_iter().chain(ids(action, key));
    network(action, or_unknown("Subnets"), or_unknown("SecurityGroupIds"))
}

fn network<'a>(
    action: &Action,
    subnets: impl Iterator<Item = &'a str>,
    security_groups: impl Iterator<Item = &'a str>,
) -> BuildNetwork {
    BuildNetwork::of(subnets, security_groups, |resource| action.arn("ec2", resource))
}

/// The ids of a list, which is a text.
fn ids<'a>(action: &'a Action, key: &str) -> impl Iterator<Item = &'a str> {
    action.get(key).into_iter().flat_map(|ids| ids.split(',')).map(str::trim).filter(|id| !id.is_empty())
}
