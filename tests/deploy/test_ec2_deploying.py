"""`make deploy-ec2` and `make destroy-ec2`, every step but CDK's own program, against an account of moto's."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from deploy.ec2 import deploy, destroy
from deploy.ec2.machine import MachineInvalid, machine_of

from fakes.deployed_cloud import ACCOUNT, REGION, account, client

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ ann@home"
STACK = "doorstep-at-door-example-org"
CHOSEN = {"name": "door.example.org", "key": KEY, "package": "/there/doorstep_0.2.0+deb13_arm64.deb"}


class RecordedCdk:
    """Makes the stack as far as the script asks for it, and notes the words."""

    def __init__(self) -> None:
        self.said: list[list[str]] = []

    def __call__(self, words: Sequence[str], region: str) -> None:
        assert region == REGION
        self.said.append(list(words))
        if words[0] == "bootstrap":
            made("CDKToolkit", {})
        elif words[0] == "deploy" and not any(one[0] == "deploy" for one in self.said[:-1]):
            made(words[1], {"Instance": "i-0123", "PublicAddress": "203.0.113.7"})


def made(stack: str, outputs: dict[str, str]) -> None:
    template: dict[str, Any] = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(template))


@pytest.fixture
def cdk(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordedCdk]:
    with account():
        monkeypatch.setattr(deploy, "DEBIAN", ACCOUNT)
        for name in ("debian-13-arm64-20260101-1", "debian-12-arm64-20261101-9"):
            client("ec2").register_image(Name=name, Architecture="arm64")
        yield RecordedCdk()


def image_of(name: str) -> str:
    [found] = client("ec2").describe_images(Owners=[ACCOUNT], Filters=[{"Name": "name", "Values": [name]}])["Images"]
    return str(found["ImageId"])


def no_tools(*, image: bool) -> str:
    assert not image
    return ""


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """What an owner says the first time."""
    (tmp_path / "key.pub").write_text(f"{KEY}\n", encoding="utf-8")
    chosen = ["--name", "door.example.org", "--key", str(tmp_path / "key.pub")]
    chosen += ["--package", str(tmp_path / "doorstep_0.2.0+deb13_arm64.deb")]
    return ["--into", str(tmp_path / "into"), "--region", REGION, *chosen]


def test_it_says_what_it_will_make_and_what_a_month_costs_before_it_asks(
    cdk: RecordedCdk, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(words, cdk, no_tools) == 1
    told = capsys.readouterr()
    assert f"In account {ACCOUNT}, region {REGION}, the stack {STACK} is made" in told.out
    assert "USD  a month" in told.out
    assert "1935 for cameras that push in TLS; nothing else" in told.out
    assert "has not been run in AWS" in told.out
    assert "Nobody is there to agree" in told.err
    assert cdk.said == []


def test_it_deploys_debians_newest_image_and_says_how_to_go_on(
    cdk: RecordedCdk, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main([*words, "--yes"], cdk, no_tools) == 0
    assert [said[0] for said in cdk.said] == ["bootstrap", "deploy"]
    said = cdk.said[1]
    assert said[1] == STACK
    assert f"image={image_of('debian-13-arm64-20260101-1')}" in said
    assert said[said.index("--app") + 1] == "../../.venv/bin/python ../ec2/app.py"
    told = capsys.readouterr().out
    assert "an A record with 203.0.113.7" in told
    assert f"--instance-id i-0123 --region {REGION}" in told


def test_the_second_run_changes_nothing_though_debian_has_a_newer_image(cdk: RecordedCdk, words: list[str]) -> None:
    assert deploy.main([*words, "--yes"], cdk, no_tools) == 0
    client("ec2").register_image(Name="debian-13-arm64-20991231-1", Architecture="arm64")
    assert deploy.main([*words[:2], "--yes"], cdk, no_tools) == 0
    assert cdk.said[1] == cdk.said[2]


def test_a_debian_without_an_image_is_told(
    cdk: RecordedCdk, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    package = words[-1].replace("arm64", "amd64")
    assert deploy.main([*words[:-1], package, "--yes"], cdk, no_tools) == 1
    assert "no image of version 13 for amd64" in capsys.readouterr().err
    assert cdk.said == []


def test_a_folder_is_of_one_machine(cdk: RecordedCdk, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main([*words, "--yes"], cdk, no_tools) == 0
    assert deploy.main([*words[:2], "--name", "cabin.example.org", "--yes"], cdk, no_tools) == 1
    assert "belongs to door.example.org" in capsys.readouterr().err


def test_a_private_key_is_refused(
    cdk: RecordedCdk, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key.pub").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n", encoding="utf-8")
    assert deploy.main([*words, "--yes"], cdk, no_tools) == 1
    assert "the private half of a key" in capsys.readouterr().err
    (tmp_path / "key.pub").unlink()
    assert deploy.main([*words, "--yes"], cdk, no_tools) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_without_a_folder_or_a_region_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main([], RecordedCdk(), no_tools) == 1
    assert "INTO=" in capsys.readouterr().err
    assert deploy.main(["--into", str(tmp_path)], RecordedCdk(), no_tools) == 1
    assert "--region" in capsys.readouterr().err
    assert destroy.main(["--into", str(tmp_path)]) == 1
    assert "Nothing was deployed from" in capsys.readouterr().err


def test_destroying_keeps_the_disk_and_says_so(
    cdk: RecordedCdk, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main([*words, "--yes"], cdk, no_tools) == 0
    assert destroy.main(words[:2]) == 1
    assert "Its disk of 30 GB stays" in capsys.readouterr().out
    assert destroy.main([*words[:2], "--yes"]) == 0
    assert "Kept: the disk" in capsys.readouterr().out
    assert destroy.main([*words[:2], "--yes"]) == 0
    assert "There is no stack" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": "door"}, "name must be"),
        ({"name": "Door.example.org"}, "name must be"),
        ({"name": "door.example.org; reboot"}, "name must be"),
        ({"mail": "ann"}, "mail must be"),
        ({"mail": "ann@example.org --yes"}, "mail must be"),
        ({"key": "a key"}, "key must be"),
        ({"package": "/there/doorstep.deb"}, "package must be"),
        ({"package": "/there/doorstep_0.2.0+deb11_arm64.deb"}, "package must be"),
        ({"image": "newest"}, "image must be"),
        ({"size": "large"}, "size must be"),
        ({"disk_gb": "5"}, "disk_gb must be from"),
        ({"disk_gb": "much"}, "disk_gb must be a number"),
        ({"colour": "red"}, "colour is not among"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(wrong: dict[str, str], sentence: str) -> None:
    with pytest.raises(MachineInvalid, match=sentence):
        machine_of(CHOSEN | wrong)


def test_what_was_chosen_comes_back_out_of_its_words() -> None:
    machine = machine_of(CHOSEN | {"mail": "ann@example.org", "disk_gb": "100", "size": "t4g.medium"})
    assert machine_of(machine.context()) == machine
    assert (machine.debian, machine.arch, machine.kind) == ("13", "arm64", "t4g.medium")


def test_a_size_of_which_no_price_is_known_is_said_to_be_one() -> None:
    machine = machine_of(CHOSEN | {"size": "c7g.large"})
    assert "Beside what a c7g.large costs" in list(deploy.price(machine))[-1]


def test_make_knows_both(tmp_path: Path) -> None:
    for target in ("deploy-ec2", "destroy-ec2"):
        said = subprocess.run(
            ["make", "-n", target, f"INTO={tmp_path}"], capture_output=True, text=True, check=True, timeout=60
        ).stdout
        assert f'-m deploy.ec2.{target.removesuffix("-ec2")} --into "{tmp_path}"' in said
