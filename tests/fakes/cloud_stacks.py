"""The stacks of several homes as CDK synthesizes them, once for all workers of a run: it takes seconds, offline."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FULL = {
    "home": "home",
    "mail_from": "door@example.org",
    "mail_to": "ann@example.org,bob@example.org",
    "budget_usd": "5",
    "budget_to": "ann@example.org",
}
HOMES: dict[str, dict[str, str]] = {
    "home": FULL,
    "cabin": FULL | {"home": "cabin", "box_url": "https://cabin.example.org", "lock_days": "14", "detect_at_once": "4"},
    "bare": {"home": "bare", "detect": "false", "motion": "false"},
}
QUIET = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1", "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"}
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::AccountId": "111122223333",
    "AWS::Region": "eu-central-1",
    "AWS::URLSuffix": "amazonaws.com",
}
PROGRAM = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from aws_cdk import App
from deploy.aws.app import add_home
from deploy.aws.home import home_of
app = App(outdir=sys.argv[2], analytics_reporting=False)
for name, words in json.loads(sys.argv[3]).items():
    add_home(app, home_of(words), Path(sys.argv[2]).parent / name)
app.synth()
"""


def synthesized(base: Path) -> Path:
    """The folder of the cloud assembly, made by whoever of the workers asks first; `base` is shared by them."""
    out, done = base / "cdk.out", base / "cdk.done"
    with (base / "cdk.lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            _synthesize(out)
            done.touch()
    return out


class Cloud:
    """The cloud assembly of all homes, with its references told as if they were deployed."""

    def __init__(self, out: Path) -> None:
        self.out = out

    def path(self, home: str) -> Path:
        return self.out / f"doorstep-{home}.template.json"

    def template(self, home: str = "home") -> dict[str, Any]:
        """The CloudFormation template of one home, as it is."""
        found: dict[str, Any] = json.loads(self.path(home).read_text(encoding="utf-8"))
        return found

    def resources(self, kind: str, home: str = "home") -> dict[str, dict[str, Any]]:
        """The properties of every resource of a kind, by its name, references told."""
        resources = self.template(home)["Resources"]
        return {
            name: told(one.get("Properties", {}), resources) for name, one in resources.items() if one["Type"] == kind
        }

    def documents(self, home: str = "home") -> dict[str, list[dict[str, Any]]]:
        """The policy documents of each user and role, by a part of its name such as "Recorder" or "ClipMail"."""
        found: dict[str, list[dict[str, Any]]] = {}
        for name, role in self.resources("AWS::IAM::Role", home).items():
            found[name.partition("Role")[0]] = [one["PolicyDocument"] for one in role["Policies"]]
        for policy in self.resources("AWS::IAM::Policy", home).values():
            for user in policy["Users"]:
                found.setdefault("Recorder" if "Recorder" in user else "Viewer", []).append(policy["PolicyDocument"])
        return found


def told(value: Any, resources: dict[str, Any]) -> Any:
    """With each reference as text: a bucket's is its name, of other things an ARN that holds their name."""
    if isinstance(value, list):
        return [told(one, resources) for one in value]
    if not isinstance(value, dict):
        return value
    reference = _reference(value, resources)
    if reference is not None:
        return reference
    return {key: told(one, resources) for key, one in value.items()}


def _reference(value: dict[str, Any], resources: dict[str, Any]) -> str | None:
    match list(value.items()):
        case [("Ref", str(name))]:
            own = resources.get(name, {}).get("Properties", {}).get("BucketName")
            return str(told(own, resources)) if own else PSEUDO.get(name, name)
        case [("Fn::GetAtt", [name, what])]:
            return f"arn:{name}" if what == "Arn" else f"{name}.{what}"
        case [("Fn::Join", [between, parts])]:
            return str(between.join(told(parts, resources)))
        case [("Fn::Sub", str(text))]:
            return text
    return None


def _synthesize(out: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROOT), str(out), json.dumps(HOMES)],
        cwd=ROOT,
        env=os.environ | QUIET,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
