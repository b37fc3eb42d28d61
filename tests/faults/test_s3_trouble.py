"""A bucket in trouble: each kind ends in one plain sentence that says what to do, and nothing counts as sent."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from doorstep.core.cloud_settings import AccessKey, S3Settings
from doorstep.core.errors import BlobMissing, StoreFull, StoreRefused, StoreUnavailable
from doorstep.core.upload import BegunUpload, Body
from doorstep.stores.s3 import S3Store
from doorstep.stores.s3_answer import MOST_BYTES
from doorstep.stores.s3_client import endpoint_of
from doorstep.stores.s3_part import GRACE_SECONDS, Gate, SentPart
from doorstep.stores.s3_sending import PART_BYTES, part_bytes_for
from doorstep.stores.sealed_object import HEADER_BYTES, SealedObject
from fakes.certificates import certificate
from fakes.clock import FakeClock
from fakes.free_port import free_port
from fakes.hostile_s3 import CUT, DEAF, HostileS3, error, hostile_s3
from fakes.radosgw import Keys, Radosgw, missing, own_radosgw, radosgw
from fakes.s3_stores import access_key, body_of, ceph_settings, film, store_of, unheard

KEY = "front-door/2026/11/21/20261121_140203.mp4"
KEY_ID, SECRET = "AKIDRECORDER12345678", "a/secret+of40letters/that/nobody/may/see"
FILM = film(2 * PART_BYTES + 1000)
on_ceph = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(name="hostile")
def _hostile() -> Iterator[HostileS3]:
    with hostile_s3() as made:
        yield made


def settings_at(endpoint: str, **more: object) -> S3Settings:
    key = AccessKey(KEY_ID, SECRET)
    return replace(S3Settings("the-bucket", endpoint=endpoint, recorder=key, viewer=key), **more)  # type: ignore[arg-type]


def store_at(endpoint: str, answer_seconds: float = 20.0) -> S3Store:
    return store_of(settings_at(endpoint), answer_seconds=answer_seconds)


def every_call(store: S3Store) -> dict[str, Callable[[], object]]:
    return {
        "send": lambda: store.send(KEY, body_of(b"film"), None, unheard),
        "send in parts": lambda: store.send(KEY, body_of(FILM), None, unheard),
        "put": lambda: store.put(KEY, b"film"),
        "read": lambda: store.read(KEY, 0, 4),
        "size": lambda: store.size(KEY),
        "exists": lambda: store.exists(KEY),
        "delete": lambda: store.delete(KEY),
        "keys": lambda: list(store.keys()),
    }


def troubles_of(store: S3Store) -> dict[str, StoreUnavailable]:
    """What each call raises; that all do."""
    found = {}
    for name, call in every_call(store).items():
        with pytest.raises(StoreUnavailable) as caught:
            call()
        found[name] = caught.value
    return found


def assert_plain(words: str) -> None:
    """One sentence for the owner, with nothing secret, no address, and nothing of the library."""
    assert re.fullmatch(r"[A-Z][^\n]{20,160}\.", words), words
    for secret in (SECRET, KEY_ID, "127.0.0.1", "Signature", "X-Amz", "botocore", "http"):
        assert secret.lower() not in words.lower().replace("signaturedoesnotmatch", ""), words


OWNER_MUST_ACT = {
    "InvalidAccessKeyId": (403, "keys"),
    "SignatureDoesNotMatch": (403, "keys"),
    "ExpiredToken": (400, "expired"),
    "AccessDenied": (403, "may not"),
    "NoSuchBucket": (404, "bucket is gone"),
    "PermanentRedirect": (301, "region"),
    "InvalidStorageClass": (400, "storage_class"),
    "NotImplemented": (400, "check"),
    "KMS.NotFoundException": (400, "kms_key"),
}
LATER_MAY_HELP = {
    "SlowDown": (503, "tried again"),
    "ThrottlingException": (400, "tried again"),
    "InternalError": (500, "tried again"),
    "ServiceUnavailable": (503, "tried again"),
    "RequestTimeout": (400, "tried again"),
    "ConditionalRequestConflict": (409, "tried again"),
    "BadDigest": (400, "tried again"),
    "RequestTimeTooSkewed": (403, "clock"),
}


@pytest.mark.parametrize(("code", "status", "words"), [(code, *rest) for code, rest in OWNER_MUST_ACT.items()])
def test_what_only_the_owner_can_mend_is_refused_with_what_to_do(
    hostile: HostileS3, code: str, status: int, words: str
) -> None:
    hostile.always(status, error(code, f"{KEY_ID} {SECRET} http://x/?X-Amz-Signature=1"))
    store = store_at(hostile.endpoint)
    for name in ("send", "send in parts", "put", "read", "keys"):
        with pytest.raises(StoreRefused, match=words) as caught:
            every_call(store)[name]()
        assert_plain(str(caught.value))
        assert caught.value.__cause__ is None
    assert len(hostile.asked) == 5  # nothing was tried twice, and no redirect followed


@pytest.mark.parametrize(("code", "status", "words"), [(code, *rest) for code, rest in LATER_MAY_HELP.items()])
def test_what_passes_is_to_be_tried_later(hostile: HostileS3, code: str, status: int, words: str) -> None:
    hostile.always(status, error(code, f"{KEY_ID} {SECRET}"))
    store = store_at(hostile.endpoint)
    for name in ("send", "send in parts", "put", "read", "keys"):
        with pytest.raises(StoreUnavailable, match=words) as caught:
            every_call(store)[name]()
        assert not isinstance(caught.value, StoreRefused)
        assert_plain(str(caught.value))
    assert len(hostile.asked) == 5


def test_a_full_bucket_says_so(hostile: HostileS3) -> None:
    hostile.always(403, error("QuotaExceeded"))
    with pytest.raises(StoreFull, match="quota"):
        store_at(hostile.endpoint).put(KEY, b"film")


GARBAGE = {
    "a page of a captive network": (200, b"<html><body>Please sign in</body></html>"),
    "no XML": (200, b"\x00\xff\xfe" * 100),
    "half XML": (200, b"<?xml version='1.0'?><ListBucketResult><Conte"),
    "an empty page": (200, b" "),
    "a proxy's page": (502, b"<html>Bad gateway</html>"),
    "an error without words": (503, b""),
    "an error that is no XML": (400, b"\x00\xff" * 50),
    "another page": (302, b""),
    "a code with a whole novel": (400, error("A" * 5000)),
    "a code with a signed address": (400, error("http://x/?X-Amz-Signature=abc")),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_who_answers_garbage_has_taken_nothing(hostile: HostileS3, what: str) -> None:
    hostile.always(*GARBAGE[what])
    store = store_at(hostile.endpoint)
    for name in ("send", "send in parts", "put", "read"):
        with pytest.raises(StoreUnavailable) as caught:
            every_call(store)[name]()
        assert_plain(str(caught.value))


def test_a_storm_of_errors_is_asked_once_for_each_try(hostile: HostileS3) -> None:
    hostile.always(503, error("SlowDown"))
    store = store_at(hostile.endpoint)
    for _ in range(20):
        with pytest.raises(StoreUnavailable):
            store.send(KEY, body_of(b"film"), None, unheard)
    assert len(hostile.asked) == 20
    hostile.always(200)
    assert store.send(KEY, body_of(b"film"), None, unheard)


def test_parts_that_were_taken_before_a_storm_are_kept(hostile: HostileS3) -> None:
    begun = b"<InitiateMultipartUploadResult><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>"
    whole = b"<CompleteMultipartUploadResult><Key>k</Key><ETag>x</ETag></CompleteMultipartUploadResult>"

    def until_part(last: int) -> Callable[[str, str], tuple[int, bytes]]:
        def answer(verb: str, path: str) -> tuple[int, bytes]:
            if verb == "POST":
                return (200, begun if "uploads" in path else whole)
            number = int(re.findall(r"partNumber=(\d+)", path)[0])
            return (200, b"") if number <= last else (503, error("SlowDown"))

        return answer

    notes: list[BegunUpload] = []
    store = store_at(hostile.endpoint)
    hostile.answer = until_part(1)
    for tries in range(3):
        with pytest.raises(StoreUnavailable):
            store.send(KEY, body_of(FILM), notes[-1] if tries else None, notes.append)
    assert [len(note.etags) for note in notes] == [1]
    hostile.answer = until_part(3)
    assert store.send(KEY, body_of(FILM), notes[-1], notes.append)
    assert len(notes[-1].etags) == 3
    assert sum("partNumber=1" in line for line in hostile.asked) == 1


def test_parts_that_can_never_be_completed_are_sent_again_from_the_beginning(hostile: HostileS3) -> None:
    begun = b"<InitiateMultipartUploadResult><UploadId>upload-2</UploadId></InitiateMultipartUploadResult>"
    whole = b"<CompleteMultipartUploadResult><Key>k</Key><ETag>x</ETag></CompleteMultipartUploadResult>"

    def answer(verb: str, path: str) -> tuple[int, bytes]:
        if verb == "POST" and "upload-1" in path:
            return 400, error("InvalidPart")
        return (200, begun if "uploads" in path else whole) if verb == "POST" else (200, b"")

    hostile.answer = answer
    spoilt = BegunUpload("upload-1", PART_BYTES, len(FILM), ("x", "y", "z"))
    assert store_at(hostile.endpoint).send(KEY, body_of(FILM), spoilt, unheard)
    assert sum("partNumber" in line and "upload-2" in line for line in hostile.asked) == 3


def test_an_answer_that_says_no_length_is_no_servers(hostile: HostileS3) -> None:
    hostile.always(206, b"film")
    for length in ("", "-5"):
        hostile.headers = {"Content-Length": length, "Content-Range": "bytes 0-3/4"}
        for name in ("read", "size", "exists"):
            with pytest.raises(StoreUnavailable) as caught:
                every_call(store_at(hostile.endpoint))[name]()
            assert_plain(str(caught.value))


def test_what_breaks_off_is_not_taken_for_an_end(hostile: HostileS3) -> None:
    hostile.always(206, b"fi")
    hostile.headers = {"Content-Length": "4", "Content-Range": "bytes 0-3/4"}
    with pytest.raises(StoreUnavailable, match="broke off") as caught:
        store_at(hostile.endpoint).read(KEY, 0, 4)
    assert_plain(str(caught.value))


@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_without_end_is_not_held(hostile: HostileS3, status: int) -> None:
    hostile.always(status, bytes(MOST_BYTES + (1 << 20)))
    store = store_at(hostile.endpoint)
    for name in ("put", "keys", "delete", "read") if status == 500 else ("put", "keys"):
        with pytest.raises(StoreUnavailable, match="no S3 server") as caught:
            every_call(store)[name]()
        assert_plain(str(caught.value))


def test_a_list_that_goes_round_and_round_ends(hostile: HostileS3) -> None:
    listed = b"<Contents><Size>3</Size></Contents><Contents><Key>doorstep/a.mp4</Key></Contents>"
    more = b"<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
    hostile.always(200, b"<ListBucketResult>" + listed + more + b"</ListBucketResult>")
    keys = store_at(hostile.endpoint).keys()
    assert [next(keys), next(keys)] == ["a.mp4", "a.mp4"]
    with pytest.raises(StoreUnavailable) as caught:
        list(keys)
    assert_plain(str(caught.value))


def test_a_seal_of_tiny_chunks_fetches_nothing(hostile: HostileS3) -> None:
    lies = SealedObject(b"k" * 32, b"s" * 32, KEY, 1 << 20, chunk_bytes=1)
    header = b"".join(lies.seal(lambda _at, _count: iter(()), 0, HEADER_BYTES))
    hostile.always(206, header)
    hostile.headers = {"Content-Range": f"bytes 0-{HEADER_BYTES - 1}/{lies.sealed_size}"}
    with pytest.raises(StoreRefused, match="seal_key_file"):
        store_of(settings_at(hostile.endpoint, seal_key=b"k" * 32)).read(KEY, 0, 1 << 20)
    assert len(hostile.asked) == 1


def test_who_never_answers_is_waited_for_in_bounded_time(hostile: HostileS3) -> None:
    hostile.always(DEAF)
    began = time.monotonic()
    for trouble in troubles_of(store_at(hostile.endpoint, answer_seconds=0.5)).values():
        assert re.search("cannot be reached|takes too long", str(trouble))
        assert_plain(str(trouble))
    assert time.monotonic() - began < 60


def test_connections_that_are_cut_or_refused_are_told_plainly(hostile: HostileS3) -> None:
    hostile.always(CUT)
    nowhere = f"http://127.0.0.1:{free_port()}"
    for endpoint in (hostile.endpoint, nowhere, nowhere.replace("http:", "https:")):
        for trouble in troubles_of(store_at(endpoint)).values():
            assert not isinstance(trouble, StoreRefused)
            assert_plain(str(trouble))


def test_who_takes_bytes_and_never_reads_them_ends_in_bounded_time() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        store = store_at(f"http://127.0.0.1:{listening.getsockname()[1]}", answer_seconds=0.5)
        with pytest.raises(StoreUnavailable):
            store.send(KEY, body_of(FILM), None, unheard)


def test_tls_with_a_stranger_is_refused_and_nothing_is_told_there(tmp_path: Path) -> None:
    with hostile_s3(certificate(tmp_path).server_context()) as stranger:
        stranger.always(200)
        for trouble in troubles_of(store_at(stranger.endpoint)).values():
            assert isinstance(trouble, StoreRefused)
            assert "certificate" in str(trouble)
            assert_plain(str(trouble))
        assert stranger.asked == []


def test_over_tls_each_body_has_its_sum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = certificate(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(made.certificate))
    with hostile_s3(made.server_context()) as server:
        server.always(200)
        assert store_at(server.endpoint).send(KEY, body_of(FILM[:1000]), None, unheard)
        ((told, came),) = server.sums
        assert told == came


def test_names_that_no_bucket_has_are_refused(hostile: HostileS3) -> None:
    for settings in (
        settings_at(hostile.endpoint, bucket="not a bucket"),
        settings_at("http://not an address"),
        settings_at("ftp://127.0.0.1"),
    ):
        with pytest.raises(StoreUnavailable) as caught:
            store_of(settings).put(KEY, b"film")
        assert_plain(str(caught.value))


def test_without_keys_anywhere_the_owner_is_told(hostile: HostileS3, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    store = store_of(settings_at(hostile.endpoint, recorder=AccessKey(), viewer=AccessKey()))
    with pytest.raises(StoreRefused, match=r"No keys"):
        store.put(KEY, b"film")
    assert hostile.asked == []


def test_nothing_secret_is_in_what_the_settings_show() -> None:
    shown = repr(settings_at("http://127.0.0.1", seal_key=b"k" * 32))
    assert SECRET not in shown
    assert "kkkk" not in shown


# The body that is sent.


def test_a_recording_that_is_gone_or_shorter_while_it_is_sent_is_not_the_servers_fault(hostile: HostileS3) -> None:
    hostile.always(200)

    def gone(_offset: int, _length: int) -> Iterator[bytes]:
        raise BlobMissing(KEY)

    def shorter(offset: int, length: int) -> Iterator[bytes]:
        yield b"x" * (length - offset - 1)

    store = store_at(hostile.endpoint)
    with pytest.raises(BlobMissing):
        store.send(KEY, Body(4, gone), None, unheard)
    with pytest.raises(StoreUnavailable, match="shorter"):
        store.send(KEY, Body(4, shorter), None, unheard)


def test_a_recording_that_goes_away_behind_its_sum_is_named_too(hostile: HostileS3) -> None:
    hostile.always(200)
    times = iter(range(100))

    def read(_offset: int, length: int) -> Iterator[bytes]:
        if next(times) >= 1:  # signed, and then sent
            raise BlobMissing(KEY)
        yield b"x" * length

    with pytest.raises(BlobMissing):
        store_at(hostile.endpoint).send(KEY, Body(4, read), None, unheard)


def test_a_part_that_leaves_too_slowly_is_given_up() -> None:
    clock = FakeClock(datetime(2026, 11, 21, tzinfo=UTC))
    part = SentPart(lambda _at, count: iter([b"x" * count]), 0, 100, Gate(clock, 0.0))
    part.leave()
    assert part.read(10) == b"x" * 10
    clock.advance(GRACE_SECONDS + 10)
    with pytest.raises(StoreUnavailable, match="too slowly"):
        part.read(10)


def test_waiting_at_the_gate_is_not_slowness() -> None:
    clock = FakeClock(datetime(2026, 11, 21, tzinfo=UTC))
    part = SentPart(lambda _at, count: iter([b"x" * count]), 0, 100_000, Gate(clock, 8.0, clock.advance))
    part.leave()
    began = clock.monotonic()
    while part.read(16_384):
        pass
    assert 90 < clock.monotonic() - began <= 100


def test_the_bound_holds_for_all_who_send_together_and_reading_to_sign_is_free(hostile: HostileS3) -> None:
    hostile.always(200)
    waited: list[float] = []
    store = store_of(settings_at(hostile.endpoint, max_kbit=800.0), pause=waited.append)
    sending = [
        threading.Thread(target=store.send, args=(f"cam/{number}.mp4", body_of(b"x" * 200_000), None, unheard))
        for number in range(3)
    ]
    for thread in sending:
        thread.start()
    for thread in sending:
        thread.join(60)
    # 600,000 bytes at 100,000 a second, but for what may go at once and the last piece; nobody really waits here.
    assert 5.0 < max(waited) <= 6.0


def test_the_largest_body_has_no_more_parts_than_a_server_takes() -> None:
    for size in (1, 80 << 30, 81 << 30, 1 << 40, 5 << 40):
        part = part_bytes_for(size)
        assert -(-size // part) <= 10_000
        assert PART_BYTES <= part <= 5 << 30


def test_an_endpoint_is_asked_over_tls_unless_it_is_near_or_says_otherwise() -> None:
    assert endpoint_of("") == ""
    assert endpoint_of("s3.example.org") == "https://s3.example.org"
    assert endpoint_of("192.168.1.5:9000") == "http://192.168.1.5:9000"
    assert endpoint_of("localhost:9000") == "http://localhost:9000"
    assert endpoint_of("203.0.113.200") in {"http://203.0.113.200", "https://203.0.113.200"}
    assert endpoint_of("8.8.8.8") == "https://8.8.8.8"
    assert endpoint_of("http://minio.lan:9000") == "http://minio.lan:9000"


# The same on a real server, as far as it can be brought to it.


@pytest.fixture(name="ceph")
def _ceph() -> Radosgw:
    return radosgw()


@on_ceph
def test_wrong_keys_are_refused_by_a_real_server(ceph: Radosgw) -> None:
    settings = ceph_settings(ceph)
    for key in (AccessKey("AKNOBODY", "x"), AccessKey(settings.recorder.key_id, "wrong")):
        with pytest.raises(StoreRefused, match="keys"):
            store_of(replace(settings, recorder=key)).put(KEY, b"film")


@on_ceph
def test_keys_that_are_revoked_and_given_anew(ceph: Radosgw) -> None:
    settings = ceph_settings(ceph)

    def allowed() -> Keys:
        resource = f"arn:aws:s3:::{settings.bucket}/*"
        statement = {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": resource}
        return ceph.user({"Version": "2012-10-17", "Statement": [statement]})

    keys = allowed()
    store = store_of(replace(settings, recorder=access_key(keys)))
    assert store.send(KEY, body_of(b"film"), None, unheard)
    ceph.forget(keys)
    with pytest.raises(StoreRefused, match="keys"):
        store.send("cam/2.mp4", body_of(b"film"), None, unheard)
    assert store_of(replace(settings, recorder=access_key(allowed()))).send("cam/2.mp4", body_of(b"x"), None, unheard)


@on_ceph
def test_a_bucket_that_vanishes_is_named_and_taken_up_again_when_it_is_back(ceph: Radosgw) -> None:
    settings = ceph_settings(ceph)
    store = store_of(settings)
    ceph.client().delete_bucket(Bucket=settings.bucket)
    for name in ("send", "send in parts", "put", "keys", "delete"):
        with pytest.raises(StoreRefused, match="bucket is gone"):
            every_call(store)[name]()
    ceph.client().create_bucket(Bucket=settings.bucket)
    assert store.send(KEY, body_of(b"film"), None, unheard)


@on_ceph
def test_a_server_that_goes_and_comes_back_has_what_it_took(tmp_path_factory: pytest.TempPathFactory) -> None:
    with own_radosgw(tmp_path_factory.mktemp("ceph")) as ceph:
        store = store_of(ceph_settings(ceph), answer_seconds=2.0)
        assert store.send(KEY, body_of(b"film"), None, unheard)
        ceph.pause()
        with pytest.raises(StoreUnavailable):
            store.send("cam/2.mp4", body_of(b"film"), None, unheard)
        ceph.go_on()
        ceph.stop()
        with pytest.raises(StoreUnavailable):
            store.send("cam/3.mp4", body_of(b"film"), None, unheard)
        ceph.start()
        assert store.send("cam/3.mp4", body_of(b"film"), None, unheard)
        assert store.read(KEY, 0, 10) == b"film"
