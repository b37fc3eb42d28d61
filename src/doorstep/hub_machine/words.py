"""What can be asked of `doorstep-hub`: its verbs and their options."""

import argparse

_TOP = "The public half of Doorstep: a machine on the internet that stands in for the box at home."


def parser() -> argparse.ArgumentParser:
    """Each verb puts its name into `verb`."""
    top = argparse.ArgumentParser(prog="doorstep-hub", description=_TOP, allow_abbrev=False)
    top.add_argument("--settings", default="/etc/doorstep-hub/hub.json", help="the hub's own file (for tests)")
    top.add_argument("--version", action="store_true", help="print the version")
    verbs = top.add_subparsers(dest="verb", metavar="VERB")
    _add_init(verbs)
    pair = verbs.add_parser("pair", help="a pairing code for a box: home, or another NAME")
    pair.add_argument("name", nargs="?", default="home", metavar="NAME")
    pair.add_argument("--host", default="", help="its public name, if not NAME.HUB")
    _add_checks(pair)
    boxes = verbs.add_parser("boxes", help="which boxes this hub stands in for")
    status = verbs.add_parser("status", help="what runs, who is connected, certificates and bytes")
    revoke = verbs.add_parser("revoke", help="take a box away: key, sessions, secret and site at once")
    revoke.add_argument("name", metavar="NAME")
    certificates = verbs.add_parser("certificates", help="until when each name's certificate is good")
    traffic = verbs.add_parser("traffic", help="how many bytes the hub carried each month")
    traffic.add_argument("--count", action="store_true", help=argparse.SUPPRESS)
    for each in (boxes, status, certificates, traffic):
        each.add_argument("--json", action="store_true", help="for a script")
    for name, said in (("serve", "what a box's key runs"), ("pair-in", "what a code's key runs")):
        verbs.add_parser(name, help=said).add_argument("name", metavar="NAME")
    remove = verbs.add_parser("remove", help="undo init: this machine is no hub any more")
    remove.add_argument("--yes", action="store_true", help="without asking")
    return top


def _add_init(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    init = verbs.add_parser("init", help="make this machine a hub; may be repeated at any time")
    init.add_argument("host", metavar="HOST", help="its public name, like door.example.org")
    init.add_argument("--address", default="", help="the public IPv4 address, if this machine does not know it itself")
    init.add_argument("--root", default="", help="put all its files below this folder, with --files-only")
    init.add_argument("--files-only", action="store_true", help="only write files: nothing is installed or started")
    init.add_argument("--internal-certificates", action="store_true", help="Caddy's own authority instead of ACME")
    init.add_argument("--ca", default="", metavar="FILE", help="the authority that the check from outside trusts")
    init.add_argument("--ports", default="", metavar="NAME=PORT,…", help="of ssh, http, https, turn, first_relay …")
    _add_checks(init)


def _add_checks(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--skip-name-check", action="store_true", help="the name need not lead here yet")
