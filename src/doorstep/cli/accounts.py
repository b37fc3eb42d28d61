"""Accounts as a command reaches them: through the running server, else in the files of the data folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.people import normal_name
from doorstep.app.accounts import open_accounts
from doorstep.app.catalog import IN_FILE
from doorstep.cli.local import LocalServer
from doorstep.core.access import Role, Scope
from doorstep.core.camera import CameraId
from doorstep.core.cloud_settings import CatalogSettings
from doorstep.core.errors import AccessDenied
from doorstep.web.reach import RESET_PATH
from doorstep.web.shapes import TokenShape, TokensShape, token_shape


class Accounts(Protocol):
    """What the verbs need.  Everything raises DoorstepError with a sentence for the owner."""

    def is_set_up(self) -> bool:
        """Whether there is a user."""
        ...

    def add(self, name: str, password: str, role: Role, cameras: list[str] | None) -> None:
        """Somebody new; `cameras` None means all."""
        ...

    def reset(self, name: str) -> str:
        """The address of a link that sets this person's password, once."""
        ...

    def create_token(
        self, name: str, scopes: list[Scope], cameras: list[str] | None, expires_at: datetime | None
    ) -> str:
        """The new token's secret."""
        ...

    def tokens(self) -> list[TokenShape]:
        """Every token that was not revoked, oldest first."""
        ...

    def revoke(self, token_id: str) -> bool:
        """End a token; whether there was one."""
        ...


@contextmanager
def accounts_of(data: Path, kept: CatalogSettings = IN_FILE, address: str = "") -> Iterator[Accounts]:
    """The accounts of this data folder, whose catalog is where `kept` says.  Raises DoorstepError.

    `address` is what links begin with where no server runs, which knows it better.
    """
    if LocalServer.is_running(data):
        with LocalServer(data) as server:
            yield AccountsOfServer(server)
    else:
        with open_accounts(data, kept) as book:
            yield AccountsOfFiles(book, address)


class AccountsOfServer:
    """A running server changes its own accounts, and knows its cameras."""

    def __init__(self, server: LocalServer) -> None:
        self._server = server

    def is_set_up(self) -> bool:
        """Whether there is a user."""
        return not self._server.ask("GET", "/setup")["needed"]

    def add(self, name: str, password: str, role: Role, cameras: list[str] | None) -> None:
        """Somebody new."""
        body = {"name": name, "password": password, "role": role, "cameras": cameras}
        self._server.ask("POST", "/users", json=body)

    def reset(self, name: str) -> str:
        """The address of a link that sets this person's password, once."""
        _refuse_unknown(name, [user["name"] for user in self._server.ask("GET", "/users")["users"]])
        return str(self._server.ask("POST", f"/users/{quote(name, safe='')}/reset", json={})["href"])

    def create_token(
        self, name: str, scopes: list[Scope], cameras: list[str] | None, expires_at: datetime | None
    ) -> str:
        """The new token's secret."""
        until = expires_at.isoformat() if expires_at else None
        body = {"name": name, "scopes": scopes, "cameras": cameras, "expires_at": until}
        return str(self._server.ask("POST", "/tokens", json=body)["token"])

    def tokens(self) -> list[TokenShape]:
        """Every token that was not revoked."""
        return TokensShape.model_validate(self._server.ask("GET", "/tokens")).tokens

    def revoke(self, token_id: str) -> bool:
        """End a token; the server is asked only about one that it named."""
        if all(token.id != token_id for token in self.tokens()):
            return False
        self._server.ask("DELETE", f"/tokens/{token_id}")
        return True


class AccountsOfFiles:
    """Where no server runs, nobody else changes the files."""

    def __init__(self, book: AccountBook, address: str = "") -> None:
        """`address` is what links begin with."""
        self._book = book
        self._address = address

    def is_set_up(self) -> bool:
        """Whether there is a user."""
        return self._book.is_set_up()

    def add(self, name: str, password: str, role: Role, cameras: list[str] | None) -> None:
        """Somebody new."""
        self._book.add(name, password, role, _camera_ids(cameras))

    def reset(self, name: str) -> str:
        """The address of a link that sets this person's password, once."""
        _refuse_unknown(name, [account.name for account in self._book.people()])
        code = self._book.make_reset(name)
        return f"{self._address}{RESET_PATH}{code}"

    def create_token(
        self, name: str, scopes: list[Scope], cameras: list[str] | None, expires_at: datetime | None
    ) -> str:
        """The new token's secret."""
        return self._book.create_token(name, frozenset(scopes), _camera_ids(cameras), expires_at)

    def tokens(self) -> list[TokenShape]:
        """Every token that was not revoked."""
        return [token_shape(grant) for grant in self._book.tokens()]

    def revoke(self, token_id: str) -> bool:
        """End a token; a session's id is none."""
        return any(grant.id == token_id for grant in self._book.tokens()) and self._book.revoke(token_id)


def _refuse_unknown(name: str, known: list[str]) -> None:
    """Raises AccessDenied."""
    if normal_name(name).casefold() not in {one.casefold() for one in known}:
        people = ", ".join(known) or "nobody yet; see `doorstep users add`"
        msg = f"There is nobody called {name}. There are: {people}."
        raise AccessDenied(msg)


def _camera_ids(cameras: list[str] | None) -> frozenset[CameraId] | None:
    return None if cameras is None else frozenset(map(CameraId, cameras))
