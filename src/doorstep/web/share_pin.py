"""The PIN of a link: the form that asks for it, and the cookie of who knew it.  What lies behind is for `shares`."""

from urllib.parse import parse_qs

from fastapi import Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from doorstep.core.share import PinVerdict, Share, is_pin
from doorstep.web.share_page import pin_page
from doorstep.web.share_parts import PinParts

PIN_FIELD = "pin"
COOKIE = "doorstep_share"
PASS_SECONDS = 3600

_NOT_RIGHT = "That is not the PIN. Try again."
_NO_PIN = "A PIN has 4 to 8 digits."


def may_see(share: Share, pins: PinParts, request: Request) -> bool:
    """Whether the link asks for no PIN, or the browser brings the pass of who knew it."""
    return share.pin_hash is None or pins.admits(share, request.cookies.get(COOKIE, ""))


def asked_for_pin(path: str, *, is_page: bool) -> Response:
    """What stands there instead: the form; in the place of video and picture it is no answer."""
    return HTMLResponse(pin_page(path), 200 if is_page else 403)


async def answer_to_pin(share: Share, secret: str, pins: PinParts, request: Request) -> Response:
    """What the form leads to: the page itself, once, for an hour; else the form again with the reason."""
    typed, path = _typed(await request.body()), request.url.path
    verdict = pins.try_pin(share, secret, typed)
    if not verdict.right:
        seconds = max(1, round(verdict.rests_for.total_seconds()))
        if verdict.rests_for:
            return HTMLResponse(pin_page(path, _rests(verdict)), 429, headers={"Retry-After": str(seconds)})
        return HTMLResponse(pin_page(path, _NOT_RIGHT if is_pin(typed) else _NO_PIN), 403)
    answer = RedirectResponse(path, 303)
    if share.pin_hash is not None:
        # Lax, for the link is opened from a chat or a mail; of this one link, so that none learns of another.
        is_tls = request.url.scheme == "https"
        answer.set_cookie(
            COOKIE, pins.new_pass(share), PASS_SECONDS, path=path, secure=is_tls, httponly=True, samesite="lax"
        )
    return answer


def _typed(body: bytes) -> str:
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=4)
    except ValueError:
        return ""
    return fields.get(PIN_FIELD, [""])[0].replace(" ", "")


def _rests(verdict: PinVerdict) -> str:
    minutes = -(-int(verdict.rests_for.total_seconds()) // 60) or 1
    if minutes < 100:
        return f"Too many wrong PINs. Wait {minutes} {'minute' if minutes == 1 else 'minutes'}, then try again."
    return f"Too many wrong PINs. Wait {-(-minutes // 60)} hours, then try again."
