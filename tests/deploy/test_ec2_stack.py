"""What the machine in EC2 is made of, as CloudFormation will be told: three open ports, and little else in reach."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from deploy.ec2.bundle import FILES

from fakes.cloud_stacks import QUIET, ROOT

CFN_LINT = Path(sys.executable).parent / "cfn-lint"
PACKAGE = "doorstep_0.2.0+deb13_arm64.deb"
IMAGE = "ami-0123456789abcdef0"
CHOSEN = {
    "name": "door.example.org",
    "mail": "ann@example.org",
    "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ ann@home",
    "image": IMAGE,
}

NAMED = {"AWS::EC2::KeyPair": "KeyName", "AWS::IAM::Role": "RoleName", "AWS::EC2::SecurityGroup": "GroupName"}


class Made:
    """The cloud assembly of one machine."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.path = out / "doorstep-at-door-example-org.template.json"
        self.template: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))

    def one(self, kind: str) -> dict[str, Any]:
        """Properties of the only resource of a kind."""
        [found] = self.all(kind)
        return found

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Properties of each."""
        return [one["Properties"] for one in self.template["Resources"].values() if one["Type"] == kind]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """As CDK's program runs it: in the folder of the other stack, with the context in the environment."""
    folder = tmp_path_factory.mktemp("machine")
    package = folder / PACKAGE
    package.write_bytes(b"a package")
    (folder / "SHA256SUMS").write_text("sums\n", encoding="utf-8")
    context = CHOSEN | {"package": str(package)}
    ran = subprocess.run(
        [sys.executable, "../ec2/app.py"],
        cwd=ROOT / "deploy" / "aws",
        env=os.environ | QUIET | {"CDK_OUTDIR": str(folder / "out"), "CDK_CONTEXT_JSON": json.dumps(context)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return Made(folder / "out")


def test_only_the_named_ports_are_open_to_the_internet(made: Made) -> None:
    groups = made.all("AWS::EC2::SecurityGroup")
    rules = [rule for group in groups for rule in group.get("SecurityGroupIngress", ())]
    assert {(rule["CidrIp"], rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in rules} == {
        ("0.0.0.0/0", "tcp", port, port) for port in (80, 443, 1935)
    }
    ssh = made.one("AWS::EC2::SecurityGroupIngress")
    assert (ssh["FromPort"], ssh["ToPort"]) == (22, 22)
    assert "SshGroup" in ssh["SourceSecurityGroupId"]["Fn::GetAtt"][0]
    assert "CidrIp" not in ssh


def test_from_where_ssh_comes_nothing_else_is_reached(made: Made) -> None:
    [group] = [one for one in made.all("AWS::EC2::SecurityGroup") if "SSH" in one["GroupDescription"]]
    assert "SecurityGroupIngress" not in group
    [rule] = group["SecurityGroupEgress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("10.80.0.0/24", 22, 22)
    assert made.one("AWS::EC2::InstanceConnectEndpoint")["PreserveClientIp"] is False


def test_the_disk_is_encrypted_and_stays(made: Made) -> None:
    [disk] = made.one("AWS::EC2::Instance")["BlockDeviceMappings"]
    assert disk["Ebs"] == {"VolumeSize": 30, "VolumeType": "gp3", "Encrypted": True, "DeleteOnTermination": False}


def test_the_machines_credentials_need_a_token_from_the_machine_itself(made: Made) -> None:
    server = made.one("AWS::EC2::Instance")
    assert server["MetadataOptions"] == {
        "HttpEndpoint": "enabled",
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 1,
    }
    assert server["CreditSpecification"] == {"CPUCredits": "standard"}
    assert (server["ImageId"], server["InstanceType"]) == (IMAGE, "t4g.small")


def test_the_machine_may_read_what_it_is_set_up_with_and_nothing_else(made: Made) -> None:
    [statement] = made.one("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "s3:GetObject")
    told = json.dumps(statement["Resource"])
    assert "cdk-hnb659fds-assets" in told
    assert ".zip" in told
    assert "*" not in told
    assert "ManagedPolicyArns" not in made.one("AWS::IAM::Role")


def test_the_address_is_there_before_the_machine_starts(made: Made) -> None:
    [server] = [one for one in made.template["Resources"].values() if one["Type"] == "AWS::EC2::Instance"]
    assert "AddressOfPlug" in server["DependsOn"]
    assert any("DefaultRoute" in name for name in server["DependsOn"])
    assert made.one("AWS::EC2::Subnet")["MapPublicIpOnLaunch"] is False


def start_of(made: Made) -> str:
    """What cloud-init runs."""
    parts = made.one("AWS::EC2::Instance")["UserData"]["Fn::Base64"]["Fn::Join"][1]
    return "".join(one if isinstance(one, str) else "X" for one in parts)


def test_cloud_init_calls_one_script_which_is_in_what_it_fetches(made: Made) -> None:
    start = start_of(made)
    last = start.splitlines()[-1]
    package = f"/root/doorstep/{PACKAGE}"
    script = "/root/doorstep/deploy/ec2/set-up.sh"
    assert last == f"exec sh {script} --yes --mail ann@example.org door.example.org {package}"
    [bundle] = [path for path in made.out.glob("asset.*") if path.is_dir()]
    names = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert names == {PACKAGE, "SHA256SUMS", *(f"deploy/{name}" for name in FILES)}


def test_cloud_init_is_told_no_secret(made: Made) -> None:
    whole = made.path.read_text(encoding="utf-8")
    assert "PRIVATE" not in whole
    assert "DOOR_KEY" not in whole
    assert "password" not in whole.lower()


def test_the_shell_has_nothing_against_what_cloud_init_runs(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "start.sh"
    path.write_text(start_of(made), encoding="utf-8")
    done = subprocess.run(["sh", "-n", path], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_cfn_lint_has_nothing_to_say(made: Made) -> None:
    ran = subprocess.run(
        [CFN_LINT, "--format", "json", made.path],
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert json.loads(ran.stdout or "[]") == []
    assert ran.returncode == 0


def test_its_names_are_its_own(made: Made) -> None:
    """Two machines, and the cloud half, may live in one account."""
    assert set(made.template["Outputs"]) == {"PublicAddress", "Instance"}
    named = {one[key] for kind, key in NAMED.items() for one in made.all(kind) if key in one}
    assert named == {"doorstep-at-door-example-org"}
