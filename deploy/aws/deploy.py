"""`make deploy-aws`: tells what will be made and what a month costs, asks, deploys, and writes what the box needs.

Run twice, the second time changes nothing.  What the stack is made of: `stack.py`.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from deploy.aws.access_keys import Key, made_key, retire
from deploy.aws.account import Account, AwsRefused
from deploy.aws.cdk import Cdk, check_tools, context_words, run_cdk
from deploy.aws.choices import Choices, agreed, choices_of, deploy_words
from deploy.aws.home import Home, HomeInvalid
from deploy.aws.mail_identity import verified_words
from deploy.aws.own_folder import MOTION_SECRET, MOTION_TOKEN, RECORDER_SECRET, SNIPPET, VIEWER_SECRET, OwnFolder
from deploy.aws.prices import in_words
from deploy.aws.secret_parameters import new_secret, put_secret, read_secret
from deploy.aws.snippet import snippet

BOOTSTRAP = "CDKToolkit"
MOST_BUCKETS = 20
NOT_YET = "This has not been run in AWS by the developers yet: read what CDK says, and tell them what went wrong."


@dataclass(frozen=True, slots=True)
class Keys:
    """Of the two identities."""

    recorder: Key
    viewer: Key


def main(given: Sequence[str] | None = None, cdk: Cdk = run_cdk, tools: Callable[..., str] = check_tools) -> int:
    """0 once all is there, 1 with one sentence if not."""
    try:
        choices = choices_of(deploy_words(), given)
        tools(image=choices.home.detect)
        _deploy(choices, Account(choices.region), cdk)
    except (AwsRefused, HomeInvalid) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _deploy(choices: Choices, account: Account, cdk: Cdk) -> None:
    number = account.number()
    before = account.outputs(choices.home.stack_name)
    bucket = before["Bucket"] if before and "Bucket" in before else _free_bucket(account, choices.home, number)
    home = replace(choices.home, bucket=bucket)
    bare = account.outputs(BOOTSTRAP) is None
    for line in plan(home, choices.region, number, bare=bare, again=before is not None):
        print(line)
    print("\n".join(in_words(choices.usage)))
    if not agreed(choices.words, "Go on?"):
        print("Nothing was done.")
        return
    choices.remember()
    if bare:
        cdk(["bootstrap", f"aws://{number}/{choices.region}"], choices.region)
    cdk(deploy_command(home), choices.region)
    outputs = account.outputs(home.stack_name)
    if outputs is None:
        msg = f"The stack {home.stack_name} is not there. Run the same command again."
        raise AwsRefused(msg)
    keys = _keys(choices, account, outputs)
    _secrets(home, account, choices.folder, keys)
    if home.sends_mail:
        print(verified_words(account, home.identity))
    _hand_over(choices.folder, snippet(home, outputs, keys.recorder, keys.viewer, choices.folder.path), outputs)


def plan(home: Home, region: str, account: str, *, bare: bool, again: bool) -> Iterator[str]:
    """What will be made, a line each."""
    yield f"In account {account}, region {region}, the stack {home.stack_name} is {'renewed' if again else 'made'}:"
    kept = f"deleted after {home.keep_days} days, gone for good {home.undelete_days} later"
    locked = f", locked for {home.lock_days} days" if home.lock_days else ""
    yield f"  bucket     {home.bucket}: encrypted, closed, with versions; {kept}{locked}"
    yield f"  recorder   an identity that may only put objects under {home.prefix}/"
    yield f"  viewer     an identity that may only read objects under {home.prefix}/"
    if home.detect:
        yield f"  detect     a function of {home.detect_memory_mb} MB in an image, which the recorder may ask"
    if home.sends_mail:
        yield f"  clip mail  a function that mails from {home.mail_from} to {home.mail_to}, and a queue of failures"
    if home.motion:
        where = f"sends to {home.box_url}" if home.box_url else "puts into a queue for the box"
        yield f"  motion     an address on the internet, and a function that {where}"
    if home.budget_usd:
        yield f"  budget     a mail to {home.budget_to} above {home.budget_usd:g} USD a month of the whole account"
    yield f"  secrets    two in the Parameter Store, below /doorstep/{home.home}/"
    if bare:
        yield f"  CDK's own  the stack {BOOTSTRAP} (a bucket, a registry, roles), which CDK needs once a region"
    yield NOT_YET


def deploy_command(home: Home) -> list[str]:
    """Words for CDK; what was chosen is its context."""
    words = ["deploy", home.stack_name, "--require-approval", "never", "--progress", "events"]
    return [*words, *context_words(home.context())]


def _free_bucket(account: Account, home: Home, number: str) -> str:
    """The name that was chosen, or the first that is free: what a home had before it was destroyed was kept."""
    if home.bucket:
        return home.bucket
    name = f"{home.stack_name}-{number}-{account.region}"
    names = [name, *(f"{name}-{count}" for count in range(2, MOST_BUCKETS))]
    free = next((one for one in names if not account.has_bucket(one)), None)
    if free is None:
        msg = f"All of {name} to {names[-1]} exist. Delete one, or name another: OPTIONS='--bucket NAME'."
        raise AwsRefused(msg)
    if free != name:
        print(f"{name} is there from an earlier time and stays as it is; {free} is made beside it.")
    return free


def _keys(choices: Choices, account: Account, outputs: Mapping[str, str]) -> Keys:
    """Both, in the folder before anything else is done; old ones are deleted where that was asked for."""
    folder, words = choices.folder, choices.words
    made = {}
    for who, file in {"recorder": RECORDER_SECRET, "viewer": VIEWER_SECRET}.items():
        user = outputs[f"{who.capitalize()}User"]
        held = Key(str(folder.remembered().get("keys", {}).get(who, "")), folder.read(file))
        if words.retire_keys:
            _retire(account, user, held)
        key = made_key(account, user, held, _keeping(folder, who, file), renew=words.renew_keys)
        if key != held and held:
            print(f"{who}: {key.id} is new; {held.id} goes on until OPTIONS=--retire-keys deletes it.")
        made[who] = key
    return Keys(made["recorder"], made["viewer"])


def _retire(account: Account, user: str, held: Key) -> None:
    if not held:
        msg = f"The key of {user} is not in the folder that INTO names, so none of its keys is deleted."
        raise AwsRefused(msg)
    for key in retire(account, user, held):
        print(f"{key} of {user} is deleted.")


def _keeping(folder: OwnFolder, who: str, file: str) -> Callable[[Key], None]:
    def keep(key: Key) -> None:
        others = {name: held for name, held in folder.remembered().get("keys", {}).items() if name != who}
        folder.remember(keys=others)  # ended here, no old id stands beside the new secret
        folder.write(file, key.secret)
        folder.remember(keys={**others, who: key.id})

    return keep


def _secrets(home: Home, account: Account, folder: OwnFolder, keys: Keys) -> None:
    """What the functions read; motion's secret and token are those of the folder, else of AWS, else new."""
    viewer = {"access_key_id": keys.viewer.id, "secret_access_key": keys.viewer.secret}
    put_secret(account, home.viewer_parameter, viewer)
    if not home.motion:
        return
    there = read_secret(account, home.motion_parameter)
    files = {"secret": MOTION_SECRET, "token": MOTION_TOKEN}
    motion = {name: folder.read(file) or there.get(name) or new_secret() for name, file in files.items()}
    for name, file in files.items():
        folder.write(file, motion[name])
    put_secret(account, home.motion_parameter, motion)


def _hand_over(folder: OwnFolder, text: str, outputs: Mapping[str, str]) -> None:
    changed = folder.write(SNIPPET, text)
    print(f"{folder.path / SNIPPET} {'holds' if changed else 'still holds'} what doorstep.toml needs.")
    if url := outputs.get("MotionUrl"):
        print(f"Motion is posted to {url}CAMERA with the token in {folder.path / MOTION_TOKEN}.")
    print("Now: add the snippet, run `doorstep check --aws`, then `make smoke-aws` with the same INTO.")


if __name__ == "__main__":
    sys.exit(main())
