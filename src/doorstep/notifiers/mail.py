"""An alert as a mail message: plain text first, then HTML with the picture in it.  Sending lives in `smtp`."""

import html
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses, parseaddr

from doorstep.core.alert import Alert

_PICTURE = "snapshot"
_SUBJECT_LENGTH = 200

_PAGE = """\
<!doctype html>
<html lang="en">
<body style="margin:0;padding:16px;font-family:system-ui,sans-serif;font-size:16px;color:#14171c;background:#ffffff">
<h1 style="font-size:20px;margin:0 0 8px">{title}</h1>
<p style="margin:0 0 16px">{text}</p>
{picture}{watch}</body>
</html>
"""
_WATCH = """\
<p style="margin:16px 0 0"><a href="{link}" style="color:#1f5fd0">Watch it in Doorstep</a></p>
"""
_IMAGE = """\
<p style="margin:0">{opened}<img src="cid:{cid}" alt="{title}" width="480"
  style="max-width:100%;height:auto;border-radius:10px">{closed}</p>
"""


def alert_mail(alert: Alert, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """The message of an alert; the same alert gives the same Message-ID (RFC 5322, 3.6.4), so that a mail that is
    sent twice can be told to be one.  Without a link it says nothing of one.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = one_line(alert.title)[:_SUBJECT_LENGTH]
    message["From"] = _address(sender)
    message["To"] = [_address(receiver) for receiver in to]
    message["Date"] = format_datetime(alert.at)
    message["Message-ID"] = f"<{_token(alert.id)}@{_token(address_of(sender).rpartition('@')[2])}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies
    link = one_line(alert.link)
    message.set_content(f"{alert.text}\n\nWatch it in Doorstep:\n{link}\n" if link else f"{alert.text}\n")
    cid = f"{_PICTURE}.{message['Message-ID'].strip('<>')}"
    message.add_alternative(_page(alert, link, cid), subtype="html")
    if alert.snapshot:
        page = message.get_payload()[1]  # type: ignore[index]  # typeshed knows no multipart payload
        if isinstance(page, EmailMessage):
            page.add_related(
                alert.snapshot,
                "image",
                "jpeg",
                cid=f"<{cid}>",
                filename="snapshot.jpg",
                disposition="inline",
            )
    return message


def one_line(text: str) -> str:
    """Without control characters and line breaks of any kind, so that no header can be smuggled in."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())


def address_of(text: str) -> str:
    """The bare address of "Name <name@example.org>"."""
    return parseaddr(one_line(text))[1]


def addresses_of(texts: tuple[str, ...]) -> list[str]:
    """The bare addresses of all."""
    return [address for _, address in getaddresses([one_line(text) for text in texts]) if address]


def _address(text: str) -> Address:
    name, address = parseaddr(one_line(text))
    return Address(display_name=name, addr_spec=address)


def _token(text: str) -> str:
    """Only what a Message-ID may hold without quoting (dot-atom)."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip(".-") or "doorstep"


def _page(alert: Alert, link: str, cid: str) -> str:
    title, href = html.escape(one_line(alert.title)), html.escape(link)
    opened, closed = (f'<a href="{href}">', "</a>") if link else ("", "")
    image = _IMAGE.format(opened=opened, closed=closed, cid=html.escape(cid), title=title)
    text = html.escape(alert.text).replace("\n", "<br>")
    watch = _WATCH.format(link=href) if link else ""
    return _PAGE.format(title=title, text=text, watch=watch, picture=image if alert.snapshot else "")
