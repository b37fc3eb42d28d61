"""Answers of whoever speaks as a bucket, held only up to a bound.  What they mean lives in `s3_error` and `s3`."""

from typing import Any

from doorstep.stores.s3_error import strange_answer

MOST_BYTES = 16 << 20
"""A page of a thousand keys, the largest answer that is held whole, has a tenth of it."""

_PIECE = 1 << 16
_REFUSALS_BEGIN = 300


class BoundedAnswers:
    """Stands in for the library's session: what that would read whole, however large, is read here.

    What is read piece by piece, the body of an object, stays so.  Raises as the session does, and StoreUnavailable.
    """

    def __init__(self, session: Any) -> None:  # noqa: ANN401 - botocore's, which has no types
        self._session = session

    def send(self, request: Any) -> Any:  # noqa: ANN401 - as above
        """The answer, all there but for an object's body."""
        in_pieces, request.stream_output = request.stream_output, True
        answer = self._session.send(request)
        if not in_pieces or answer.status_code >= _REFUSALS_BEGIN:
            answer._content = _whole(answer.raw)  # noqa: SLF001 - where the library keeps it
        return answer

    def close(self) -> None:
        """As the session's own."""
        self._session.close()


def _whole(raw: Any) -> bytes:  # noqa: ANN401 - urllib3's answer
    taken = bytearray()
    for piece in raw.stream(_PIECE):
        taken += piece
        if len(taken) > MOST_BYTES:
            raw.close()
            raise strange_answer()
    return bytes(taken)
