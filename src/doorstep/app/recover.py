"""Composition root of `doorstep recover`: a bucket, the keys of who asks, and a folder.  No server, no catalog.

It needs boto3, and besides nothing that a doorbell needs: whoever has lost his box has any other machine.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from doorstep.core.clip_words import METADATA
from doorstep.core.cloud_settings import AccessKey, S3Settings, seal_key_of
from doorstep.core.errors import ConfigInvalid, DoorstepError, StoreForbidden, StoreUnavailable
from doorstep.core.off_site_key import SEALED
from doorstep.core.recovery_plan import Listed, ListingReader, RecoveryPlan, RecoveryWish
from doorstep.pipeline.bucket_recovery import Bucket, BucketRecovery, Outcome, Progress
from doorstep.pipeline.recovered_folder import RecoveredFolder
from doorstep.stores.bucket_reader import BucketReader

COUNTED_EVERY = 1000
"""Objects between two words on how far the listing is."""

_SOURCE = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[^\x00-\x1f]*))?", re.ASCII)
_OWN_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")
_WHOSE_KEYS = (
    " To recover, use keys of your own account that may list and read the bucket (AWS_ACCESS_KEY_ID and"
    " AWS_SECRET_ACCESS_KEY in the environment): those of the recorder and of the viewer may not list it."
)
_OPTIONS = {
    "endpoint": "check --endpoint (without it Amazon is asked), --region and the network, then run this again.",
    "region": "name its region with --region.",
    "bucket": "check the name in --from, and --endpoint, unless the bucket is at Amazon.",
    "keys": "give keys that are good there, and check --endpoint, unless the bucket is at Amazon.",
}
_OF_THE_CONFIG = {"endpoint": "check [store] endpoint and region in the config, and the network, then run this again."}
"""What to do, by the setting that an error is about; without a word here the error's own are right."""
_NO_SEAL_KEY = (
    "All that lies there is sealed. Give the key that you kept with --seal-key-file: without it nobody can open this."
)


@dataclass(frozen=True, slots=True)
class RecoverySource:
    """Where to look, as whom; `at.prefix` is what all keys begin with, empty for the whole bucket.

    `remedies` say what to do about a setting that is wrong, where the words for a running box will not do.
    """

    at: S3Settings
    key: AccessKey
    remedies: Mapping[str, str] = field(default_factory=lambda: _OPTIONS)

    @property
    def words(self) -> str:
        """As people write it."""
        return f"s3://{self.at.bucket}/{self.at.prefix}".rstrip("/")


@dataclass(frozen=True, slots=True)
class OpenedRecovery:
    """What was found, and how to save it."""

    plan: RecoveryPlan
    run: Callable[[Progress], Iterator[Outcome]]


def parse_source(text: str, endpoint: str, region: str) -> RecoverySource:
    """From `s3://BUCKET/PREFIX`.  Raises ConfigInvalid."""
    found = _SOURCE.fullmatch(text)
    if found is None:
        msg = f"{text!r} is no address of a bucket. Write it as s3://BUCKET/PREFIX, such as s3://my-door/doorstep."
        raise ConfigInvalid(msg)
    prefix = (found["prefix"] or "").strip("/")
    return RecoverySource(S3Settings(found["bucket"], prefix, endpoint=endpoint, region=region), AccessKey())


def configured_source(at: S3Settings | None, environment: Mapping[str, str]) -> RecoverySource:
    """As a config file says; keys in the environment go before its own, which may not list.  Raises ConfigInvalid."""
    if at is None:
        msg = (
            'This config sends nothing off-site ([store] kind = "s3"). Name the bucket with --from s3://BUCKET/PREFIX.'
        )
        raise ConfigInvalid(msg)
    has_own = any(environment.get(name) for name in _OWN_KEYS)
    return RecoverySource(at, AccessKey() if has_own else at.viewer or at.recorder, _OF_THE_CONFIG)


def with_seal_key(source: RecoverySource, path: Path) -> RecoverySource:
    """The same with the key of a file: 32 bytes in base64.  Raises ConfigInvalid."""
    try:
        key = seal_key_of(path.read_bytes())
    except (OSError, ValueError) as error:
        why = "cannot be read" if isinstance(error, OSError) else error
        msg = f"--seal-key-file: {path} {why}. Give the file that [store] seal_key_file named."
        raise ConfigInvalid(msg) from error
    return replace(source, at=replace(source.at, seal_key=key))


def open_recovery(
    source: RecoverySource, wish: RecoveryWish, to: Path, counted: Callable[[int], None]
) -> OpenedRecovery:
    """List the bucket and decide what is to be saved; `counted` hears how many objects were seen.  Blocks.

    Raises ConfigInvalid, StoreUnavailable, and DoorstepError where there is nothing to save.
    """
    reader = BucketReader(source.at, source.key)
    plan = _planned(source, _listed(reader, source, wish, counted))
    bucket = Bucket(
        read=lambda at: reader.read(at, _name(at, plan.root)),
        words=lambda at: reader.words(at, METADATA),
        size_there=reader.size_there,
        pause=Event().wait,
    )
    folder = RecoveredFolder(to)
    return OpenedRecovery(plan, lambda progress: BucketRecovery(bucket, folder, plan, progress).run())


def _listed(
    reader: BucketReader, source: RecoverySource, wish: RecoveryWish, counted: Callable[[int], None]
) -> ListingReader:
    listing, prefix = ListingReader(wish), source.at.prefix
    try:
        for number, listed in enumerate(reader.listing(f"{prefix}/" if prefix else ""), 1):
            listing.take(listed)
            if number % COUNTED_EVERY == 0:
                counted(number)
    except StoreUnavailable as error:
        raise type(error)(_words(error, source)) from error
    return listing


def _words(error: StoreUnavailable, source: RecoverySource) -> str:
    """What happened, and what to do here and now: nothing is tried again by itself."""
    remedy = source.remedies.get(error.setting)
    words = str(error) if remedy is None else f"{error.happened}: {remedy}"
    return f"{words}{_WHOSE_KEYS}" if error.setting == "keys" or isinstance(error, StoreForbidden) else words


def _planned(source: RecoverySource, listing: ListingReader) -> RecoveryPlan:
    roots = listing.roots()
    if len(roots) > 1:
        named = ", ".join(f"s3://{source.at.bucket}/{root}" for root in roots[:5])
        msg = f"Several Doorsteps keep copies there: {named}. Name one of them with --from."
        raise ConfigInvalid(msg)
    if not roots:
        msg = f"There is nothing of Doorstep's under {source.words}. Check the bucket and what its keys begin with."
        raise DoorstepError(msg)
    plan = listing.plan(roots[0])
    if not plan.copies and not plan.events:
        msg = f"There are copies under {source.words}, but none of these cameras or of that time."
        raise DoorstepError(msg)
    lying = [copy.at for copy in plan.copies] + [part.at for event in plan.events for part in event.parts]
    if not source.at.seal_key and all(at.is_sealed for at in lying):
        raise ConfigInvalid(_NO_SEAL_KEY)
    return plan


def _name(at: Listed, root: str) -> str:
    """What an object was sealed as."""
    return at.key[len(root) + 1 if root else 0 :].removesuffix(SEALED)
