"""What a device is told about itself: that its login ends soon, and with that its alerts."""

from datetime import datetime, timedelta

from doorstep.core.alert import Alert, word_about_doorstep
from doorstep.core.push_subscription import PushSubscription

TOLD_BEFORE = timedelta(days=3)


def ends_soon(login_ends_at: datetime | None, now: datetime) -> bool:
    """Whether it is time to say so; it is not once it is over."""
    return login_ends_at is not None and timedelta(0) < login_ends_at - now <= TOLD_BEFORE


def ends_soon_alert(device: PushSubscription, now: datetime, link: str) -> Alert:
    """Its id is the same for each login, by which it is told once; `link` opens Doorstep."""
    title = "Sign in again to go on being told"
    text = f"The login of {device.name} ends within three days. Sign in again, or nobody is told there."
    return word_about_doorstep(f"login-ends:{device.grant}:{device.id}", now, (title, text), link)
