"""Answers of whoever speaks as a bucket, held only up to a bound.  What they mean lives in `s3_error` and `s3`."""

from typing import Any

from doorstep.stores.s3_error import strange_answer
from doorstep.stores.s3_line import WatchedAnswer, WatchedCall, too_slow, watch_lines

MOST_BYTES = 16 << 20
"""A page of a thousand keys, the largest answer that is held whole, has a tenth of it."""

_REFUSALS_BEGIN = 300
_SLOWER = 5.0
"""To make one object of its parts may take minutes; Amazon sends a space now and then meanwhile."""


class BoundedAnswers:
    """Stands in for the library's session: what that would read whole, however large, is read here, in bounded time.

    What is read piece by piece, the body of an object, stays so.  Raises as the session does, and StoreUnavailable.
    """

    def __init__(self, session: Any, seconds: float) -> None:  # noqa: ANN401 - botocore's, which has no types
        """`seconds` are what the other end has for an answer, or a piece of it."""
        self._session = session
        self._seconds = seconds
        watch_lines(session)

    def send(self, request: Any) -> Any:  # noqa: ANN401 - as above
        """The answer, all there but for an object's body."""
        in_pieces, request.stream_output = request.stream_output, True
        call = WatchedCall(self._seconds * (_SLOWER if request.method == "POST" else 1.0), request.body)
        call.begin()
        try:
            answer = self._answered(call, request)
        except BaseException:
            call.end()
            raise
        answer.raw = body = WatchedAnswer(answer.raw, call)
        if call.was_cut:  # the end that a cut makes looks like the end of the headers
            body.close()
            raise too_slow()
        if not in_pieces or answer.status_code >= _REFUSALS_BEGIN:
            answer._content = _whole(body)  # noqa: SLF001 - where the library keeps it
        return answer

    def close(self) -> None:
        """As the session's own."""
        self._session.close()

    def _answered(self, call: WatchedCall, request: Any) -> Any:  # noqa: ANN401 - as above
        try:
            with call.in_this_thread():
                return self._session.send(request)
        except Exception as error:
            if call.was_cut:
                raise too_slow() from error
            raise


def _whole(body: WatchedAnswer) -> bytes:
    try:
        taken = body.read(MOST_BYTES + 1)
    except BaseException:
        body.close()
        raise
    if len(taken) > MOST_BYTES:
        body.close()
        raise strange_answer()
    body.end()
    return taken
