"""The bucket of a real server: links that die, ranges, uploads that go on, and what stays unseen until it is whole."""

import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
import pytest

from doorstep.core.cloud_settings import AccessKey, S3Settings
from doorstep.core.errors import StoreRefused, StoreUnavailable
from doorstep.core.upload import BegunUpload
from doorstep.stores.s3_sending import PART_BYTES
from fakes.cutting_relay import CuttingRelay, cutting_relay
from fakes.radosgw import KMS_KEY, Radosgw, missing, radosgw
from fakes.s3_stores import FilmBody, access_key, body_of, ceph_settings, film, sealed, store_of, unheard

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

KEY = "front-door/2026/11/21/20261121_140203.mp4"
OBJECT = f"doorstep/{KEY}"
PARTS = 3
FILM = film(2 * PART_BYTES + 100_000)
LETTERS = "0123456789abcdef"


@pytest.fixture(name="ceph")
def _ceph() -> Radosgw:
    return radosgw()


@pytest.fixture(name="settings")
def _settings(ceph: Radosgw) -> S3Settings:
    return ceph_settings(ceph)


@pytest.fixture(name="relay")
def _relay(ceph: Radosgw, monkeypatch: pytest.MonkeyPatch) -> Iterator[CuttingRelay]:
    # As on a slow line: it is known which part the cut meets.
    monkeypatch.setattr("doorstep.stores.s3_sending.AT_ONCE", 1)
    with cutting_relay(ceph.port) as made:
        yield made


def through(relay: CuttingRelay, settings: S3Settings) -> S3Settings:
    return replace(settings, endpoint=relay.endpoint)


def status_of(link: str, verb: str = "GET") -> int:
    return httpx.request(verb, link, timeout=60).status_code


# Links.


def test_a_link_plays_from_any_place_and_names_the_file(settings: S3Settings) -> None:
    store = store_of(settings)
    assert store.send(KEY, body_of(FILM), None, unheard)
    link = store.link(KEY, 3600, "Front door.mp4")
    assert link is not None
    answer = httpx.get(link, headers={"Range": "bytes=8388000-8389999"}, timeout=60)
    assert answer.status_code == 206
    assert answer.content == FILM[8_388_000:8_390_000]
    assert answer.headers["Content-Range"] == f"bytes 8388000-8389999/{len(FILM)}"
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Content-Disposition"] == "inline; filename*=UTF-8''Front%20door.mp4"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_link_dies_at_its_time(settings: S3Settings) -> None:
    store = store_of(settings)
    store.put(KEY, b"film")
    link = store.link(KEY, 1, "")
    assert link is not None
    deadline = time.monotonic() + 60
    while status_of(link) != 403 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert status_of(link) == 403
    assert status_of(str(store.link(KEY, 3600, ""))) == 200


def tampered(link: str) -> dict[str, str]:
    """What somebody might try who has a link."""
    parts = urlsplit(link)
    query = dict(parse_qsl(parts.query))
    signature = query["X-Amz-Signature"]
    other = signature[:-1] + LETTERS[LETTERS.index(signature[-1]) - 1]

    def with_query(**changed: str) -> str:
        return urlunsplit(parts._replace(query=urlencode({**query, **changed})))

    return {
        "another object": urlunsplit(parts._replace(path=parts.path.replace("140203", "150000"))),
        "longer": with_query(**{"X-Amz-Expires": "604800"}),
        "another signature": with_query(**{"X-Amz-Signature": other}),
        "another day": with_query(**{"X-Amz-Date": "20991231T000000Z"}),
        "another name": with_query(**{"response-content-disposition": "attachment"}),
        "nobody": urlunsplit(parts._replace(query="")),
    }


def test_a_link_that_was_tampered_with_opens_nothing(settings: S3Settings) -> None:
    store = store_of(settings)
    store.put(KEY, b"film")
    store.put(KEY.replace("140203", "150000"), b"another film")
    link = store.link(KEY, 3600, "film.mp4")
    assert link is not None
    assert status_of(link) == 200
    assert {what: status_of(changed) for what, changed in tampered(link).items()} == dict.fromkeys(tampered(link), 403)
    assert {verb: status_of(link, verb) for verb in ("PUT", "DELETE")} == {"PUT": 403, "DELETE": 403}


def test_a_link_of_keys_that_are_revoked_opens_nothing(ceph: Radosgw, settings: S3Settings) -> None:
    viewer = ceph.user(viewer_policy(settings.bucket))
    store = store_of(replace(settings, viewer=access_key(viewer)))
    store.put(KEY, b"film")
    link = str(store.link(KEY, 3600, ""))
    assert status_of(link) == 200
    ceph.forget(viewer)
    assert status_of(link) == 403


def test_there_is_no_link_without_a_viewer_or_to_what_is_sealed(settings: S3Settings) -> None:
    assert store_of(replace(settings, viewer=AccessKey())).link(KEY, 60, "") is None
    assert store_of(sealed(settings)).link(KEY, 60, "") is None


# Two identities.


def recorder_policy(bucket: str) -> dict[str, object]:
    allowed = {"Effect": "Allow", "Action": ["s3:PutObject", "s3:AbortMultipartUpload"]}
    denied = {"Effect": "Deny", "Action": ["s3:Get*", "s3:List*", "s3:Delete*"], "Resource": "*"}
    return {
        "Version": "2012-10-17",
        "Statement": [{**allowed, "Resource": f"arn:aws:s3:::{bucket}/doorstep/*"}, denied],
    }


def viewer_policy(bucket: str) -> dict[str, object]:
    allowed = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::{bucket}/doorstep/*"}
    return {"Version": "2012-10-17", "Statement": [allowed]}


def with_two_identities(ceph: Radosgw, settings: S3Settings) -> S3Settings:
    recorder, viewer = ceph.user(recorder_policy(settings.bucket)), ceph.user(viewer_policy(settings.bucket))
    return replace(settings, recorder=access_key(recorder), viewer=access_key(viewer))


def test_a_recorder_that_may_only_write_sends_and_the_viewer_reads(ceph: Radosgw, settings: S3Settings) -> None:
    store = store_of(with_two_identities(ceph, settings))
    assert store.send(KEY, body_of(FILM, doorstep="words"), None, unheard)
    assert store.send("front-door/still.jpg", body_of(b"picture"), None, unheard)
    assert store.size(KEY) == len(FILM)
    assert store.read(KEY, 100, 100) == FILM[100:200]
    assert status_of(str(store.link(KEY, 60, ""))) == 200


def test_stolen_keys_of_the_recorder_neither_read_nor_list_nor_delete(ceph: Radosgw, settings: S3Settings) -> None:
    both = with_two_identities(ceph, settings)
    store_of(both).put(KEY, b"film")
    thief = store_of(replace(both, viewer=both.recorder))
    for wrong in (
        lambda: thief.read(KEY, 0, 4),
        lambda: thief.size(KEY),
        lambda: thief.exists(KEY),
        lambda: thief.delete(KEY),
        lambda: list(thief.keys()),
    ):
        with pytest.raises(StoreRefused, match="may not"):
            wrong()
    assert status_of(str(thief.link(KEY, 60, ""))) == 403
    outside = store_of(replace(both, prefix="elsewhere"))
    with pytest.raises(StoreRefused, match="may not"):
        outside.put(KEY, b"film")


# Sending.


def test_a_name_that_is_taken_is_left_as_it_is(settings: S3Settings) -> None:
    store = store_of(settings)
    assert store.send(KEY, body_of(b"first"), None, unheard)
    assert not store.send(KEY, body_of(b"second"), None, unheard)
    assert store.read(KEY, 0, 100) == b"first"


def test_of_many_who_send_under_one_name_at_once_one_wins(settings: S3Settings) -> None:
    store = store_of(settings)
    lies: list[bytes] = []

    def send(number: int) -> None:
        data = b"%d" % number
        if store.send(KEY, body_of(data), None, unheard):
            lies.append(data)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert lies == [store.read(KEY, 0, 100)]


def test_a_cut_upload_goes_on_where_it_was_and_sends_only_what_is_missing(
    ceph: Radosgw, settings: S3Settings, relay: CuttingRelay
) -> None:
    notes: list[BegunUpload] = []
    relay.cut_after = PART_BYTES + PART_BYTES // 2
    with pytest.raises(StoreUnavailable):
        store_of(through(relay, settings)).send(KEY, body_of(FILM), None, notes.append)
    assert relay.parts() == [1, 2]
    assert [len(note.etags) for note in notes] == [1]
    assert ceph.keys_in(settings.bucket) == {}
    assert ceph.uploads_in(settings.bucket) == [OBJECT]

    relay.cut_after = None
    relay.asked.clear()
    body = FilmBody(FILM)
    assert store_of(through(relay, settings)).send(KEY, body(), notes[-1], notes.append)
    assert relay.parts() == [2, 3]
    assert min(offset for offset, _ in body.spans) == PART_BYTES
    assert ceph.keys_in(settings.bucket) == {OBJECT: len(FILM)}
    assert ceph.uploads_in(settings.bucket) == []
    assert store_of(settings).read(KEY, 0, len(FILM)) == FILM


def test_a_sealed_upload_goes_on_and_opens_as_a_whole(ceph: Radosgw, settings: S3Settings, relay: CuttingRelay) -> None:
    notes: list[BegunUpload] = []
    relay.cut_after = PART_BYTES + PART_BYTES // 2
    with pytest.raises(StoreUnavailable):
        store_of(sealed(through(relay, settings))).send(KEY, body_of(FILM), None, notes.append)
    relay.cut_after = None
    relay.asked.clear()
    assert store_of(sealed(through(relay, settings))).send(KEY, body_of(FILM), notes[-1], notes.append)
    assert relay.parts() == [2, 3]
    store = store_of(sealed(settings))
    assert store.read(KEY, 0, len(FILM)) == FILM
    assert store.read(KEY, PART_BYTES - 10, 20) == FILM[PART_BYTES - 10 : PART_BYTES + 10]
    assert store.size(KEY) == len(FILM)
    lies = ceph.client().get_object(Bucket=settings.bucket, Key=f"{OBJECT}.enc")["Body"].read()
    assert not any(FILM[at : at + 16] in lies for at in range(0, len(FILM), 1 << 20))


def test_half_an_upload_leaves_nothing_visible(ceph: Radosgw, settings: S3Settings, relay: CuttingRelay) -> None:
    relay.cut_after = PART_BYTES // 2
    for data in (FILM, FILM[: PART_BYTES - 1]):
        with pytest.raises(StoreUnavailable):
            store_of(through(relay, settings)).send(KEY, body_of(data), None, unheard)
        assert ceph.keys_in(settings.bucket) == {}
    assert not store_of(settings).exists(KEY)


def begun_in(settings: S3Settings, relay: CuttingRelay) -> BegunUpload:
    """One part lies there."""
    notes: list[BegunUpload] = []
    relay.cut_after = PART_BYTES + PART_BYTES // 2
    with pytest.raises(StoreUnavailable):
        store_of(through(relay, settings)).send(KEY, body_of(FILM), None, notes.append)
    relay.cut_after = None
    relay.asked.clear()
    return notes[-1]


def test_a_body_that_has_another_size_now_begins_anew(ceph: Radosgw, settings: S3Settings, relay: CuttingRelay) -> None:
    begun = begun_in(settings, relay)
    longer = FILM + b"more"
    assert store_of(through(relay, settings)).send(KEY, body_of(longer), begun, unheard)
    assert relay.parts() == [1, 2, 3]
    assert store_of(settings).read(KEY, 0, len(longer)) == longer
    assert ceph.uploads_in(settings.bucket) == []


def test_an_upload_that_the_server_forgot_begins_anew(ceph: Radosgw, settings: S3Settings, relay: CuttingRelay) -> None:
    begun = begun_in(settings, relay)
    ceph.client().abort_multipart_upload(Bucket=settings.bucket, Key=OBJECT, UploadId=begun.upload_id)
    assert store_of(through(relay, settings)).send(KEY, body_of(FILM), begun, unheard)
    assert relay.parts() == [2, 1, 2, 3]
    assert store_of(settings).read(KEY, 0, len(FILM)) == FILM


def test_a_sending_whose_answer_was_lost_is_known_again_by_its_words(settings: S3Settings, relay: CuttingRelay) -> None:
    relay.hears_answers = False
    body = body_of(b"film", doorstep="event-1")
    with pytest.raises(StoreUnavailable):
        store_of(through(relay, settings)).send(KEY, body, None, unheard)
    assert store_of(settings).read(KEY, 0, 100) == b"film"
    assert store_of(settings).send(KEY, body, None, unheard)
    assert not store_of(settings).send(KEY, body_of(b"film", doorstep="event-2"), None, unheard)
    assert not store_of(settings).send(KEY, body_of(b"longer film", doorstep="event-1"), None, unheard)
    assert not store_of(replace(settings, viewer=AccessKey())).send(KEY, body, None, unheard)


def test_what_the_server_encrypts_is_asked_for_by_name(ceph: Radosgw, settings: S3Settings) -> None:
    store = store_of(replace(settings, encryption="aws:kms", kms_key=KMS_KEY))
    for size in (100, PART_BYTES + 1):
        key = f"front-door/{size}.mp4"
        assert store.send(key, body_of(FILM[:size]), None, unheard)
        found = ceph.client().head_object(Bucket=settings.bucket, Key=f"doorstep/{key}")
        assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", KMS_KEY)
        assert hashlib.sha256(store.read(key, 0, size)).digest() == hashlib.sha256(FILM[:size]).digest()


def test_a_class_that_the_server_has_not_is_the_owners_business(settings: S3Settings) -> None:
    store = store_of(replace(settings, storage_class="GLACIER_IR"))
    with pytest.raises(StoreRefused, match="storage_class"):
        store.put(KEY, b"film")
    store.put("running/front-door/20261121/event/20261121T140203000-000001.mp4", b"part")


def test_words_stand_beside_an_object_however_it_was_sent(ceph: Radosgw, settings: S3Settings) -> None:
    store = store_of(settings)
    for size in (10, PART_BYTES + 1):
        store.send(f"cam/{size}", body_of(FILM[:size], doorstep="%7B%7D"), None, unheard)
        found = ceph.client().head_object(Bucket=settings.bucket, Key=f"doorstep/cam/{size}")
        assert found["Metadata"] == {"doorstep": "%7B%7D"}
