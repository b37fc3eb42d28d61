"""`make destroy-ec2`: takes the machine away.  Its disk, with every recording on it, is kept."""

import sys
from collections.abc import Sequence

from botocore.exceptions import WaiterError  # type: ignore[import-untyped]
from deploy.aws.account import Account, AwsRefused, plain_words
from deploy.aws.choices import agreed
from deploy.ec2.choices import Choices, choices_of, destroy_words
from deploy.ec2.machine import MachineInvalid


def main(given: Sequence[str] | None = None) -> int:
    """0 once it is gone, 1 with one sentence if not."""
    try:
        choices = choices_of(destroy_words(), given)
        _destroy(choices, Account(choices.region))
    except (AwsRefused, MachineInvalid) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _destroy(choices: Choices, account: Account) -> None:
    machine, number = choices.machine, account.number()
    if account.outputs(machine.stack_name) is None:
        print(f"There is no stack {machine.stack_name} in account {number}, region {choices.region}.")
        return
    print(f"In account {number}, region {choices.region}, the stack {machine.stack_name} is taken away:")
    print(f"the machine stops, and its address is given back. Its disk of {machine.disk_gb} GB stays, and costs on.")
    if not agreed(choices.words, "Go on?"):
        print("Nothing was done.")
        return
    _take_away(account, machine.stack_name)
    print("Kept: the disk, to be deleted in the console of EC2, under Volumes; and CDK's own stack CDKToolkit.")


def _take_away(account: Account, stack: str) -> None:
    """And wait for it.  Raises AwsRefused."""
    client = account.client("cloudformation")
    with plain_words("CloudFormation"):
        client.delete_stack(StackName=stack)
    try:
        client.get_waiter("stack_delete_complete").wait(StackName=stack)
    except WaiterError as error:
        msg = f"{stack} is not gone yet. Look under CloudFormation in the console, and run the same command again."
        raise AwsRefused(msg) from error


if __name__ == "__main__":
    sys.exit(main())
