"""What the keys of [detection] must agree on, and where a remote detector may be.  No word quotes a value."""

import ipaddress
from collections.abc import Iterator

from doorstep.config.address_rules import is_metadata, parts_of
from doorstep.config.document import Document, Value
from doorstep.config.fault import Fault

Table = dict[str, Value]
Number = ipaddress.IPv4Address | ipaddress.IPv6Address


def detection_faults(document: Document) -> list[Fault]:
    """Keys that are fine alone and wrong beside others, and addresses to which no picture may go."""
    table = document.table("detection")
    found = [Fault(("detection", key), words) for key, words in _wrong_in(table)]
    return [fault for fault in found if fault.path not in document.aside]


def _wrong_in(table: Table) -> Iterator[tuple[str, str]]:
    labels, endpoint = table.get("labels"), table.get("endpoint", "")
    if isinstance(labels, list) and labels and "person" not in labels:
        yield "labels", 'must contain "person", for persons are always looked for'
    if isinstance(endpoint, str) and endpoint and (words := _wrong_endpoint(endpoint)):
        yield "endpoint", words
    if not _is_token(table.get("token", "")):
        yield "token", "must be of plain letters, digits and signs, without spaces"
    if table.get("where") == "remote":
        yield from _wrong_beside_remote(table, labels)


def _wrong_beside_remote(table: Table, labels: Value) -> Iterator[tuple[str, str]]:
    price, cap = (table.get(key, 0) for key in ("price_per_call_usd", "monthly_cap_usd"))
    if table.get("endpoint", "") == "":
        yield "endpoint", 'is missing: where = "remote" needs the address of the detector'
    if table.get("use", "every") == "every" and isinstance(labels, list) and labels != ["person"]:
        yield "labels", 'may hold only "person" beside use = "every", for a remote detector knows nothing else'
    if _is_more_than_nothing(price) and cap == 0:
        yield "monthly_cap_usd", "is 0, so a detector with a price would never be asked; say what it may cost"
    if _is_more_than_nothing(cap) and price == 0 and table.get("sign", "") != "aws":
        yield "price_per_call_usd", "is missing: without the price of a call nobody can keep monthly_cap_usd"


def _wrong_endpoint(address: str) -> str:
    parts = parts_of(address)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        return "must be the address of a detector, http://HOST:PORT/detect or https://HOST/..."
    if parts.username is not None or parts.password is not None:
        return "must hold no password; use token or token_file"
    number = _number_of(parts.hostname)
    if is_metadata(parts) or (number is not None and _is_nobodys(number)):
        return "is an address where clouds keep credentials, or is no host; name the detector's own"
    # Where a name leads is looked at when it is called.
    if parts.scheme == "http" and number is not None and number.is_global:
        return "must begin with https:// outside your own network, or anybody on the way could see the pictures"
    return ""


def _number_of(host: str) -> Number | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_nobodys(number: Number) -> bool:
    return number.is_link_local or number.is_multicast or number.is_unspecified


def _is_token(value: Value) -> bool:
    return not isinstance(value, str) or all("!" <= letter <= "~" for letter in value)


def _is_more_than_nothing(value: Value) -> bool:
    return isinstance(value, int | float) and value > 0
