"""A call of a service, with what is known of it."""

from collections.abc import Iterator
from typing import Any

# (API action, resource, context)
Call = tuple[str, str, dict[str, Any]]


def each(names: str, resource: str, **context: Any) -> Iterator[Call]:
    service, _, rest = names.partition(":")
    for name in rest.split(" "):
        yield f"{service}:{name}", resource, {key.replace("__", ":").replace("_", "-"): value for key, value in context.items() if value is not None}


def in_network(base: str, subnets: list[str], groups: list[str], service: str | None = None) -> Iterator[Call]:
    """What builds in a VPC do there. `base` is what the ARNs of EC2 begin with."""
    interface = f"{base}network-interface/eni-0a1b2c3d4e5f60718"
    yield from each("ec2:DescribeDhcpOptions DescribeNetworkInterfaces DescribeSecurityGroups DescribeSubnets DescribeVpcs", "*")
    for made_of in [*(f"subnet/{subnet}" for subnet in subnets), *(f"security-group/{group}" for group in groups)]:
        yield from each("ec2:CreateNetworkInterface", base + made_of)
    yield from each("ec2:CreateNetworkInterface", interface)
    for subnet in subnets:
        yield from each("ec2:CreateNetworkInterfacePermission", interface, ec2__Subnet=f"{base}subnet/{subnet}", ec2__AuthorizedService=service)
        yield from each("ec2:DeleteNetworkInterface", interface, ec2__Subnet=f"{base}subnet/{subnet}")
