"""`make deploy-ec2`: tells what will be made and what a month costs, asks, deploys, and says how to go on.

Run twice, the second time changes nothing.  What the stack is made of: `stack.py`; what the machine is: `set-up.sh`.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from deploy.aws.account import Account, AwsRefused, plain_words
from deploy.aws.cdk import Cdk, check_tools, context_words, run_cdk
from deploy.aws.choices import agreed
from deploy.aws.deploy import BOOTSTRAP
from deploy.ec2.choices import Choices, choices_of, deploy_words
from deploy.ec2.machine import SIZES, Machine, MachineInvalid

NOT_YET = "This has not been run in AWS by the developers yet: read what CDK says, and tell them what went wrong."
DEBIAN = "136693071363"
"""The account of Debian's cloud team (wiki.debian.org/Cloud/AmazonEC2Image)."""
HOURS_A_MONTH = 730
MACHINE_HOUR_USD, ADDRESS_HOUR_USD, DISK_GB_MONTH_USD, OUT_GB_USD = 0.024, 0.005, 0.10, 0.09
"""Of a t3.small, a public address, gp3 and bytes that leave; where they were read: docs/guide/public-server.md."""


def main(given: Sequence[str] | None = None, cdk: Cdk = run_cdk, tools: Callable[..., str] = check_tools) -> int:
    """0 once all is there, 1 with one sentence if not."""
    try:
        choices = choices_of(deploy_words(), given)
        tools(image=False)
        _deploy(choices, Account(choices.region), cdk)
    except (AwsRefused, MachineInvalid) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _deploy(choices: Choices, account: Account, cdk: Cdk) -> None:
    number = account.number()
    bare = account.outputs(BOOTSTRAP) is None
    again = account.outputs(choices.machine.stack_name) is not None
    if not choices.machine.image:
        choices = choices.of_image(newest_image(account, choices.machine))
    for line in plan(choices.machine, choices.region, number, bare=bare, again=again):
        print(line)
    if not agreed(choices.words, "Go on?"):
        print("Nothing was done.")
        return
    choices.remember()
    if bare:
        cdk(["bootstrap", f"aws://{number}/{choices.region}"], choices.region)
    cdk([*stack_words("deploy", choices.machine), "--require-approval", "never"], choices.region)
    outputs = account.outputs(choices.machine.stack_name)
    if outputs is None:
        msg = f"The stack {choices.machine.stack_name} is not there. Run the same command again."
        raise AwsRefused(msg)
    for line in what_next(choices.machine, choices.region, outputs):
        print(line)


def newest_image(account: Account, machine: Machine) -> str:
    """Debian's own for the package's Debian and processor, remembered from then on.  Raises AwsRefused."""
    named = {"Name": "name", "Values": [f"debian-{machine.debian}-{machine.arch}-*"]}
    with plain_words("EC2"):
        found = account.client("ec2").describe_images(Owners=[DEBIAN], Filters=[named])["Images"]
    if not found:
        what = f"version {machine.debian} for {machine.arch} in {account.region}"
        msg = f"Debian has no image of {what}: take another region, or name one with --image."
        raise AwsRefused(msg)
    return str(max(found, key=lambda one: str(one["CreationDate"]))["ImageId"])


def plan(machine: Machine, region: str, account: str, *, bare: bool, again: bool) -> Iterator[str]:
    """What will be made, a line each, and what a month costs."""
    yield f"In account {account}, region {region}, the stack {machine.stack_name} is {'renewed' if again else 'made'}:"
    yield f"  machine    {machine.kind} with Debian {machine.debian} ({machine.image}), for https://{machine.name}"
    yield f"  disk       {machine.disk_gb} GB, encrypted; kept when the machine goes"
    yield "  address    a public one that stays"
    yield "  open       80 and 443 for the page, 1935 for cameras that push in TLS; nothing else"
    yield "  SSH        with your key, through an endpoint that asks for your account's rights first"
    yield f"  Doorstep   {machine.file}, set up by deploy/ec2/set-up.sh"
    if bare:
        yield f"  CDK's own  the stack {BOOTSTRAP} (a bucket, a registry, roles), which CDK needs once a region"
    yield from price(machine)
    yield NOT_YET


def price(machine: Machine) -> Iterator[str]:
    """By list prices; of another size than ours nobody here knows one."""
    known = machine.kind in SIZES.values()
    parts = {"the address": ADDRESS_HOUR_USD * HOURS_A_MONTH, "the disk": machine.disk_gb * DISK_GB_MONTH_USD}
    if known:
        parts = {f"the machine, {machine.kind}, at most": MACHINE_HOUR_USD * HOURS_A_MONTH, **parts}
    yield from (f"  {usd:8.2f} USD  {what}" for what, usd in parts.items())
    rest = "" if known else f" Beside what a {machine.kind} costs."
    yield f"  {sum(parts.values()):8.2f} USD  a month, and {OUT_GB_USD} for each GB that somebody watches.{rest}"


def stack_words(verb: str, machine: Machine) -> list[str]:
    """Words for CDK, which is run in the folder of the other stack: its app is named to it here."""
    app = ["--app", "../../.venv/bin/python ../ec2/app.py", "--output", "../../var/cdk-ec2.out"]
    return [verb, machine.stack_name, *app, "--progress", "events", *context_words(machine.context())]


def what_next(machine: Machine, region: str, outputs: Mapping[str, str]) -> Iterator[str]:
    """How the owner goes on."""
    by = f"aws ec2-instance-connect open-tunnel --instance-id {outputs['Instance']} --region {region}"
    yield f"1. In the DNS of {machine.name}: an A record with {outputs['PublicAddress']}."
    yield "2. Some minutes later, when the machine has set itself up:"
    yield f"     ssh -o ProxyCommand='{by}' admin@{machine.name}"
    yield "     sudo tail /var/log/cloud-init-output.log"
    yield "3. There, for the address to make your account with, good for ten minutes:"
    yield "     sudo systemctl restart doorstep; sleep 5; sudo journalctl -u doorstep -g account -n 1"


if __name__ == "__main__":
    sys.exit(main())
