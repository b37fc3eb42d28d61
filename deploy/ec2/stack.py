"""A machine in EC2 with Doorstep on it: open at three ports, its disk encrypted, nothing of the account in reach."""

from pathlib import Path

from aws_cdk import App, Aws, CfnOutput, Fn, Stack, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from deploy.ec2.first_start import first_start
from deploy.ec2.machine import Machine

OPEN_PORTS = {80: "asks for the certificate, and leads to 443", 443: "the page", 1935: "cameras that push, in TLS"}
SSH = 22
NETWORK = "10.80.0.0/24"


class PublicMachineStack(Stack):  # type: ignore[misc]  # CDK is not typed here
    """Everything of one machine, in a network of its own.

    The address is the machine's before it first starts: one that changed meanwhile would cut off what it fetches.
    """

    def __init__(self, app: App, machine: Machine, bundle: Path) -> None:
        name = machine.stack_name
        super().__init__(app, name, stack_name=name, description=f"Doorstep at {machine.name}")
        Tags.of(self).add("doorstep", machine.name)
        network = self._network()
        ports = self._open_ports(network)
        subnet = network.public_subnets[0]
        plug = ec2.CfnNetworkInterface(self, "Plug", subnet_id=subnet.subnet_id, group_set=[ports.security_group_id])
        address = ec2.CfnEIP(self, "Address", domain="vpc")
        address.node.add_dependency(subnet.internet_connectivity_established)
        given = ec2.CfnEIPAssociation(
            self, "AddressOfPlug", allocation_id=address.attr_allocation_id, network_interface_id=plug.ref
        )
        server = self._server(machine, plug, assets.Asset(self, "Bundle", path=str(bundle)))
        server.node.add_dependency(given, subnet.internet_connectivity_established)
        self._way_in_for_ssh(network, ports)
        CfnOutput(self, "PublicAddress", value=address.attr_public_ip)
        CfnOutput(self, "Instance", value=server.ref)

    def _network(self) -> ec2.Vpc:
        public = ec2.SubnetConfiguration(
            name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=28, map_public_ip_on_launch=False
        )
        return ec2.Vpc(
            self,
            "Network",
            ip_addresses=ec2.IpAddresses.cidr(NETWORK),
            max_azs=1,
            nat_gateways=0,
            subnet_configuration=[public],
            restrict_default_security_group=False,  # a function would do that; nothing is in that group
        )

    def _server(self, machine: Machine, plug: ec2.CfnNetworkInterface, found: assets.Asset) -> ec2.CfnInstance:
        key = ec2.CfnKeyPair(self, "Key", key_name=machine.stack_name, public_key_material=machine.key)
        role = self._role(found)
        profile = iam.CfnInstanceProfile(self, "Profile", roles=[role.role_name])
        start = "\n".join(["#!/bin/sh", *first_start(machine, found.s3_bucket_name, found.s3_object_key, Aws.REGION)])
        server = ec2.CfnInstance(
            self,
            "Server",
            image_id=machine.image,
            instance_type=machine.kind,
            key_name=key.ref,
            iam_instance_profile=profile.ref,
            network_interfaces=[{"deviceIndex": "0", "networkInterfaceId": plug.ref}],
            user_data=Fn.base64(start),
            block_device_mappings=[{"deviceName": "/dev/xvda", "ebs": disk(machine)}],
            metadata_options={"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
            credit_specification={"cpuCredits": "standard"},  # the other one costs more the more it computes
            tags=[{"key": "Name", "value": machine.name}],
        )
        server.node.add_dependency(role)  # with its policy: the first thing it does is to fetch
        return server

    def _open_ports(self, network: ec2.Vpc) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(self, "OpenPorts", vpc=network, description="Doorstep", allow_all_outbound=True)
        for port, what in OPEN_PORTS.items():
            group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), what)
        return group

    def _role(self, found: assets.Asset) -> iam.Role:
        """May read what it is set up with, and nothing else."""
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        what = f"arn:{Aws.PARTITION}:s3:::{found.s3_bucket_name}/{found.s3_object_key}"
        role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[what]))
        return role

    def _way_in_for_ssh(self, network: ec2.Vpc, ports: ec2.SecurityGroup) -> None:
        """By an endpoint that asks for the account's own rights first: port 22 is closed to the internet."""
        group = ec2.SecurityGroup(
            self, "SshGroup", vpc=network, description="SSH to Doorstep", allow_all_outbound=False
        )
        group.add_egress_rule(ec2.Peer.ipv4(NETWORK), ec2.Port.tcp(SSH), "to the machine")
        ports.add_ingress_rule(group, ec2.Port.tcp(SSH), "from the endpoint alone")
        ec2.CfnInstanceConnectEndpoint(
            self,
            "SshEndpoint",
            subnet_id=network.public_subnets[0].subnet_id,
            security_group_ids=[group.security_group_id],
            preserve_client_ip=False,
        )


def disk(machine: Machine) -> dict[str, object]:
    """Kept when the machine goes: recordings lie there."""
    return {"volumeSize": machine.disk_gb, "volumeType": "gp3", "encrypted": True, "deleteOnTermination": False}
