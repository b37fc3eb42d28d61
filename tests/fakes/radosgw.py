"""A real S3 server: Ceph's radosgw over one monitor and one OSD in memory, from Debian's packages, started in a second.

    pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
    ceph = radosgw()                                  # one for this process, ended with it; never in a thread that ends
    bucket = ceph.bucket()                            # empty, of its own
    recorder = ceph.user({"Version": "2012-10-17", "Statement": [...]})       # keys, and what an IAM policy allows them
    ceph.client("s3", recorder).put_object(Bucket=bucket, ...)                # boto3, signed with SigV4
    ceph.notify(bucket, "http://127.0.0.1:PORT/", suffix=".mp4")              # its events say `ceph:s3`

`own_radosgw(folder)` is one that a test may stop, pause and start again, and, in a `FarNetwork`, cut off.

What differs from Amazon's: whoever wrote an object owns it and may read it, unless a policy's `Deny` with an `Action`
says no (`NotAction` is not heard there); CompleteMultipartUpload does not look at `If-None-Match`; there is one storage
class, STANDARD.
"""

import atexit
import http.client
import json
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]

from fakes.far_network import FarNetwork
from fakes.free_port import free_port

PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin", "setpriv")
READY_SECONDS = 120.0
MOST_BYTES = 2 << 30
KMS_KEY = "testkey"
"""The one key of its key service, for `aws:kms`."""

CONFIG = """
[global]
fsid = {fsid}
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_cluster_mode = crc
ms_service_mode = crc
ms_client_mode = crc
ms_mon_cluster_mode = crc
ms_mon_service_mode = crc
ms_mon_client_mode = crc
mon_initial_members = a
mon_host = [v2:127.0.0.1:{mon_port}/0]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
run_dir = {folder}
admin_socket =
log_file = {folder}/$name.log
crash_dir = {folder}/crash
keyring = {folder}/keyring
mon_data = {folder}/mon
osd_data = {folder}/osd
osd_objectstore = memstore
memstore_device_bytes = {most_bytes}
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
# One monitor has nobody to agree with: without these each of twenty steps of the start waits half a second.
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
rgw_gc_obj_min_wait = 5
rgw_gc_processor_period = 10
rgw_thread_pool_size = 32
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
rgw_crypt_s3_kms_encryption_keys = {kms_key}=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=
[client.rgw.a]
rgw_frontends = beast endpoint={listens}:{port}
"""


def missing() -> str:
    """Why it cannot run here; empty if it can."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    return f"{', '.join(absent)} of Ceph's packages not installed: `make test-deps`" if absent else ""


@dataclass(frozen=True)
class Keys:
    """Of one user."""

    user: str
    access_key_id: str
    secret_access_key: str = field(repr=False)


class Radosgw:
    """Listens on `endpoint`; `admin` may do everything with everybody's buckets that it made."""

    def __init__(self, folder: Path, address: str = "127.0.0.1", far: FarNetwork | None = None) -> None:
        self.port = free_port()
        self._address = address
        self._far = far
        self.endpoint = f"http://{address}:{self.port}"
        self._folder = folder
        self._config = folder / "ceph.conf"
        self._mon_port = free_port()
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self._begun = False
        self.admin = _new_keys("admin")
        self._lay_out()

    # Its life.

    def start(self) -> None:
        """All of it, or the gateway alone where that was stopped; returns once it answers."""
        if not self._daemons:
            self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", str(self._folder / "monmap"))
            self._daemon("ceph-mon", "-i", "a")
            osd = str(uuid.uuid4())
            self._run("ceph", "osd", "new", osd)
            self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
            self._daemon("ceph-osd", "-i", "0")
        self._daemon("radosgw", "-n", "client.rgw.a")
        self._wait_until_it_answers()
        if not self._begun:
            self._make_user(self.admin, "--caps", "user-policy=*;users=*;buckets=*;metadata=*")
            self._begun = True

    def stop(self) -> None:
        """The gateway: nobody listens until `start`; what it was sent stays."""
        gateway = self._daemons.pop("radosgw")
        gateway.kill()
        gateway.wait(60)

    def pause(self) -> None:
        """It takes connections and answers nobody until `go_on`."""
        self._daemons["radosgw"].send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._daemons["radosgw"].send_signal(signal.SIGCONT)

    def end(self) -> None:
        for daemon in reversed(self._daemons.values()):
            daemon.kill()
            daemon.wait(60)
        self._daemons.clear()

    # Whom it knows, and what lies there.

    def client(self, name: str = "s3", keys: Keys | None = None, **more: Any) -> Any:
        """Of boto3: "s3", "iam" or "sns"; the admin's, or of whose keys these are."""
        keys = keys or self.admin
        config = Config(
            signature_version="s3v4" if name == "s3" else None,
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=10,
            read_timeout=60,
        )
        return boto3.session.Session().client(
            name,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            config=config,
            **more,
        )

    def bucket(self) -> str:
        name = f"test-{secrets.token_hex(6)}"
        self.client().create_bucket(Bucket=name)
        return name

    def user(self, policy: Mapping[str, object] | None = None) -> Keys:
        """Somebody new, who may do what the IAM policy says with what is not his."""
        keys = _new_keys(f"user-{secrets.token_hex(6)}")
        self._make_user(keys)
        if policy is not None:
            self.allow(keys, policy)
        return keys

    def allow(self, keys: Keys, policy: Mapping[str, object]) -> None:
        """In place of what was allowed before."""
        self.client("iam").put_user_policy(UserName=keys.user, PolicyName="doorstep", PolicyDocument=json.dumps(policy))

    def forget(self, keys: Keys) -> None:
        """The keys are nobody's from here on."""
        self._admin("user", "rm", "--uid", keys.user, "--purge-keys")

    def notify(self, bucket: str, endpoint: str, *, prefix: str = "", suffix: str = "") -> None:
        """POST each `s3:ObjectCreated:*` there, while whoever wrote the object waits."""
        name = f"topic-{secrets.token_hex(6)}"
        topic = self.client("sns").create_topic(Name=name, Attributes={"push-endpoint": endpoint})["TopicArn"]
        rules = [{"Name": kind, "Value": value} for kind, value in (("prefix", prefix), ("suffix", suffix)) if value]
        told = {"Id": name, "TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}
        if rules:
            told["Filter"] = {"Key": {"FilterRules": rules}}
        self.client().put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"TopicConfigurations": [told]}
        )

    def keys_in(self, bucket: str) -> dict[str, int]:
        """Every object's key, and its size."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {found["Key"]: found["Size"] for page in pages for found in page.get("Contents", ())}

    def uploads_in(self, bucket: str) -> list[str]:
        """The keys of uploads that somebody began and did not complete."""
        return [found["Key"] for found in self.client().list_multipart_uploads(Bucket=bucket).get("Uploads", ())]

    # Below.

    def _lay_out(self) -> None:
        fsid = str(uuid.uuid4())
        for name in ("mon", "osd", "crash"):
            (self._folder / name).mkdir()
        self._config.write_text(
            CONFIG.format(
                fsid=fsid,
                mon_port=self._mon_port,
                folder=self._folder,
                most_bytes=MOST_BYTES,
                kms_key=KMS_KEY,
                listens="0.0.0.0" if self._far else self._address,  # noqa: S104 - at all cables of its own network
                port=self.port,
            ),
            encoding="utf-8",
        )
        keyring, monmap = str(self._folder / "keyring"), str(self._folder / "monmap")
        _run(["ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"])
        at = f"[v2:127.0.0.1:{self._mon_port}]"
        _run(["monmaptool", "--create", "--fsid", fsid, "--addv", "a", at, monmap])

    def _make_user(self, keys: Keys, *more: str) -> None:
        identity = ("--access-key", keys.access_key_id, "--secret-key", keys.secret_access_key)
        self._admin("user", "create", "--uid", keys.user, "--display-name", keys.user, *identity, *more)

    def _admin(self, *words: str) -> None:
        self._run("radosgw-admin", *words)

    def _run(self, program: str, *words: str) -> None:
        _run(self._there([program, "-c", str(self._config), *words]))

    def _daemon(self, program: str, *words: str) -> None:
        """In the foreground, killed with the thread that started it, however that ends."""
        command = ["setpriv", "--pdeathsig", "KILL", *self._there([program, "-c", str(self._config), *words, "-f"])]
        with (self._folder / f"{program}.out").open("ab") as out:
            self._daemons[program] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def _there(self, command: list[str]) -> list[str]:
        return self._far.inside(*command) if self._far else command

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            ended = [name for name, daemon in self._daemons.items() if daemon.poll() is not None]
            assert not ended, "\n".join((self._folder / f"{name}.out").read_text(errors="replace") for name in ended)
            asking = http.client.HTTPConnection(self._address, self.port, timeout=5)
            try:
                asking.request("GET", "/")
                if asking.getresponse().status == 200:
                    return
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
            finally:
                asking.close()
        msg = "radosgw does not answer"
        raise TimeoutError(msg)


@contextmanager
def own_radosgw(folder: Path, address: str = "127.0.0.1", far: FarNetwork | None = None) -> Iterator[Radosgw]:
    """Until the block ends; `folder` is empty, `address` one of this machine, or that of a cable to where it runs."""
    made = Radosgw(folder, address, far)
    try:
        made.start()
        yield made
    finally:
        made.end()


@cache
def radosgw() -> Radosgw:
    """The one that all tests of this process share: each makes its own buckets and users."""
    folder = Path(tempfile.mkdtemp(prefix="doorstep-radosgw-"))
    opened = own_radosgw(folder)
    made = opened.__enter__()

    def end() -> None:
        opened.__exit__(None, None, None)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    return made


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=READY_SECONDS, check=False)
    assert done.returncode == 0, f"{' '.join(command[:4])}: {done.stderr or done.stdout}"


def _new_keys(user: str) -> Keys:
    return Keys(user, f"AK{secrets.token_hex(9).upper()}", secrets.token_hex(20))
