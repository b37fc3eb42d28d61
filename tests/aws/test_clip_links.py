"""Whoever has the recorder's keys may write any link beside a clip: the mail has the house's own, or a signed one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from doorstep.aws.clip_mail import ClipLink
from doorstep.aws.on_clip_uploaded import ClipMail, settings_of
from doorstep.aws.s3_event import MadeObject
from doorstep.clock import SystemClock
from doorstep.core.alert import Alert
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.clip_words import METADATA, ClipWords
from doorstep.core.event import EventId
from fakes.moto_s3 import moto_s3

PAGE, ON_A_PATH = "https://door.example.org", "https://example.org/home/door"
SIGNED = "https://bucket.example/clip.mp4?X-Amz-Signature=1"


@dataclass
class Told:
    """Stands for SES."""

    alerts: list[Alert] = field(default_factory=list)

    async def send(self, alert: Alert) -> None:
        self.alerts.append(alert)


class Signer:
    """Stands for the viewer's keys."""

    def link(self, _bucket: str, _key: str, now: datetime) -> ClipLink:
        return ClipLink(SIGNED, now + timedelta(hours=1))


@dataclass
class Bucket:
    """`s3` is boto3's."""

    s3: Any
    name: str
    clips: int = 0

    def put(self, words: ClipWords) -> MadeObject:
        """One more clip, with these words beside it."""
        self.clips += 1
        key = f"doorstep/front-door/2026/11/22/20261122_053000_{self.clips}.mp4"
        self.s3.put_object(Bucket=self.name, Key=key, Body=b"clip", Metadata={METADATA: words.text()})
        return MadeObject(self.name, key)


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with moto_s3() as moto:
        yield Bucket(moto.client(), moto.bucket())


def told_link(bucket: Bucket, beside: str, page: str, *, signer: bool = True, sealed: bool = False) -> str:
    """The link in the mail about a clip beside which stands this one, where the function knows that page."""
    words = ClipWords(
        EventId("e"), CameraId("front-door"), "Door", datetime.now(UTC), 9.0, (Cause.PRESS,), beside, sealed=sealed
    )
    environment = {"DOORSTEP_MAIL_FROM": "a@example.org", "DOORSTEP_MAIL_TO": "b@example.org", "DOORSTEP_ADDRESS": page}
    told = Told()
    mail = ClipMail(settings_of(environment), SystemClock(), bucket.s3, told, Signer() if signer else None)  # type: ignore[arg-type]
    assert mail.tell(bucket.put(words), "a call") == "told"
    return told.alerts[0].link


@pytest.mark.parametrize("page", [PAGE, f"{PAGE}/", ON_A_PATH])
def test_a_link_below_the_houses_own_page_is_told(bucket: Bucket, page: str) -> None:
    own = f"{page.rstrip('/')}/s/secret-share"
    assert told_link(bucket, own, page) == own
    assert told_link(bucket, own, page, sealed=True) == own


STRANGE = {
    "elsewhere": "https://evil.example/s/secret-share",
    "a longer name": "https://door.example.org.evil.example/s/secret-share",
    "a name before an @": "https://door.example.org@evil.example/s/secret-share",
    "a name and a port": "https://door.example.org:8443/s/secret-share",
    "in the clear": "http://door.example.org/s/secret-share",
    "as a question": "https://evil.example/?https://door.example.org/s/secret-share",
    "backslashes": "https://evil.example\\@door.example.org/s/secret-share",
    "no address": "javascript:alert(1)//https://door.example.org/",
    "another path": "https://example.org/s/secret-share",
    "upwards": "https://example.org/home/door/../../s/secret-share",
    "upwards in hiding": "https://example.org/home/door/s/%2E./.%2e/%2e%2e/x",
    "the page alone": "https://door.example.org",
}


@pytest.mark.parametrize("beside", STRANGE.values(), ids=STRANGE.keys())
@pytest.mark.parametrize("page", [PAGE, ON_A_PATH])
def test_a_link_that_leads_anywhere_else_is_not_told(bucket: Bucket, beside: str, page: str) -> None:
    assert told_link(bucket, beside, page) == SIGNED
    assert told_link(bucket, beside, page, signer=False) == ""


def test_without_a_page_no_link_beside_a_clip_is_told(bucket: Bucket) -> None:
    assert told_link(bucket, f"{PAGE}/s/secret-share", "") == SIGNED
    assert told_link(bucket, f"{PAGE}/s/secret-share", "", sealed=True) == ""
