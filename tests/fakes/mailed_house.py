"""The health of a house over real parts, told by real mail, at a clock that the test moves."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.notify_settings import EmailSettings
from doorstep.notifiers.smtp import SmtpNotifier
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.health_alerts import HealthAlerts
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.ports import Catalog, Notifier
from fakes.clock import FakeClock
from fakes.mail_server import Mailbox, mail_server

PATIENCE = 120.0
"""Real seconds; what takes longer does not come."""

Look = Callable[[], Awaitable[object]]


class SteppingClock(FakeClock):
    """Stands still until the test moves it; who sleeps lets others run, and looks again."""

    async def sleep(self, seconds: float) -> None:
        del seconds
        await asyncio.sleep(0.005)


class MailedHouse:
    """`looks` are done at each step of the clock, before anybody is told; `others` are channels beside the mail."""

    def __init__(self, mailbox: Mailbox, catalog: Catalog | None = None, others: Sequence[Notifier] = ()) -> None:
        self.clock = SteppingClock()
        self.board = HealthBoard(self.clock)
        self.mailbox = mailbox
        self.rows = EventRows(catalog or MemoryCatalog(), self.board, self.clock)
        mail = EmailSettings(f"smtp://127.0.0.1:{mailbox.port}", "d@example.org", ("me@example.org",))
        self.book = RecipientBook.of([SmtpNotifier(mail, seconds=60.0), *others])
        self.outbox = Outbox(self.book, self.rows, self.board, self.clock)
        self.alerts = HealthAlerts(
            self.board, self.outbox.dispatch, self.clock, "http://127.0.0.1/", self.outbox.standings
        )
        self.looks: list[Look] = []

    def titles(self) -> list[str]:
        """Of all mails so far."""
        return [str(message["Subject"]) for message in list(self.mailbox.messages)]

    async def told(self, title: str, step: float = 5.0) -> None:
        """Live on by so many seconds a step until a mail says it; while one is on its way the clock stands still."""
        async with asyncio.timeout(PATIENCE):
            while title not in self.titles():
                if not self.outbox.standings()[0].waiting:
                    self.clock.advance(step)
                    for look in self.looks:
                        await look()
                    self.alerts.look()
                await asyncio.sleep(0.01)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Real time passes, the clock stands still."""
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event of ours
                await asyncio.sleep(0.01)

    def run(self, act: Callable[[], Awaitable[None]], *tasks: Look) -> None:
        """Do it while the outbox, the rows and these tasks run."""

        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(_forever(one)) for one in (self.outbox.run, self.rows.run, *tasks)]
                try:
                    await act()
                finally:
                    for task in running:
                        task.cancel()

        asyncio.run(main())


async def _forever(task: Look) -> None:
    await task()


@contextmanager
def mailed_house(catalog: Catalog | None = None, others: Sequence[Notifier] = ()) -> Iterator[MailedHouse]:
    """With a mail server of its own, until the block ends."""
    with mail_server() as mailbox:
        yield MailedHouse(mailbox, catalog, others)
