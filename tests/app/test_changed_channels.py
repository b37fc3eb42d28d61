"""Channels come, go and change while Doorstep runs; one that stays as it is keeps what is known of it."""

from dataclasses import replace

from doorstep.app.channels import change_channels
from doorstep.clock import SystemClock
from doorstep.core.notify_settings import AppriseSettings, EmailSettings, NotifySettings, WebhookSettings
from doorstep.pipeline.recipient_book import RecipientBook

NTFY = AppriseSettings("ntfy", "ntfy://192.168.1.5/topic", person="Ann")
MAIL = EmailSettings("smtp://mail", "a@example.org", ("b@example.org",))
HOOK = WebhookSettings("hook", "http://192.168.1.5/", "s" * 16)
BOTH = NotifySettings(email=MAIL, apprise=(NTFY,))


def changed(before: NotifySettings, after: NotifySettings, book: RecipientBook) -> tuple[list[str], list[str]]:
    """Which channels were put, and which were removed."""
    put: list[str] = []
    removed: list[str] = []
    book.on_put, book.on_remove = put.append, removed.append
    change_channels(before, after, book, SystemClock())
    return put, removed


def test_a_channel_comes_and_goes() -> None:
    book = RecipientBook()
    assert changed(NotifySettings(), BOTH, book) == (["email", "apprise:ntfy"], [])
    assert [one.person for one in book.recipients()] == [None, "Ann"]
    assert changed(BOTH, replace(BOTH, email=None), book) == ([], ["email"])
    assert changed(replace(BOTH, email=None), NotifySettings(webhooks=(HOOK,)), book) == (
        ["webhook:hook"],
        ["apprise:ntfy"],
    )


def test_one_that_stays_notices_nothing_and_one_that_changed_is_new() -> None:
    book = RecipientBook()
    changed(NotifySettings(), BOTH, book)
    kept = book.notifier("email")
    elsewhere = replace(BOTH, apprise=(replace(NTFY, url="ntfy://192.168.1.5/other"),))
    assert changed(BOTH, elsewhere, book) == (["apprise:ntfy"], ["apprise:ntfy"])
    assert book.notifier("email") is kept
    assert changed(elsewhere, elsewhere, book) == ([], [])


def test_one_that_cannot_be_made_keeps_nobody_else_from_being_told() -> None:
    book = RecipientBook()
    broken = replace(MAIL, smtp="nonsense")
    assert changed(NotifySettings(), replace(BOTH, email=broken), book) == (["apprise:ntfy"], [])
