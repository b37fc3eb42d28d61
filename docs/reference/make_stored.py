"""Writes stored.md: what Doorstep keeps, from the catalog's tables, and from the lists below.  `make docs-pages`.

A column without a word here, a table that is new, a file in the data folder that no row names, or a key in the browser
that no row names fails a test (tests/docs/test_made_pages.py, test_executed.py).
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Column, Table

from doorstep.catalog.tables import Base
from doorstep.core.audit import KEPT_FOR, MOST_KEPT
from doorstep.pipeline.cost_ledger import KEPT_DAYS

WEB = Path(__file__).resolve().parents[2] / "web" / "src"

HEAD = """\
# Everything that is stored

Made from the code by `make docs-pages`; do not edit it by hand. A test fails when a table, a column, a file of the data
folder or a key in the browser is not on this page. What leaves the machine stands in [connections](connections.md).

Doorstep keeps all of it on your machine, in the data folder, which only its own user can open (0700), and in memory. It
has no account anywhere else. A copy of recordings lies off-site only where you [chose a
bucket](../guide/aws.md#what-goes-off-site).
"""

TABLES: Mapping[str, str] = {
    "accounts": "People who may sign in. Until the owner removes them.",
    "audit": f"Who did what. For {KEPT_FOR.days} days, and {MOST_KEPT:,} lines at most.",
    "calls": f"Calls to others that cost money. For {KEPT_DAYS:.0f} days.",
    "deliveries": "Alerts: to whom each went by which channel, and what became of it. With their event; if none, "
    "as long as visits.",
    "event_causes": "Why each event exists. With their event.",
    "events": "What happened at a camera. Until retention, or whoever deletes it.",
    "explanations": "Why an event opened, as numbers. With their event.",
    "gaps": "Spans without recording. As long as visits.",
    "grants": "Sessions of browsers and tokens of scripts. Until they end; a session after 30 days.",
    "passkeys": "Passkeys of people. Until they are removed.",
    "preferences": "What each person wants to be told. With their account.",
    "shares": "Links to one event. Until they end, 30 days at most.",
    "site_shares": "Which box may read whose events, where several share a catalog.",
    "sites": "The boxes that share this catalog.",
    "spans": "Minutes of cameras that are always recorded. Until retention.",
    "subscriptions": "Browsers that are told by Web Push. Until they are turned off or their login ends.",
    "uploads": "What of each event goes off-site. With their event.",
}
EVERYWHERE: Mapping[str, str] = {
    "site": "Whose row it is, where several boxes share a catalog; else always the same.",
    "boot": "Which start of the machine told the times, where its clock was not set; else empty.",
    "booted_at": "When that start was guessed to be.",
}
COLUMNS: Mapping[str, str] = {
    "accounts.folded_name": "The name in small letters, by which it is found.",
    "accounts.name": "The name, as it is shown.",
    "accounts.password_hash": "argon2id of the password; empty where there is none.",
    "accounts.role": "owner, family or guest.",
    "accounts.cameras": "Which cameras they see; empty for all.",
    "accounts.created_at": "Since when.",
    "accounts.until": "Until when they may come in; empty for good.",
    "accounts.reset_hash": "SHA-256 of the secret of a link that sets a new password.",
    "accounts.reset_until": "Until when that link is good.",
    "audit.id": "A number of its own.",
    "audit.at": "When.",
    "audit.who": "Whose name, or the token's.",
    "audit.address": "From which network address.",
    "audit.verb": "What was done, such as watched, signed in, made a token.",
    "audit.camera": "At which camera, where it has one.",
    "audit.way": "Which way, or about whom or what; never a secret.",
    "audit.until": "Until when, for what lasts.",
    "calls.id": "A number of its own.",
    "calls.at": "When.",
    "calls.payee": "Who is paid.",
    "calls.operation": "For what.",
    "calls.billionths": "How much, in billionths of a dollar.",
    "calls.size": "How many bytes went.",
    "calls.event_id": "For which event.",
    "calls.count": "How many calls the row stands for.",
    "deliveries.id": "A number of its own.",
    "deliveries.alert_id": "Of which alert.",
    "deliveries.event_id": "About which event.",
    "deliveries.camera": "About which camera.",
    "deliveries.cause": "Why: person, press and so on.",
    "deliveries.at": "When the alert was raised.",
    "deliveries.title": "Its title.",
    "deliveries.text": "Its sentence.",
    "deliveries.link": "Its link to your own Doorstep.",
    "deliveries.channel": "By which channel; the secret address of a channel is in the config alone.",
    "deliveries.state": "due, accepted, failed or spared.",
    "deliveries.attempts": "How many tries.",
    "deliveries.next_at": "When the next try is.",
    "deliveries.outcome": "What the last one said.",
    "deliveries.told_to": "The name of who was told.",
    "deliveries.acknowledged_at": "When a device said that it showed it.",
    "deliveries.opened_at": "When somebody reacted.",
    "deliveries.is_test": "Whether it was a test.",
    "event_causes.event_id": "Of which event.",
    "event_causes.cause": "person, press, trigger, motion, loitering or saved.",
    "event_causes.position": "In which order they came.",
    "events.id": "The camera's id and the time.",
    "events.camera": "At which camera.",
    "events.started_at": "When it began.",
    "events.last_seen_at": "When somebody was last seen.",
    "events.ended_at": "When it ended.",
    "events.score": "How sure the model was at its surest.",
    "events.pre_roll_seconds": "How much video there is before the first sighting.",
    "events.recording_key": "The recording's file.",
    "events.recording_starts_at": "Its first picture.",
    "events.recording_ends_at": "Its last picture.",
    "events.recording_size": "Its bytes.",
    "events.has_still": "Whether there is a picture.",
    "events.ledger": "When each stage was reached, by which channel, and what it cost.",
    "events.deleted_at": "When somebody deleted it; it goes for good soon after.",
    "events.recording_in_minutes": "Whether the video lies in minute files.",
    "events.unfinished": "Whether the recording is still being closed.",
    "events.box": "Where in the picture somebody was.",
    "events.zone": "The name of the zone.",
    "events.direction": "arriving or leaving.",
    "events.is_test": "Whether it was a test of the doorstep.",
    "explanations.event_id": "Of which event.",
    "explanations.body": "At most 120 looks: times, boxes, scores, thresholds, the model's name. No picture.",
    "explanations.verdict": "What somebody said about it: a person, or not.",
    "gaps.id": "A number of its own.",
    "gaps.camera": "At which camera.",
    "gaps.starts_at": "From when.",
    "gaps.ends_at": "Until when.",
    "gaps.reason": "Why.",
    "grants.id": "A number of its own.",
    "grants.secret_hash": "SHA-256 of the cookie's or token's secret.",
    "grants.name": "The browser, as it names itself in short, or the token's name.",
    "grants.account": "Whose session.",
    "grants.scopes": "What it opens.",
    "grants.cameras": "For which cameras; empty for all.",
    "grants.created_at": "Since when.",
    "grants.expires_at": "Until when.",
    "grants.made_by": "Who made the token.",
    "grants.how": "How the session began: password, passkey, code, link.",
    "grants.address": "From which network address it was used last.",
    "grants.last_seen_at": "About when it was used last, to half an hour.",
    "passkeys.id": "A number of its own.",
    "passkeys.credential_id": "The passkey's own number.",
    "passkeys.person": "Whose.",
    "passkeys.handle": "Chance, by which the device finds it.",
    "passkeys.host": "The address at which it opens.",
    "passkeys.public_key": "Its public key; the private one never leaves the device.",
    "passkeys.sign_count": "How often it signed, to notice a copy.",
    "passkeys.transports": "How the device speaks: internal, usb and so on.",
    "passkeys.name": "What its person calls it.",
    "passkeys.created_at": "Since when.",
    "passkeys.last_used_at": "When it was used last.",
    "preferences.person": "Whose; empty for the house.",
    "preferences.body": "Causes, cameras, quiet hours, and a snooze that runs.",
    "shares.id": "A number of its own.",
    "shares.secret_hash": "SHA-256 of the link's secret.",
    "shares.event_id": "Which event.",
    "shares.camera": "Of which camera.",
    "shares.made_by": "Who made it.",
    "shares.created_at": "When.",
    "shares.expires_at": "Until when.",
    "shares.opened": "How often it was opened.",
    "shares.pin_hash": "HMAC of the PIN under the link's secret, which is not here.",
    "site_shares.reader": "Which box reads.",
    "site_shares.camera": "Which camera; empty for all.",
    "sites.box": "Chance by which the machine knows its site.",
    "spans.key": "The minute's file.",
    "spans.camera": "Of which camera.",
    "spans.starts_at": "Its first picture.",
    "spans.ends_at": "Its last picture.",
    "spans.size": "Its bytes.",
    "spans.whole": "Whether it is finished.",
    "subscriptions.id": "A number of its own.",
    "subscriptions.person": "Whose.",
    "subscriptions.grant": "With which login it ends.",
    "subscriptions.name": "The browser, as it names itself in short.",
    "subscriptions.endpoint": "The secret address at the browser maker's push service.",
    "subscriptions.p256dh": "The browser's public key.",
    "subscriptions.auth": "The browser's secret for the encryption.",
    "subscriptions.created_at": "Since when.",
    "subscriptions.preferences": "A choice of its own; empty where it follows its person's.",
    "subscriptions.accepted_at": "When its push service last took an alert.",
    "subscriptions.acknowledged_at": "When it last said that it showed one.",
    "subscriptions.unshown_since": "Since when it has shown none.",
    "uploads.event_id": "Of which event.",
    "uploads.camera": "Of which camera.",
    "uploads.key": "The object's name in the bucket.",
    "uploads.asked_at": "Since when it waits.",
    "uploads.next_at": "When it is tried next.",
    "uploads.state": "due, done, lost and so on.",
    "uploads.attempts": "How many tries.",
    "uploads.begun": "What of a large upload is there already.",
    "uploads.unsure": "Whether a try ended without an answer.",
    "uploads.size": "Its bytes there.",
    "uploads.sealed": "Whether it was sealed at home.",
    "uploads.done_at": "When it lay there.",
    "uploads.outcome": "What the last try said.",
    "uploads.place": "In which bucket.",
}

FILES: Mapping[str, str] = {
    "doorstep.toml": "the settings, where no config file was named and the page made one",
    "secrets.toml": "passwords, keys and tokens that were typed in the page (0600); beside the config file",
    "doorstep.sqlite": "the catalog: the tables above (0600)",
    "doorstep.sqlite-wal": "what was written to it last",
    "doorstep.sqlite-shm": "SQLite's own, while it is open",
    "doorstep.sqlite.before-*": "the catalog before an upgrade; the newest three, also with what retention took since",
    "doorstep.sqlite.after-*": "the catalog that `doorstep downgrade` took out of its place; until somebody deletes it",
    "doorstep.toml.before-*": "the settings before an upgrade renamed keys, beside the config; until you delete it",
    "recordings/**": "recordings, and of each event its picture and a thumbnail; until retention",
    "feedback/**": "verdicts, each with a crop of its picture and its explanation; 64 MiB at most, never sent",
    "converted/**": "clips that were turned into H.264, while somebody fetches them",
    "switches/**": "for which cameras detection is switched off",
    "keys/push.pem": "the private key by which push services know this house",
    "models/**": "detection models",
    "config-versions/**": "the last ten states of the settings, with who changed what; no secrets",
    "remote-spending.json": "what a remote detector has cost this month",
    "box": "chance by which this machine is known in a catalog of several boxes",
    "alive": "until when Doorstep was alive, so that the next start knows of a crash",
    "last-backup.json": "when the last backup was made",
    "spare": "half a megabyte of nothing, for a start on a full disk",
    "lock": "held by the server that runs",
    "hub/**": "of a hub that was joined: this box's key, the hub's, a secret for its relay (0600); until it is left",
    "hub.sock": "to which the hub's tunnel leads (0600)",
    "doorstep.sock": "by which commands speak to the server (0600)",
    "restored/**": "what a restore found no place for",
    ".*": "what is being written; gone when it is",
}
MEMORY: Mapping[str, str] = {
    "the last minutes": "`[buffer] seconds` of each camera; a folder in memory, 0700; gone with the next start",
    "alerts": "what becomes of those on their way, and which motion from the cloud was heard; in memory beside it",
    "pairing codes, play keys, passkeys' challenges, picture keys": "in the process alone, for minutes to an hour",
    "the newest looks, pictures of alerts, wrong tries by address": "in the process alone",
}
COOKIES: Mapping[str, str] = {
    "doorstep, __Host-doorstep": "the session's secret; HttpOnly, SameSite=Strict, 30 days",
    "doorstep-passkey, __Secure-doorstep-passkey": "the ticket of a passkey's challenge, five minutes",
    "doorstep_share": "that somebody knew a link's PIN, an hour, for that link alone",
}
BROWSER: Mapping[str, str] = {
    "doorstep.seen.PERSON": "until when this person has seen the alerts",
    "doorstep.device.PERSON": "this browser's number among the devices that are told",
    "doorstep.role": "the role of who was signed in last, for the page without a network; empty after a sign-out",
    "doorstep.least-delay": "whether WebRTC is wanted",
    "doorstep.shortcuts": "whether keyboard shortcuts are on",
    "doorstep.language": "the language that was chosen here",
    "doorstep.hours": "12 or 24 hours, if chosen here",
    "doorstep.zone": "whose time zone, if chosen here",
    "doorstep.warning": "how high the warning above the pages was",
    "doorstep.put-away.HINT": "that a hint was put away",
    "doorstep.just-chosen": "(until the tab is closed) which choice made the page load anew",
}
CACHES: Mapping[str, str] = {
    "doorstep-shell-BUILD": "the page and its parts; never a picture, film or answer",
    "doorstep-acks": "which alerts were shown, until Doorstep was told; emptied at sign-out",
}


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_catalog(), *_lists()])


def _catalog() -> Iterator[str]:
    yield "## The catalog\n"
    yield "In every table:\n"
    yield from _listed(EVERYWHERE, "column", code=True)
    for name, table in sorted(Base.metadata.tables.items()):
        yield f"### {name}\n"
        yield f"{TABLES[name]}\n"
        yield "| column | is | |"
        yield "| --- | --- | --- |"
        yield from (_row(table, column) for column in table.columns if column.name not in EVERYWHERE)
        yield ""


def _row(table: Table, column: "Column[object]") -> str:
    return f"| `{column.name}` | {_kind(column)} | {COLUMNS[f'{table.name}.{column.name}']} |"


def _kind(column: "Column[object]") -> str:
    words = {"Instant": "time", "PlainText": "text", "Text": "text", "Double": "number", "Boolean": "yes or no"}
    words |= {"Integer": "whole number", "BigInteger": "whole number", "JSON": "list"}
    return words[type(column.type).__name__]


def _lists() -> Iterator[str]:
    yield "## Files of the data folder\n"
    yield from _listed(FILES, "file", code=True)
    yield "## In memory\n"
    yield from _listed(MEMORY, "what")
    yield "## In a browser\n"
    yield "Cookies, none of them for anybody but Doorstep:\n"
    yield from _listed(COOKIES, "cookie", code=True)
    yield "`localStorage`, nothing of it secret, and never sent:\n"
    yield from _listed(BROWSER, "key", code=True)
    yield "What the service worker keeps:\n"
    yield from _listed(CACHES, "cache", code=True)
    yield "## Elsewhere\n"
    yield from _listed(
        {
            "log": "of systemd or the terminal: changes of state, addresses of who asks, never a secret or a picture",
            "backup": "a file where you say, [what is in it](backup.md)",
            "hub": "nothing that went through it; [what it keeps](../guide/hub.md#what-the-hub-sees-and-keeps)",
            "bucket": "what you sent there, [by what name](../guide/aws.md#what-goes-off-site)",
        },
        "where",
    )


def _listed(rows: Mapping[str, str], name: str, *, code: bool = False) -> Iterator[str]:
    yield f"| {name} | |"
    yield "| --- | --- |"
    for key, words in rows.items():
        shown = ", ".join(f"`{one}`" for one in key.split(", ")) if code else key
        yield f"| {shown} | {words} |"
    yield ""


def keys_in_the_browser() -> set[str]:
    """What the web app's source says that it keeps, with NAMES for what varies."""
    state = "\n".join(path.read_text(encoding="utf-8") for path in sorted((WEB / "state").rglob("*.ts")))
    keys = {one or other for one, other in re.findall(r"\b(?:read|write)\((?:'([^']+)'|`([^`]+)`)", state)}
    if choices := re.search(r"type Choice = (.*?);", state):
        keys |= set(re.findall(r"'(\w+)'", choices[1]))
    pages = "\n".join(path.read_text(encoding="utf-8") for path in sorted(WEB.rglob("*.svelte")))
    for stored in re.findall(r"(?:local|session)Storage\.setItem\((\w+)", pages):
        named = re.search(rf"const {stored} = 'doorstep\.([^']+)'", pages)
        keys.add(named[1] if named else stored)
    return {re.sub(r"\$\{(\w+)\}", lambda name: name[1].upper(), key) for key in keys}
