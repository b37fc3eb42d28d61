"""The page behind a link to one event: plain HTML without any script, for every phone.  Who may see it: `shares`."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from html import escape
from importlib.resources import files

from doorstep.core.alert import MONTHS, WEEKDAYS, alert_words
from doorstep.core.cause import WEIGHTIEST_FIRST, Cause
from doorstep.core.event import Event

STYLE = (files("doorstep.web") / "share_page.css").read_text(encoding="utf-8")
_STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()

STYLE_SOURCE = f"'sha256-{_STYLE_HASH}'"
"""What a content security policy allows for the one style of this page (CSP 3, 2.3.1)."""

HEVC = 'video/mp4; codecs="hvc1.1.6.L123.B0"'

_ALSO = {
    Cause.PRESS: "the doorbell rang",
    Cause.PERSON: "a person was seen",
    Cause.LOITERING: "somebody was lingering",
    Cause.TRIGGER: "motion was reported",
    Cause.MOTION: "something moved",
    Cause.SAVED: "somebody kept this",
}


@dataclass(frozen=True, slots=True)
class ShownVideo:
    """`seconds` and `size` in bytes are None where the video lies elsewhere; `is_hevc` needs a newer player."""

    seconds: float | None = None
    size: int | None = None
    is_hevc: bool = False


@dataclass(frozen=True, slots=True)
class SharedView:
    """What one page shows.  Times are in the zone of the house; `path` is the page's own, with its secret.

    `video` is a sentence that says why there is none where there is none.
    """

    path: str
    camera: str
    event: Event
    started_at: datetime
    ends_at: datetime
    video: ShownVideo | str


def shared_page(view: SharedView) -> str:
    """The page of a link that is open."""
    title = _title(view)
    also = _also(view.event)
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="when">{escape(_when(view.started_at, guessed=view.event.guess is not None))}</p>',
        _shown(view, title),
        f"<p>{escape(also)}</p>" if also else "",
        _saving(view),
        f'<p class="small">This link shows only this. It ends {escape(_ends(view.ends_at))}.</p>',
    ]
    return _page(title, "\n".join(filter(None, parts)))


def ended_page() -> str:
    """For every link that opens nothing: nobody learns whether it ever did."""
    words = "It has ended, was taken back, or was not copied whole. Ask whoever sent it for a new one."
    return _page("This link opens nothing", f"<h1>This link opens nothing</h1>\n<p>{words}</p>")


def pin_page(path: str, wrong: str = "") -> str:
    """Asks for the PIN, and tells nothing of what lies behind; `wrong` is what was wrong with the last one."""
    told = f'<p id="wrong" class="wrong" role="alert">{escape(wrong)}</p>\n' if wrong else ""
    named = ' aria-describedby="wrong" aria-invalid="true"' if wrong else ""
    return _page(
        "This link asks for a PIN",
        f"""<h1>This link asks for a PIN</h1>
<p>Whoever sent you the link knows it.</p>
<form class="pin" method="post" action="{escape(path)}">
<label for="pin">PIN</label>
<input id="pin" name="pin" inputmode="numeric" autocomplete="off" maxlength="8" required{named}>
{told}<button>Open</button>
</form>""",
    )


def later_page(what: str) -> str:
    """For what cannot be shown now."""
    return _page("Try again later", f"<h1>Try again in a moment</h1>\n<p>{escape(what)}</p>")


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow, noarchive">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<style>{STYLE}</style>
</head>
<body>
<main>
{body}
</main>
<footer>Shared with Doorstep.</footer>
</body>
</html>
"""


def _title(view: SharedView) -> str:
    return alert_words(view.camera, _causes(view.event)[0], view.started_at, is_test=view.event.is_test)[0]


def _causes(event: Event) -> list[Cause]:
    return [cause for cause in WEIGHTIEST_FIRST if cause in event.causes] or [Cause.MOTION]


def _also(event: Event) -> str:
    rest = [_ALSO[cause] for cause in _causes(event)[1:]]
    return f"Also: {', '.join(rest)}." if rest else ""


def _when(at: datetime, *, guessed: bool) -> str:
    """Such as "Saturday, 21 November 2026, 14:02:03 CET"."""
    day = f"{WEEKDAYS[at.weekday()]}, {at.day} {MONTHS[at.month - 1]} {at.year}"
    return f"{day}, {f'about {at:%H:%M}' if guessed else f'{at:%H:%M:%S}'} {at.tzname() or ''}".strip()


def _ends(at: datetime) -> str:
    return f"on {WEEKDAYS[at.weekday()]}, {at.day} {MONTHS[at.month - 1]}, at {at:%H:%M} {at.tzname() or ''}".strip()


def _shown(view: SharedView, title: str) -> str:
    """The video with its picture before it; else the picture, else a word."""
    path = escape(view.path)
    picture = f"{path}/still.jpg" if view.event.has_still else ""
    if isinstance(view.video, str):
        image = f'<img src="{picture}" alt="{escape(title)}">\n' if picture else ""
        return f"{image}<p>{escape(view.video)}</p>"
    clip = f"{path}/clip.mp4"
    kind = escape(HEVC) if view.video.is_hevc else "video/mp4"
    # A browser that is sent to the bucket and cannot reach it takes the next: the same, from here.
    as_recorded = f'<source src="{clip}" type="{kind}"><source src="{clip}?direct=0" type="{kind}">'
    converted = f'<source src="{clip}?codec=h264" type="video/mp4">' if view.video.is_hevc else ""
    poster = f' poster="{picture}"' if picture else ""
    return (
        f'<video controls playsinline preload="metadata"{poster} aria-label="{escape(title)}">'
        f"{as_recorded}{converted}</video>"
    )


def _saving(view: SharedView) -> str:
    path, name = escape(view.path), f"{view.started_at:%Y%m%d_%H%M%S}"
    links = []
    if isinstance(view.video, ShownVideo):
        facts = ", ".join(filter(None, (_length(view.video.seconds), _size(view.video.size))))
        about = f' <span class="small">{facts}</span>' if facts else ""
        links.append(f'<a class="main" href="{path}/clip.mp4" download="{name}.mp4">Save the video{about}</a>')
        if view.video.is_hevc:
            href = f"{path}/clip.mp4?codec=h264"
            about = ' <span class="small">takes a while</span>'
            links.append(f'<a href="{href}" download="{name}_h264.mp4">Save it for older players{about}</a>')
    if view.event.has_still:
        links.append(f'<a href="{path}/still.jpg" download="{name}.jpg">Save the picture</a>')
    return f'<p class="saving">{"".join(links)}</p>' if links else ""


def _length(seconds: float | None) -> str:
    if seconds is None:
        return ""
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 100 else f"{whole // 60} min {whole % 60} s"


def _size(size: int | None) -> str:
    if size is None:
        return ""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{max(1, round(size / 1e3))} kB"
