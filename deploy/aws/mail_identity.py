"""Whether Amazon SES may send from the owner's address; asks it to find out where nobody did yet."""

from typing import Any

from deploy.aws.account import Account, AwsRefused, code_of, plain_words


def verified_words(account: Account, identity: str) -> str:
    """One line about the identity; made where there is none, which sends its owner a mail.  Raises AwsRefused."""
    found = _found(account, identity)
    if found is None:
        with plain_words("SES"):
            found = account.client("sesv2").create_email_identity(EmailIdentity=identity)
        return f"SES was asked to verify {identity}: {_remedy(identity, found)}"
    if found.get("VerifiedForSendingStatus"):
        return f"SES may send from {identity}."
    return f"SES still waits until {identity} is verified: {_remedy(identity, found)}"


def _found(account: Account, identity: str) -> dict[str, Any] | None:
    try:
        with plain_words("SES"):
            found: dict[str, Any] = account.client("sesv2").get_email_identity(EmailIdentity=identity)
    except AwsRefused as error:
        if code_of(error.__cause__) == "NotFoundException":
            return None
        raise
    return found


def _remedy(identity: str, found: dict[str, Any]) -> str:
    if "@" in identity:
        return f"open the link in the mail that {identity} gets within minutes."
    tokens = found.get("DkimAttributes", {}).get("Tokens", [])
    records = "; ".join(f"{token}._domainkey.{identity} CNAME {token}.dkim.amazonses.com" for token in tokens)
    return f"add these records to the domain: {records or 'those that its console shows'}."
