"""Access keys of the two identities: made once, renewed and retired on request.  A secret is told by AWS only once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.aws.account import Account, AwsRefused, plain_words

MOST_KEYS = 2
"""AWS allows no more to a user."""


@dataclass(frozen=True, slots=True)
class Key:
    """One access key; the empty one stands for none."""

    id: str = ""
    secret: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        """Whether it can be used."""
        return bool(self.id and self.secret)


def made_key(account: Account, user: str, held: Key, keep: Callable[[Key], None], *, renew: bool) -> Key:
    """The key that holds: `held` while AWS knows it, else a new one, which goes to `keep` before anything else.

    With `renew` a new one in any case; the old one goes on until it is retired, so that the box has time.  Raises
    AwsRefused where a key exists whose secret is not here.
    """
    known = _known(account, user)
    if held and held.id in known and not renew:
        return held
    if known and not renew:
        msg = (
            f"{user} has an access key, and its secret is not in the folder that INTO names. Name the folder of the "
            "first time, or make new keys: OPTIONS=--renew-keys."
        )
        raise AwsRefused(msg)
    if len(known) >= MOST_KEYS:
        msg = f"{user} has two access keys already. Delete the one before the last first: OPTIONS=--retire-keys."
        raise AwsRefused(msg)
    with plain_words("IAM"):
        made: Any = account.client("iam").create_access_key(UserName=user)["AccessKey"]
    key = Key(str(made["AccessKeyId"]), str(made["SecretAccessKey"]))
    keep(key)
    return key


def retire(account: Account, user: str, held: Key) -> Sequence[str]:
    """Delete every key of the user but the one that is held; the ids of those that went.

    Raises AwsRefused, and deletes none, where AWS does not know what is held: then another one may be in use.
    """
    known = _known(account, user)
    if held and held.id not in known:
        msg = f"The key in the folder that INTO names is none of {user}'s, so none of its keys is deleted."
        raise AwsRefused(msg)
    gone = [key for key in known if key != held.id]
    for key in gone:
        with plain_words("IAM"):
            account.client("iam").delete_access_key(UserName=user, AccessKeyId=key)
    return gone


def _known(account: Account, user: str) -> Sequence[str]:
    with plain_words("IAM"):
        found = account.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    return [str(one["AccessKeyId"]) for one in found]
