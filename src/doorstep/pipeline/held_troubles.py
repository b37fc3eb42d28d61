"""What is wrong, or well again, when somebody's quiet hours or snooze end: he is told then."""

from collections.abc import Callable, Sequence
from itertools import count

from doorstep.core.alert import Alert, AlertId, word_about_doorstep
from doorstep.core.health_telling import Word
from doorstep.core.held_words import held_words
from doorstep.core.recipient import Recipient
from doorstep.pipeline.silences import Silences
from doorstep.ports import Clock, Health, Recipients

EVERY_SECONDS = 20.0


class HeldTroubles:
    """One task; used on the event loop.  What is to be said then: `core/held_words`."""

    def __init__(
        self,
        silences: Silences,
        recipients: Recipients,
        send_to: Callable[[str, Alert], object],
        health: Health,
        clock: Clock,
        link: str,
        words_in: Callable[[AlertId], Sequence[Word]],
    ) -> None:
        """`send_to` tells it by one channel alone and never blocks; `link` is where the page shows what is wrong.

        `words_in` are what an alert about Doorstep itself told.
        """
        self._silences = silences
        self._recipients = recipients
        self._send_to = send_to
        self._health = health
        self._clock = clock
        self._link = link
        self._words_in = words_in
        self._numbers = count(1)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self.look()
            await self._clock.sleep(EVERY_SECONDS)

    def look(self) -> None:
        """Once."""
        held = dict(self._silences.held())
        if not held:
            return
        there = {recipient.channel: recipient for recipient in self._recipients.recipients()}
        for channel in sorted(held):
            if channel not in there:
                self._silences.told_of(channel)
                continue
            alert = self._alert(there[channel], held[channel])
            if self._silences.would_be(there[channel], alert) is not None:
                continue
            self._silences.told_of(channel)
            if alert.text:
                self._send_to(channel, alert)

    def _alert(self, recipient: Recipient, held: Sequence[AlertId]) -> Alert:
        """Its text is empty where there is nothing to say."""
        at = self._clock.now()
        words = [word for alert in held for word in self._words_in(alert)]
        alert_id = f"held:{at:%Y%m%d%H%M%S}:{next(self._numbers)}"
        return word_about_doorstep(alert_id, at, held_words(recipient, words, self._health.problems()), self._link)
