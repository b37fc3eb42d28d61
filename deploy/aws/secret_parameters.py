"""The two SecureStrings that the functions read: made and changed here, since a template cannot hold a secret."""

import json
import secrets
from collections.abc import Mapping

from deploy.aws.account import Account, AwsRefused, code_of, plain_words

SECRET_BYTES = 32


def read_secret(account: Account, name: str) -> Mapping[str, str]:
    """Nothing where there is none."""
    try:
        with plain_words("Parameter Store"):
            found = account.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    except AwsRefused as error:
        if code_of(error.__cause__) == "ParameterNotFound":
            return {}
        raise
    told = json.loads(found)
    return {str(key): str(value) for key, value in told.items()} if isinstance(told, dict) else {}


def put_secret(account: Account, name: str, fields: Mapping[str, str]) -> bool:
    """Whether that changed anything."""
    if read_secret(account, name) == dict(fields):
        return False
    with plain_words("Parameter Store"):
        account.client("ssm").put_parameter(Name=name, Value=json.dumps(fields), Type="SecureString", Overwrite=True)
    return True


def remove_secret(account: Account, name: str) -> None:
    """No error if there is none."""
    try:
        with plain_words("Parameter Store"):
            account.client("ssm").delete_parameter(Name=name)
    except AwsRefused as error:
        if code_of(error.__cause__) != "ParameterNotFound":
            raise


def new_secret() -> str:
    """Nobody guesses it."""
    return secrets.token_urlsafe(SECRET_BYTES)
