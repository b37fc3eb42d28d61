"""A clock of the hub's program that goes as the test says; whoever sleeps by it is not kept waiting."""

from dataclasses import dataclass


@dataclass
class SetClock:
    """Seconds since 1970, and since the machine started."""

    at: float = 1_795_000_000.0
    up: float = 100.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.up

    def sleep(self, seconds: float) -> None:
        self.up += seconds
        self.at += seconds
