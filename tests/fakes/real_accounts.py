"""A whole web half over the real account book: only its hashes are quick, and its rows lie in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie

import httpx

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.passwords import Passwords
from doorstep.app.sign_ins import sign_in_parts
from doorstep.catalog.memory_accounts import MemoryAccountRecords
from doorstep.core.access import Rights, Role
from doorstep.core.audit import AuditEntry
from doorstep.core.camera import CameraId
from fakes.accounts import CHEAP
from fakes.house import House

GOOD = "correct horse battery"
BETTER = "another long password"
LAN = "http://192.0.2.7:8080"
SECURE = "https://door.example.org"

Headers = dict[str, str]


@dataclass
class RealHouse:
    """`ada` is its owner; what is asked goes to `base`."""

    house: House
    book: AccountBook
    base: str = LAN

    def add(self, name: str, role: Role = Role.FAMILY, cameras: frozenset[CameraId] | None = None) -> None:
        self.book.admit(name, GOOD, Rights(role, cameras))

    def sign_in(self, name: str = "ada", password: str = GOOD, agent: str = "Firefox") -> Headers:
        """Headers of a browser that has just signed in."""
        answer = self.ask("POST", "/session", {"User-Agent": agent}, json={"name": name, "password": password})
        assert answer.status_code == 201, answer.text
        return browser(answer)

    def ask(
        self, method: str, path: str, headers: Headers | None = None, json: object = None, base: str = ""
    ) -> httpx.Response:
        return self.house.ask(method, f"/api/v1{path}", headers, json=json, base=base or self.base)

    def log(self) -> list[AuditEntry]:
        """What the owner reads, newest first."""
        return list(self.house.audit.entries(None, 200)[0])


def browser(answer: httpx.Response) -> Headers:
    """Headers of the browser that got this answer."""
    return {"Cookie": cookies_of(answer), "Sec-Fetch-Site": "same-origin"}


def cookies_of(answer: httpx.Response) -> str:
    jar = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        jar.load(header)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())


def real_house(house: House, is_clock_set: Callable[[], bool] = lambda: True) -> RealHouse:
    """Gives a house the real book, before anybody is asked."""
    book = AccountBook(MemoryAccountRecords(), house.clock, Passwords(CHEAP))
    book.grants.is_clock_set = is_clock_set
    parts = sign_in_parts(book, house.clock, lambda entry: house.audit.save_entries([entry]))
    for name, value in {"accounts": book, "people": book.people, "sign_ins": parts}.items():
        object.__setattr__(house.parts, name, value)
    book.admit("ada", GOOD, Rights(Role.OWNER))
    return RealHouse(house, book)
