"""What the config file may say about what lies outside the house, and what it means.  The other tables: `schema`."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from doorstep.config.address_rules import is_metadata, parts_of
from doorstep.config.table import SecondsOrAuto, Table, Text
from doorstep.core.cloud_settings import AccessKey, AwsSettings, CatalogSettings, S3Settings, seal_key_of
from doorstep.core.errors import ConfigInvalid
from doorstep.core.off_site_key import RUNNING, TOLD
from doorstep.core.paid_call import Payee

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){0,9}")
_REGION = re.compile(r"[a-z0-9-]{1,32}")
_SITE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
TAKEN = frozenset({RUNNING, TOLD})
"""Beside the folders of the cameras: parts of running events, and marks of what was mailed."""

SHORTEST_SECRET = 16


def _fully(pattern: re.Pattern[str], words: str) -> AfterValidator:
    def checked(value: str) -> str:
        if value and not pattern.fullmatch(value):
            raise ValueError(words)
        return value

    return AfterValidator(checked)


def _web_address(value: str) -> str:
    found = parts_of(value) if value else None
    if value and (found is None or found.scheme not in {"http", "https"} or not found.hostname or found.username):
        msg = "must be an address such as https://HOST, without a user"
        raise ValueError(msg)
    if found is not None and is_metadata(found):
        msg = "is an address where clouds keep credentials"
        raise ValueError(msg)
    return value.rstrip("/")


def _not_in_the_clear(address: str) -> str:
    """A number of the Internet needs TLS; where a name leads nobody knows yet."""
    found = parts_of(address) if address.startswith("http:") else None
    try:
        number = ip_address(found.hostname or "") if found is not None else None
    except ValueError:
        return address
    if number is not None and number.is_global:
        msg = "must begin with https:// outside your own network, or others could see the recordings"
        raise ValueError(msg)
    return address


def _database(value: str) -> str:
    found = parts_of(value) if value else None
    if value and (found is None or found.scheme not in {"postgresql", "postgres"} or is_metadata(found)):
        msg = "must be the address of a PostgreSQL database: postgresql://USER:PASSWORD@HOST/DATABASE"
        raise ValueError(msg)
    return value


def _secret(value: str) -> str:
    if value and len(value) < SHORTEST_SECRET:
        msg = f"must have at least {SHORTEST_SECRET} characters"
        raise ValueError(msg)
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
Site = Annotated[str, _fully(_SITE, "must consist of a-z, 0-9 and - (not at its ends), at most 40 of them")]
Usd = Annotated[float, Field(ge=0, le=1e6)]
Key = Annotated[str, Field(repr=False, max_length=4096)]


class Store(Table):
    """Where recordings go: always to the disk here, and with "s3" off-site besides."""

    kind: Literal["local", "s3"] = Field("local", description='"s3" sends copies to a bucket besides.')
    durability: SecondsOrAuto = Field(
        None, description='Seconds between syncs, what a power cut may cost; "auto" chooses by the kind of disk.'
    )
    bucket: Annotated[str, _fully(_BUCKET, "must be the name of a bucket: a-z, 0-9, - and .")] = Field(
        "", description="The bucket."
    )
    prefix: Annotated[str, _fully(_PREFIX, "must be plain names with / between them, such as home/door")] = Field(
        "doorstep", description="What all keys in it begin with; nothing else of the bucket is touched."
    )
    endpoint: Annotated[WebAddress, AfterValidator(_not_in_the_clear)] = Field(
        "", description="Where an S3-compatible server is; Amazon's own, without it."
    )
    region: Annotated[str, _fully(_REGION, 'must be a region such as "eu-central-1"')] = Field(
        "", description="The bucket's region; that of [aws], without it."
    )
    storage_class: Annotated[str, _fully(re.compile(r"[A-Z_]{1,32}"), "must be a word such as STANDARD_IA")] = Field(
        "STANDARD", description="Amazon's storage class."
    )
    encryption: Literal["AES256", "aws:kms", "none"] = Field(
        "AES256", description='How the server encrypts what it keeps; "none" leaves it to the bucket.'
    )
    kms_key: str = Field("", max_length=2048, description='The key of "aws:kms"; the account\'s own, without it.')
    seal_key_file: Text | None = Field(
        None,
        description="A file with 32 bytes in base64: what goes off-site is sealed with it, and nothing else opens it.",
    )
    max_kbit: float = Field(0, ge=0, le=1e7, description="Thousands of bits a second for all sending; 0: no bound.")
    links: Literal["direct", "proxied"] = Field(
        "direct", description="Whether browsers play from the bucket itself, or through this server."
    )
    delete: Literal["lifecycle", "sweeper"] = Field(
        "lifecycle", description="Who deletes what is too old there: the bucket's own rule, or Doorstep."
    )


class MonthlyCap(Table):
    """What each service may cost in a month, in US dollars."""

    s3: Usd = Field(0, description="The bucket; 0: no cap.")
    lambda_: Usd = Field(0, alias="lambda", description="A detector in Lambda; 0: no cap.")
    ses: Usd = Field(0, description="Mail; 0: no cap.")
    sqs: Usd = Field(0, description="The queue of motion; 0: no cap.")


class Aws(Table):
    """Who Doorstep is in AWS, or at another S3-compatible service."""

    region: Annotated[str, _fully(_REGION, 'must be a region such as "eu-central-1"')] = Field(
        "", description="The region."
    )
    access_key_id: Key = Field("", description="The recorder's key; where AWS's library looks, without it.")
    secret_access_key: Key = Field("", description="Its secret.")
    secret_access_key_file: Text | None = Field(None, description="A file that holds it, instead.")
    viewer_access_key_id: Key = Field("", description="The viewer's key, which opens what lies off-site.")
    viewer_secret_access_key: Key = Field("", description="Its secret.")
    viewer_secret_access_key_file: Text | None = Field(None, description="A file that holds it, instead.")
    motion_queue: WebAddress = Field("", description="The queue in which motion from the cloud waits.")
    motion_secret: Annotated[str, AfterValidator(_secret)] = Field(
        "",
        repr=False,
        max_length=4096,
        description="What motion from the cloud is signed with; 16 characters or more.",
    )
    motion_secret_file: Text | None = Field(None, description="A file that holds it, instead.")
    monthly_cap_usd: MonthlyCap = Field(default_factory=MonthlyCap, description="What a month may cost.")


class Catalog(Table):
    """Where the list of events is kept."""

    url: Annotated[str, AfterValidator(_database)] = Field(
        "", repr=False, max_length=4096, description="A PostgreSQL database for several boxes; a file here, without it."
    )
    url_file: Text | None = Field(None, description="A file that holds that address, instead of `url`.")
    site: Site = Field("home", min_length=1, description="The name of this box among them.")
    shared_with: list[Site] = Field([], max_length=100, description="Boxes that may read the events of this one.")


def cloud_fault(
    store: Store, aws: Aws, uploads: Sequence[tuple[str, bool | None]], sign: str
) -> tuple[str, str] | None:
    """What does not go together, as where (seen from the whole file) and words.

    `uploads` are the cameras, each with its wish.
    """
    return next(_cloud_faults(store, aws, uploads, sign), None)


def _cloud_faults(
    store: Store, aws: Aws, uploads: Sequence[tuple[str, bool | None]], sign: str
) -> Iterator[tuple[str, str]]:
    if store.kind == "s3" and not store.bucket:
        yield "store.bucket", 'is missing: kind = "s3" needs the name of the bucket'
    if store.kind == "s3" and not store.endpoint and not (store.region or aws.region):
        yield "store.region", "is missing: name the region of the bucket, or the endpoint of another service"
    for number, (camera, upload) in enumerate(uploads):
        if upload and store.kind != "s3":
            yield f"camera.{number}.upload", 'needs [store] kind = "s3" and a bucket to send to'
        if camera in TAKEN and upload is not False and store.kind == "s3":
            yield f"camera.{number}.id", "is the name of a folder that Doorstep needs in the bucket; choose another"
    if bool(aws.access_key_id) is not bool(aws.secret_access_key):
        yield "aws.secret_access_key", "and access_key_id do not go without each other"
    if bool(aws.viewer_access_key_id) is not bool(aws.viewer_secret_access_key):
        yield "aws.viewer_secret_access_key", "and viewer_access_key_id do not go without each other"
    if aws.motion_queue and not aws.motion_secret:
        yield "aws.motion_secret", "is missing: without it nobody could tell whose motion it is"
    if (aws.motion_queue or sign == "aws") and not aws.region:
        yield "aws.region", "is missing: name the region of the queue and of the detector"


def s3_settings(store: Store, aws: Aws, folder: Path) -> S3Settings | None:
    """The same for the rest of Doorstep, None without a bucket.  Raises ConfigInvalid for a seal key that is none."""
    if store.kind != "s3":
        return None
    return S3Settings(
        bucket=store.bucket,
        prefix=store.prefix,
        endpoint=store.endpoint,
        region=store.region or aws.region,
        storage_class=store.storage_class,
        encryption=store.encryption,
        kms_key=store.kms_key,
        seal_key=_seal_key(folder / store.seal_key_file) if store.seal_key_file else b"",
        max_kbit=store.max_kbit,
        direct_links=store.links == "direct",
        sweeps=store.delete == "sweeper",
        recorder=AccessKey(aws.access_key_id, aws.secret_access_key),
        viewer=AccessKey(aws.viewer_access_key_id, aws.viewer_secret_access_key),
    )


def aws_settings(aws: Aws) -> AwsSettings:
    """The same for the rest of Doorstep."""
    caps = aws.monthly_cap_usd
    named = {Payee.S3: caps.s3, Payee.LAMBDA: caps.lambda_, Payee.SES: caps.ses, Payee.SQS: caps.sqs}
    return AwsSettings(
        region=aws.region,
        recorder=AccessKey(aws.access_key_id, aws.secret_access_key),
        viewer=AccessKey(aws.viewer_access_key_id, aws.viewer_secret_access_key),
        motion_queue=aws.motion_queue,
        motion_secret=aws.motion_secret,
        monthly_caps_usd={payee: cap for payee, cap in named.items() if cap > 0},
    )


def catalog_settings(catalog: Catalog) -> CatalogSettings:
    """The same for the rest of Doorstep."""
    return CatalogSettings(catalog.url, catalog.site, tuple(catalog.shared_with))


def _seal_key(path: Path) -> bytes:
    try:
        return seal_key_of(path.read_bytes())
    except (OSError, ValueError) as error:
        why = "cannot be read" if isinstance(error, OSError) else error
        msg = f"store.seal_key_file: {path.name} {why}. Make one: openssl rand -base64 32"
        raise ConfigInvalid(msg) from error
