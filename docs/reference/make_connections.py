"""Writes connections.md: whom Doorstep connects to, and where it listens.  `make docs-pages`.

The lists below are the one place where that stands.  tests/docs/test_connections_page.py reads the code for modules
that can open a connection, and fails where one is in no list; tests/faults/test_no_connections.py watches a whole
run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

HEAD = """\
# Every connection

Made from `docs/reference/make_connections.py` by `make docs-pages`; do not edit it by hand. A test reads the code and
fails when a module that can open a connection is not on this page. Another runs a whole Doorstep, with a visitor, a
press and a test of the doorstep, traces every call of all its processes, and finds none to another machine
(`tests/faults/test_no_connections.py`).

**With nothing but cameras in the config Doorstep connects to those cameras, and to nobody else.** There is no
account, no update check, no telemetry; that of onnxruntime is switched off before it is loaded. Everything below is
there because the config names it, or because somebody presses a button.
"""


@dataclass(frozen=True, slots=True)
class Outbound:
    """Whom Doorstep connects to: when, what it says there, and which modules open that connection."""

    whom: str
    when: str
    says: str
    opened_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inbound:
    """A door: where it is, when it is open, who may come in, and which modules hold it."""

    door: str
    when: str
    who: str
    held_by: tuple[str, ...]


OUTBOUND = (
    Outbound(
        "the cameras of the config",
        "all the time: RTSP, RTMP, HTTP",
        "user and password of the camera; asks for its stream",
        ("media/container", "sources/network_stream", "sources/camera_http", "sources/wire", "sources/confined_child"),
    ),
    Outbound(
        "cameras of your network",
        "*Add a camera* on the page, while it is open",
        "WS-Discovery to 239.255.255.250:3702; ONVIF and likely addresses, with the user and password that you typed",
        ("onvif/discovery", "onvif/device", "app/camera_place"),
    ),
    Outbound(
        "push services of browsers (Google, Mozilla, Apple, Microsoft)",
        "notifications were turned on in a browser: at each alert",
        "the alert, encrypted for that browser; a signature; `[notify.push] contact`",
        ("notifiers/guarded_post", "notifiers/web_push", "app/push", "app/check_push"),
    ),
    Outbound(
        "your mail server",
        "`[notify.email] smtp`: at each alert, and at a check",
        "the alert with its pictures",
        ("notifiers/smtp",),
    ),
    Outbound(
        "Amazon SES",
        "`[notify.email] ses_region`: the same",
        "the same",
        ("notifiers/ses",),
    ),
    Outbound(
        "services by Apprise (ntfy, Telegram, Pushover and others)",
        "`[[notify.apprise]]`: at each alert, and at a check",
        "the alert, with its picture where `picture` says so",
        ("notifiers/apprise_link",),
    ),
    Outbound(
        "api.telegram.org",
        "the page's step for Telegram, while you set it up",
        "the bot's token; asks who wrote to the bot",
        ("notifiers/telegram_bot",),
    ),
    Outbound(
        "your own programs",
        "`[[notify.webhook]]`: at each alert",
        "the alert as JSON, signed",
        ("notifiers/webhook",),
    ),
    Outbound(
        "your MQTT broker",
        "`[notify.mqtt]`: all the time",
        "[states, presses, alerts, pictures](../guide/mqtt.md)",
        ("notifiers/mqtt_link", "notifiers/mqtt_client"),
    ),
    Outbound(
        "an address that expects to be asked",
        "`[watch] ping`: every minute while all is well",
        "nothing but the request",
        ("notifiers/ping",),
    ),
    Outbound(
        "a remote detector",
        '`[detection] where = "remote"`: when something moves',
        "pictures, as JPEG; AWS's signature where it is a Lambda",
        ("vision/remote", "vision/remote_line", "vision/remote_address", "vision/aws_signature"),
    ),
    Outbound(
        "a bucket",
        '`[store] kind = "s3"`: while somebody is at the door, and after',
        "recordings, pictures and a few words about them; sealed where `seal_key_file` is set",
        ("stores/s3_client", "stores/s3_line"),
    ),
    Outbound(
        "an Amazon SQS queue",
        "`[aws] motion_queue`: all the time",
        "asks for motion that was reported in the cloud",
        ("triggers/motion_queue", "app/check_queue"),
    ),
    Outbound(
        "a PostgreSQL server",
        "`[catalog] url`: all the time",
        "the rows of the [catalog](stored.md#the-catalog)",
        ("catalog/engine",),
    ),
    Outbound(
        "your [hub](../guide/hub.md)",
        "a hub was joined: all the time; while its code is pasted; `doorstep check`",
        "SSH with a key of its own; a number every few seconds; what people outside ask for, and the answers",
        ("hub/ssh_process", "hub/ssh_tunnel", "hub/held_tunnel", "hub/pairing", "app/hub", "app/check_hub"),
    ),
    Outbound(
        "STUN and TURN servers",
        "`[live] stun` and `turn`, or a hub: while somebody watches by WebRTC",
        "asks for its own address; the encrypted picture goes through TURN where nothing else works",
        ("live/webrtc_peer",),
    ),
    Outbound(
        "viewers",
        "while they watch by WebRTC",
        "the encrypted picture, to the addresses that their browser named",
        ("live/webrtc_peer",),
    ),
    Outbound(
        "github.com, and the npm and Python registries",
        "`doorstep models fetch`",
        "asks for pinned files, checked by SHA-256",
        ("vision/download", "vision/registries"),
    ),
    Outbound(
        "the name servers of the machine",
        "whenever one of these is named by a host name",
        "that name",
        ("notifiers/guarded_post", "notifiers/apprise_link", "sources/network_stream"),
    ),
    Outbound(
        "an RTMP server, and a Doorstep for motion",
        "`doorstep publish`, all the time",
        "the picture with its stream key; signed reports of motion",
        ("publish/dial", "publish/uplink", "publish/motion_post"),
    ),
    Outbound(
        "the cloud half itself",
        "`doorstep check --aws`",
        "tries each identity, also at what it must not do",
        ("app/check_aws",),
    ),
)

INBOUND = (
    Inbound(
        "the page and the HTTP interface, `[server] listen` (port 8080)",
        "always",
        "who signs in or has a token; [each route](http.md#routes)",
        ("app/http", "app/server", "app/web_parts", "app/door", "app/viewer_socket", "app/served_certificate"),
    ),
    Inbound(
        "`hub.sock` in the data folder",
        "always; while a hub was joined, its tunnel leads there",
        "the same as by the page: who signs in or has a token, wherever in the world; the hub says from where",
        ("app/http", "web/through_hub"),
    ),
    Inbound(
        "RTMP, `rtmp-listen://` (port 1935 by habit)",
        "a camera's `source` says so",
        "who pushes with a camera's stream key, who plays with a play key",
        ("sources/rtmp_listener", "sources/rtmp_entrance", "app/rtmp_intake"),
    ),
    Inbound(
        "UDP ports of WebRTC, chosen by the kernel",
        "while somebody watches by WebRTC",
        "that viewer alone, by ICE and DTLS",
        ("live/webrtc_peer",),
    ),
    Inbound(
        "`doorstep serve-detector --listen`",
        "that command",
        "who has its token",
        ("app/detect_server",),
    ),
    Inbound(
        "`doorstep.sock` in the data folder",
        "always",
        "Doorstep's own user, by the file's rights",
        ("cli/local", "cli/clip"),
    ),
)

CLOUD = (
    "aws/box_door",
    "aws/clients",
    "aws/motion_line",
    "aws/on_clip_uploaded",
    "aws/secret_parameter",
    "aws/told_marks",
)
"""What runs in AWS, if it was deployed: connects to the bucket, SES, SQS and the box's own motion route."""

ON_A_HUB = ("hub_machine/machine", "hub_machine/reach")
"""What runs on a public machine, if a hub was set up there: asks its own Caddy, and the name servers."""

NOWHERE: Mapping[str, str] = {
    "app/address": "asks the kernel for this machine's own addresses",
    "app/report_choices": "asks the kernel for this machine's name, to leave it out of a report",
    "app/systemd": "tells systemd, by its socket on this machine, that Doorstep is alive",
    "config/address_rules": "reads addresses, and asks for none",
    "live/webrtc": "loads webrtc_peer when the first viewer comes",
    "media/sent_picture": "decodes bytes that are in memory",
    "media/transcode": "writes a file",
    "sources/child_wire": "a pair of sockets between two processes of ours",
    "sources/confined_eye": "the same",
    "sources/nursery": "the same",
    "sources/nursery_process": "the same; starts readers in the sandbox",
    "sources/syscall_filter": "forbids connections to children",
    "sources/v4l2": "opens a device of this machine",
    "stores/s3_error": "turns boto3's errors into words",
    "vision/nanodet_convert": "converts a model on this machine",
}
"""Modules that name what could open a connection, and open none to another machine."""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_outbound(), *_inbound(), *_rest()])


def known() -> frozenset[str]:
    """Every module that stands in a list."""
    opened = {module for one in OUTBOUND for module in one.opened_by}
    return frozenset(opened | {module for one in INBOUND for module in one.held_by} | {*CLOUD, *ON_A_HUB, *NOWHERE})


def _outbound() -> Iterator[str]:
    yield "## Out of the house\n"
    yield "| whom | when | what is said | opened by |"
    yield "| --- | --- | --- | --- |"
    for one in OUTBOUND:
        yield f"| {one.whom} | {one.when} | {one.says} | {_named(one.opened_by)} |"
    yield ""
    yield "Addresses at which clouds keep the credentials of their machines are refused to all of them, whatever name"
    children = "../decisions/0006-cameras-in-child-processes.md"
    yield f"stands for them. Cameras are read by [processes without secrets]({children}).\n"


def _inbound() -> Iterator[str]:
    yield "## Into the house\n"
    yield "| door | open | who may come in | held by |"
    yield "| --- | --- | --- | --- |"
    for one in INBOUND:
        yield f"| {one.door} | {one.when} | {one.who} | {_named(one.held_by)} |"
    yield ""


def _rest() -> Iterator[str]:
    yield "## In AWS, if you deployed it\n"
    yield f"{_named(CLOUD)} connect to the bucket, to SES, to the queue"
    yield "and, where you named it, to the box's own motion route."
    yield "[What each may do](../guide/aws.md#what-each-identity-may-do).\n"
    yield "## On a hub, if you set one up\n"
    yield f"{_named(ON_A_HUB)} look names up, and open a box's page by the hub's own Caddy, each half minute."
    yield "Caddy asks Let's Encrypt or ZeroSSL for certificates, apt asks Debian for updates; nothing else goes out."
    yield "[What comes in](../guide/hub.md#what-is-open).\n"
    yield "## Modules that could and do not\n"
    yield "| module | why not |"
    yield "| --- | --- |"
    for module, why in NOWHERE.items():
        yield f"| {_named((module,))} | {why} |"
    yield ""


def _named(modules: tuple[str, ...]) -> str:
    return ", ".join(f"`{module}.py`" for module in modules)
