"""What a device is sent of an alert by Web Push: JSON of at most 3 kB.  The page's service worker is who reads it."""

import hashlib
import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from doorstep.core.alert import Alert
from doorstep.core.alert_json import alert_fields
from doorstep.core.cause import Cause

MOST_BYTES = 3000
LONGEST_TITLE, LONGEST_TEXT, LONGEST_PATH = 200, 1500, 500
KEPT_FOR = timedelta(hours=24)
LEAST_TTL_SECONDS = 60


def push_payload(alert: Alert, delivery_id: str, picture: str | None) -> bytes:
    """UTF-8 JSON that is whole however long the alert's words are: they are shortened, and end with an ellipsis.

    `delivery_id` is as `core.delivery` makes it, so it always fits: the device acknowledges the push by it.
    `picture` is a path that can be asked for without signing in, None for none; too long a one is left out.
    """
    title, text = shortened(alert.title, LONGEST_TITLE), shortened(alert.text, LONGEST_TEXT)
    while True:
        body = _body(alert, delivery_id, picture, title, text)
        if len(body) <= MOST_BYTES:
            return body
        if text:
            text = shortened(text, len(text) // 2)
        elif picture:
            picture = None
        elif title:
            title = shortened(title, len(title) // 2)
        else:
            return _body(alert, delivery_id, None, "", "", bare=True)


def push_topic(alert: Alert) -> str:
    """RFC 8030, 5.4: at most 32 characters of base64url.  What waits is replaced by the same alert, sent again."""
    digest = hashlib.sha256(alert.id.encode("utf-8", "replace")).digest()
    return urlsafe_b64encode(digest[:24]).decode()


def push_urgency(alert: Alert) -> str:
    """RFC 8030, 5.3: whoever stands at the door wakes the phone; what can wait spares its battery."""
    return "normal" if alert.cause is None or alert.cause is Cause.MOTION else "high"


def push_ttl(alert: Alert, now: datetime) -> int:
    """RFC 8030, 5.2: for so many seconds the push service keeps it for a phone that is off."""
    left = KEPT_FOR - max(now - alert.at, timedelta(0))
    return max(int(left.total_seconds()), LEAST_TTL_SECONDS)


def shortened(text: str, most: int) -> str:
    """At most so many characters, the last an ellipsis where something is left out."""
    if len(text) <= most:
        return text
    return text[: most - 1] + "…" if most > 1 else ""


def _body(alert: Alert, delivery_id: str, picture: str | None, title: str, text: str, *, bare: bool = False) -> bytes:
    found = {
        **alert_fields(alert),
        **({"event": None, "camera": None} if bare else {}),
        "id": delivery_id,
        "alert": None if bare else alert.id,
        "title": title,
        "text": text,
        "link": "/" if bare else _path(alert.link),
        "picture": picture if picture is None or len(picture) <= LONGEST_PATH else None,
    }
    # A lone surrogate cannot be sent; a browser would show a question mark for it, too.
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _path(link: str) -> str:
    """What of the link lies on our own host: the page opens nothing else."""
    try:
        path = urlsplit(link).path
    except ValueError:
        return "/"
    return path if path.startswith("/") and not path.startswith("//") and len(path) <= LONGEST_PATH else "/"
