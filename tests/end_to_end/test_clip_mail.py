"""A clip in a real bucket becomes one mail: radosgw tells, the real Lambda client runs the handler, SES takes it."""

import importlib.util
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.clip_words import METADATA, ClipWords
from doorstep.core.event import EventId
from fakes.http_channel import Asked, HttpChannel, http_channel
from fakes.lambda_runtime import FunctionError, LambdaFunction, lambda_function
from fakes.moto_server import Cloud, moto_server
from fakes.push_service import QuietServer
from fakes.radosgw import Keys, Radosgw, missing, radosgw
from fakes.server_process import wait_for

pytestmark = [pytest.mark.skipif(bool(missing()), reason=missing()), pytest.mark.slow]

HANDLER = "doorstep.aws.on_clip_uploaded.handler"
SENDER, RECEIVERS = "Doorstep <door@example.org>", "Ada <ada@example.org>, bob@example.org"
JPEG = b"\xff\xd8" + b"picture" * 100 + b"\xff\xd9"
CLIP = bytes(range(256)) * 64
PREFIX = "home/door"
KEY = f"{PREFIX}/front-door/2026/11/22/20261122_053000.mp4"
SHARE = "https://door.example.org/s/secret-share"
PARAMETER = "/doorstep/viewer"


def words(**changes: Any) -> ClipWords:
    told: dict[str, Any] = {
        "event": EventId("front-door-1"),
        "camera": CameraId("front-door"),
        "name": "Haustür",
        "started_at": datetime.now(UTC) - timedelta(seconds=30),
        "seconds": 12.0,
        "causes": (Cause.PERSON, Cause.PRESS),
    }
    return ClipWords(**(told | changes))


@dataclass
class Told:
    """Takes what the bucket pushes and gives each event to the function, as Lambda's queue does: three tries in all."""

    function: LambdaFunction
    url: str = ""
    events: list[Any] = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)
    dead: list[Any] = field(default_factory=list)
    ahead: threading.Lock = field(default_factory=threading.Lock)

    def give(self, event: Any, tries: int = 3) -> Any:
        for _ in range(tries):
            try:
                outcome = self.function.invoke(event)
            except FunctionError as error:
                outcome = error
            else:
                break
        else:
            self.dead.append(event)
        self.outcomes.append(outcome)
        return outcome


@contextmanager
def told_by(function: LambdaFunction) -> Iterator[Told]:
    told = Told(function)

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response_only(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            told.events.append(event)
            told.give(event)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = QuietServer(("127.0.0.1", 0), Door)
    told.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Bucket:
    """With an identity for who puts clips there, one for links, and one for the function: each as the stack has it."""

    ceph: Radosgw
    name: str
    recorder: Keys
    viewer: Keys
    role: Keys

    def put(self, key: str = KEY, beside: ClipWords | None = None, still: bytes | None = JPEG) -> None:
        s3 = self.ceph.client("s3", self.recorder)
        if still is not None:
            s3.put_object(Bucket=self.name, Key=key.replace(".mp4", ".jpg"), Body=still, ContentType="image/jpeg")
        more = {METADATA: beside.text()} if beside else {}
        s3.put_object(Bucket=self.name, Key=key, Body=CLIP, ContentType="video/mp4", Metadata=more)

    def mark(self, key: str = KEY) -> dict[str, str]:
        mark = f"{PREFIX}/told/{key.removeprefix(f'{PREFIX}/')}.json"
        found = self.ceph.client("s3", self.role).get_object(Bucket=self.name, Key=mark)["Body"].read()
        told: dict[str, str] = json.loads(found)
        return told


def claimed(bucket: Bucket, ago: timedelta) -> None:
    """Another run claimed the clip so long ago, and said nothing since."""
    mark = f"{PREFIX}/told/{KEY.removeprefix(f'{PREFIX}/')}.json"
    body = json.dumps({"state": "claimed", "at": (datetime.now(UTC) - ago).isoformat(), "by": "another"})
    bucket.ceph.client("s3", bucket.role).put_object(Bucket=bucket.name, Key=mark, Body=body.encode())


def as_deployed() -> Any:
    """The policies of the stack, which is no package of Doorstep's."""
    path = Path(__file__).parents[2] / "deploy" / "aws" / "policies.py"
    spec = importlib.util.spec_from_file_location("policies_as_deployed", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bucket() -> Bucket:
    ceph = radosgw()
    name = ceph.bucket()
    policies = as_deployed()
    names = dict.fromkeys(("parameter", "identity", "mail_from", "failures", "logs"), "arn:aws:none:::none")
    statements = policies.clip_mail(name, PREFIX, **names)["Statement"]
    role = policies.document([one for one in statements if one["Action"][0].startswith("s3:")])
    made = [ceph.user(policy) for policy in (policies.recorder(name, PREFIX), policies.viewer(name, PREFIX), role)]
    return Bucket(ceph, name, *made)


@pytest.fixture
def cloud(bucket: Bucket) -> Iterator[Cloud]:
    with moto_server("door@example.org") as made:
        viewer = bucket.viewer
        keys = {"access_key_id": viewer.access_key_id, "secret_access_key": viewer.secret_access_key}
        made.parameter(PARAMETER, keys)
        yield made


def environment(bucket: Bucket, cloud: Cloud, **more: str) -> dict[str, str]:
    return {
        **cloud.environment(),
        "AWS_ENDPOINT_URL_S3": bucket.ceph.endpoint,
        "AWS_ACCESS_KEY_ID": bucket.role.access_key_id,
        "AWS_SECRET_ACCESS_KEY": bucket.role.secret_access_key,
        "DOORSTEP_MAIL_FROM": SENDER,
        "DOORSTEP_MAIL_TO": RECEIVERS,
        "DOORSTEP_PREFIX": PREFIX,
        "DOORSTEP_VIEWER_PARAMETER": PARAMETER,
        "DOORSTEP_LINK_SECONDS": "3600",
        "DOORSTEP_TIMEZONE": "Europe/Berlin",
        **more,
    }


@pytest.fixture
def function(bucket: Bucket, cloud: Cloud) -> Iterator[LambdaFunction]:
    with lambda_function(HANDLER, environment(bucket, cloud)) as made:
        yield made


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def link_in(mail: EmailMessage) -> str:
    found = re.search(r"https?://\S+", text_of(mail))
    assert found is not None, text_of(mail)
    return found[0]


def event_of(bucket: str, *keys: str, source: str = "aws:s3", name: str = "ObjectCreated:Put") -> dict[str, Any]:
    """As Amazon writes it."""
    inside = [{"bucket": {"name": bucket}, "object": {"key": key, "size": 1}} for key in keys]
    return {"Records": [{"eventSource": source, "eventName": name, "s3": one} for one in inside]}


def test_a_clip_in_the_bucket_is_one_mail_with_its_still_and_a_link_that_plays(
    bucket: Bucket, cloud: Cloud, function: LambdaFunction
) -> None:
    with told_by(function) as told:
        bucket.ceph.notify(bucket.name, told.url, prefix=f"{PREFIX}/", suffix=".mp4")
        bucket.put(beside=words())
        wait_for(lambda: told.outcomes, 30, "the notification")
    assert told.outcomes == [{"told": 1, "known": 0, "gone": 0, "other": 0}]
    assert told.events[0]["Records"][0]["eventSource"] == "ceph:s3"
    [mail] = cloud.mails()
    assert (mail["Subject"], mail["From"]) == ("Doorbell rang at Haustür", SENDER)
    assert "12 seconds long" in text_of(mail)
    pictures = [part.get_content() for part in mail.walk() if part.get_content_type() == "image/jpeg"]
    assert pictures == [JPEG]
    link = link_in(mail)
    part = httpx.get(link, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, CLIP[100:200])
    assert httpx.get(link.replace("Signature=", "Signature=0")).status_code == 403
    assert "AKIA" not in function.log
    assert "X-Amz" not in function.log
    assert "ada@" not in function.log
    assert bucket.mark()["state"] == "sent"


def test_a_link_says_when_it_ends_and_dies_then(bucket: Bucket, cloud: Cloud) -> None:
    """The link itself is the only thing of an hour: its signature is checked with one that ended."""
    with lambda_function(HANDLER, environment(bucket, cloud)) as function:
        bucket.put(beside=words())
        function.invoke(event_of(bucket.name, KEY))
    [mail] = cloud.mails()
    said = re.search(r"works until (\d\d:\d\d), (\d+ \w+)\.", text_of(mail))
    assert said is not None
    assert "X-Amz-Expires=3600" in link_in(mail)
    s3 = bucket.ceph.client("s3", bucket.viewer)
    short = s3.generate_presigned_url("get_object", Params={"Bucket": bucket.name, "Key": KEY}, ExpiresIn=1)
    assert wait_for(lambda: httpx.get(short).status_code == 403, 10, "its end")


def test_the_same_event_again_or_at_once_is_told_once(bucket: Bucket, cloud: Cloud, function: LambdaFunction) -> None:
    bucket.put(beside=words())
    event = event_of(bucket.name, KEY, KEY)
    with lambda_function(HANDLER, environment(bucket, cloud)) as other:
        outcomes: list[Any] = []
        both = [
            threading.Thread(target=lambda one=one: outcomes.append(Told(one).give(event, 20)))
            for one in (function, other)
        ]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(120)
        assert sorted(outcome["told"] for outcome in outcomes) == [0, 1]
        assert function.invoke(event_of(bucket.name, KEY, source="ceph:s3"))["known"] == 1
    assert len(cloud.mails()) == 1


def test_events_in_any_order_each_tell_their_own_clip(bucket: Bucket, cloud: Cloud, function: LambdaFunction) -> None:
    keys = [f"{PREFIX}/front-door/2026/11/22/20261122_05300{second}.mp4" for second in range(3)]
    for number, key in enumerate(keys):
        bucket.put(key, words(event=EventId(f"e{number}"), name=f"Door {number}"))
    for key in reversed(keys):
        function.invoke(event_of(bucket.name, key))
    assert function.invoke(event_of(bucket.name, *keys)) == {"told": 0, "known": 3, "gone": 0, "other": 0}
    assert [mail["Subject"] for mail in cloud.mails()] == [f"Doorbell rang at Door {n}" for n in (2, 1, 0)]


def test_a_clip_that_is_gone_is_noted_and_no_error(bucket: Bucket, cloud: Cloud, function: LambdaFunction) -> None:
    assert function.invoke(event_of(bucket.name, KEY)) == {"told": 0, "known": 0, "gone": 1, "other": 0}
    wait_for(lambda: '"outcome": "gone"' in function.log, 30, "what it printed")
    assert cloud.mails() == []


@pytest.mark.parametrize(
    "key",
    [
        f"{PREFIX}/running/front-door/20261122/e1/20261122T053000000-000001.mp4",
        f"{PREFIX}/told/front-door/x.mp4",
        f"{PREFIX}/front-door/2026/11/22/20261122_053000.jpg",
        "elsewhere/front-door/2026/11/22/20261122_053000.mp4",
        f"{PREFIX}-of-another/front-door/2026/11/22/20261122_053000.mp4",
    ],
)
def test_what_is_no_clip_is_left_alone(bucket: Bucket, cloud: Cloud, function: LambdaFunction, key: str) -> None:
    assert function.invoke(event_of(bucket.name, key)) == {"told": 0, "known": 0, "gone": 0, "other": 1}
    assert cloud.mails() == []


def test_what_somebody_at_home_kept_is_no_news(bucket: Bucket, cloud: Cloud, function: LambdaFunction) -> None:
    bucket.put(beside=words(causes=(Cause.SAVED,)))
    assert function.invoke(event_of(bucket.name, KEY)) == {"told": 0, "known": 0, "gone": 0, "other": 1}
    assert cloud.mails() == []


def test_without_a_still_the_mail_comes_without_one(bucket: Bucket, cloud: Cloud, function: LambdaFunction) -> None:
    bucket.put(beside=words(), still=None)
    assert function.invoke(event_of(bucket.name, KEY))["told"] == 1
    [mail] = cloud.mails()
    assert [part.get_content_type() for part in mail.walk() if part.get_content_maintype() == "image"] == []


def test_the_page_of_the_house_goes_before_a_signed_link(bucket: Bucket, cloud: Cloud) -> None:
    with lambda_function(HANDLER, environment(bucket, cloud, DOORSTEP_ADDRESS="https://door.example.org")) as function:
        bucket.put(beside=words(link=SHARE))
        function.invoke(event_of(bucket.name, KEY))
        strange = KEY.replace("053000", "053001")
        bucket.put(strange, words(link="https://evil.example/s/secret-share"))
        function.invoke(event_of(bucket.name, strange))
        assert "secret-share" not in function.log
    own, other = cloud.mails()
    assert link_in(own) == SHARE
    assert "works until" not in text_of(own)
    assert "X-Amz-Signature" in link_in(other)


def test_a_sealed_clip_says_where_it_can_be_watched(bucket: Bucket, cloud: Cloud, function: LambdaFunction) -> None:
    sealed = f"{KEY}.enc"
    bucket.put(sealed, words(sealed=True), still=None)
    assert function.invoke(event_of(bucket.name, sealed))["told"] == 1
    [mail] = cloud.mails()
    assert "on the page of your Doorstep only" in text_of(mail)
    assert "http" not in text_of(mail)


def test_a_clip_without_words_is_told_by_its_key(bucket: Bucket, cloud: Cloud, function: LambdaFunction) -> None:
    bucket.put()
    assert function.invoke(event_of(bucket.name, KEY))["told"] == 1
    [mail] = cloud.mails()
    assert mail["Subject"] == "Clip of front-door"
    assert "Recorded at 06:30:00 on Sunday, 22 November." in text_of(mail)


def throttled(_asked: Asked) -> tuple[int, dict[str, str]]:
    return 429, {"x-amzn-ErrorType": "TooManyRequestsException"}


def refused(_asked: Asked) -> tuple[int, dict[str, str]]:
    return 400, {"x-amzn-ErrorType": "MessageRejected"}


@pytest.mark.parametrize(("answer", "why"), [(throttled, "TooManyRequests"), (refused, "MessageRejected")])
def test_what_ses_does_not_take_is_tried_again_and_ends_in_the_dead_letters(
    bucket: Bucket, cloud: Cloud, answer: Callable[[Asked], Any], why: str
) -> None:
    with http_channel() as ses:
        ses.answer = answer
        more = {"AWS_ENDPOINT_URL_SESV2": f"http://{ses.host}"}
        with lambda_function(HANDLER, environment(bucket, cloud, **more)) as function:
            bucket.put(beside=words())
            told = Told(function)
            raised = told.give(event_of(bucket.name, KEY))
            assert isinstance(raised, FunctionError)
            assert (len(told.dead), len(ses.asked)) == (1, 3)
            assert why in raised.message
            assert "example.org" not in raised.message + function.log
            assert bucket.mark()["state"] == "failed"
            assert why in bucket.mark()["why"]
            ses.answer = lambda _asked: 200
            assert told.give(told.dead[0])["told"] == 1


def test_one_bad_clip_does_not_lose_the_others(bucket: Bucket, cloud: Cloud) -> None:
    good, bad = KEY, KEY.replace("053000", "053001")
    with http_channel() as ses:
        with lambda_function(HANDLER, environment(bucket, cloud, **at(ses))) as function:
            for key in (good, bad):
                bucket.put(key, words(name="Bad" if key == bad else "Good", event=EventId(key)))
            ses.answer = lambda asked: 503 if b"QmFk" in asked.body or b"Bad" in asked.body else 200
            raised = Told(function).give(event_of(bucket.name, bad, good), tries=1)
        assert isinstance(raised, FunctionError)
        assert (bucket.mark(good)["state"], bucket.mark(bad)["state"]) == ("sent", "failed")


def at(ses: HttpChannel) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL_SESV2": f"http://{ses.host}"}


def test_a_run_that_is_killed_in_the_middle_is_taken_up_and_says_so(bucket: Bucket, cloud: Cloud) -> None:
    """Nobody can know whether its mail left: the next says that it may be there already."""
    bucket.put(beside=words())
    mark = f"{PREFIX}/told/{KEY.removeprefix(f'{PREFIX}/')}.json"
    old = datetime.now(UTC) - timedelta(minutes=16)
    for when, outcome in ((datetime.now(UTC), "raises"), (old, "told")):
        body = json.dumps({"state": "claimed", "at": when.isoformat(), "by": "another"})
        bucket.ceph.client("s3", bucket.role).put_object(Bucket=bucket.name, Key=mark, Body=body.encode())
        with lambda_function(HANDLER, environment(bucket, cloud)) as function:
            if outcome == "raises":
                with pytest.raises(FunctionError, match="Another run tells this clip"):
                    function.invoke(event_of(bucket.name, KEY))
            else:
                assert function.invoke(event_of(bucket.name, KEY))["told"] == 1
    [mail] = cloud.mails()
    assert "a second time" in text_of(mail)


def test_a_function_that_runs_out_of_time_begins_nothing(bucket: Bucket, cloud: Cloud) -> None:
    with lambda_function(HANDLER, environment(bucket, cloud), seconds=15.0) as function:
        bucket.put(beside=words())
        with pytest.raises(FunctionError, match="No time is left"):
            function.invoke(event_of(bucket.name, KEY))
    assert cloud.mails() == []


def test_a_function_that_hangs_at_ses_is_ended_and_told_once_all_the_same(bucket: Bucket, cloud: Cloud) -> None:
    with http_channel() as ses:
        ses.answer = lambda _asked: "hang"
        with lambda_function(HANDLER, environment(bucket, cloud, **at(ses)), seconds=40.0) as function:
            bucket.put(beside=words())
            with pytest.raises(FunctionError):
                function.invoke(event_of(bucket.name, KEY))
            assert bucket.mark()["state"] == "claimed"  # nobody knows whether it arrived
            ses.answer = lambda _asked: 200
            claimed(bucket, timedelta(minutes=16))
            assert function.invoke(event_of(bucket.name, KEY))["told"] == 1
            ses.let_go.set()


def test_the_bucket_may_be_away(bucket: Bucket, cloud: Cloud) -> None:
    more = {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}
    with (
        lambda_function(HANDLER, environment(bucket, cloud, **more)) as function,
        pytest.raises(FunctionError, match="says nothing of a clip"),
    ):
        function.invoke(event_of(bucket.name, KEY))


@pytest.mark.parametrize(
    "event", [{}, [], None, {"Service": "Amazon S3", "Event": "s3:TestEvent"}, {"Records": [7, {}]}]
)
def test_what_is_no_event_tells_nothing(function: LambdaFunction, event: Any) -> None:
    assert function.invoke(event) == {"told": 0, "known": 0, "gone": 0, "other": 0}


def test_a_key_with_odd_letters_is_the_key_that_was_put(bucket: Bucket, cloud: Cloud, function: LambdaFunction) -> None:
    odd = f"{PREFIX}/front-door/2026/11/22/a b+ü%.mp4"
    with told_by(function) as told:
        bucket.ceph.notify(bucket.name, told.url, suffix=".mp4")
        bucket.put(odd, words())
        wait_for(lambda: told.outcomes, 30, "the notification")
    assert told.outcomes[0]["told"] == 1
    assert httpx.get(link_in(cloud.mails()[0])).content == CLIP
