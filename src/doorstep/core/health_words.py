"""In which words people are told of a problem.  When they are told, and of which: `health_telling`."""

from doorstep.core.health_telling import NOTIFIER, QUIET_SECONDS, Change, Word, rule_of

TITLES = {
    "packets": ("A camera is not seen", "The camera is seen again"),
    "black": ("A camera shows only black", "The camera shows a picture again"),
    "covered": ("A camera may be covered", "The camera shows a picture again"),
    "frozen": ("A camera is frozen", "The camera moves again"),
    "blurred": ("A camera is blurred", "The camera is sharp again"),
    "turned": ("A camera looks elsewhere", "The camera looks where it did"),
    "drift": ("A camera's clock runs wrong", "The camera's clock runs well again"),
    "clock": ("The clock may be wrong", "The clock is right again"),
    "buffer": ("The last minutes are not kept", "The last minutes are kept again"),
    "record": ("A camera is not recorded as you want", "The camera is recorded as you want again"),
    "test": ("The test of the doorstep failed", "The test of the doorstep passed"),
    "press-storm": ("Somebody rings again and again", "The bell rings as usual again"),
    "chime": ("The bell does not sound", "The bell sounds again"),
    "button": ("Nobody hears a button", "The button is heard again"),
    "store": ("Recordings cannot be kept", "Recordings are kept again"),
    "catalog": ("What happens cannot be written down", "The catalog is written again"),
    "outbox": ("Alerts wait", "Alerts no longer wait"),
    NOTIFIER: ("Alerts do not arrive by one channel", "The channel takes alerts again"),
    "push-key": ("Phones are not told", "Phones are told again"),
    "push": ("A device shows no alerts", "The device shows alerts again"),
    "nobody-told": ("Nobody will be told", "You will be told"),
    "certificate": ("The certificate needs renewing", "The certificate is renewed"),
    "hub": ("Your door cannot be reached from outside", "Your door is reached from outside again"),
    "hub-certificate": ("The hub's certificate needs renewing", "The hub's certificate is renewed"),
    "hub-clock": ("A clock is wrong", "The clocks agree again"),
    "hub-files": ("Your door cannot be reached from outside", "What was damaged of the hub is gone"),
    "hub-rival": ("Another machine takes this box's place on the hub", "This box has its place on the hub to itself"),
    "restarted": ("Doorstep was restarted", "Doorstep runs steadily again"),
    "detector": ("Nobody can be recognised", "People are recognised again"),
    "remote-detector": ("Nobody can be recognised", "People are recognised again"),
    "model": ("Nobody can be recognised", "People are recognised again"),
    "off-site": ("Nothing goes off-site", "Recordings go off-site again"),
    "off-site-lost": ("Recordings were lost before they went off-site", "Recordings go off-site again"),
    "off-site-deleting": ("What was deleted here still lies off-site", "What was deleted here goes off-site too"),
    "motion-queue": ("Motion from the cloud is not heard", "Motion from the cloud is heard again"),
    "cap": ("A month's money is spent", "There is money again"),
    "task": ("A part of Doorstep broke off", "That part of Doorstep runs again"),
}
_DISK = {True: "Storage is nearly full", False: "Recording has stopped"}


def words_of(word: Word) -> tuple[str, str]:
    """Title and text of an alert, in plain words."""
    problem, rule = word.problem, rule_of(word.problem.key)
    started, ended = TITLES.get(rule, ("Something is wrong", "Something is well again"))
    if rule == "disk":
        started = _DISK[problem.minor]
        ended = "Storage has room again" if problem.minor else "Recording goes on"
    match word.change:
        case Change.STARTED:
            return started, f"{problem.what} {problem.remedy}"
        case Change.CHANGED:
            title = started
            if problem.minor:  # less bad than it was: the disk is less full, or this machine looks meanwhile
                title = "Recording goes on" if rule == "disk" else ended
            return title, f"{problem.what} {problem.remedy}"
        case Change.FLAPS:
            again = f"It comes and goes: you hear of it again once it was well for {QUIET_SECONDS / 60:.0f} minutes."
            return started, f"{problem.what} {again} {problem.remedy}"
        case Change.ENDED:
            return ended, f"That is over: {problem.what}"
