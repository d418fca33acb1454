"""The question to the box before a run ends because nothing moves any more."""

import time
from collections.abc import Callable

from lab_protocol.box import ConfirmQuiet, QuietSeen

# A box that does not answer has nothing to say against its end.
_ANSWER_SECONDS = 2.0


class QuietQuestion:
    """Asked once for each time that a run looks quiet.

    The box knows of work that uses no processor: a source that waits for a broker, a
    worker that is read from a slow disk, a call that never returns. It can only make
    its own run last longer, up to the limit of time.
    """

    def __init__(self) -> None:
        self._number = 0
        self._asked_at: float | None = None
        self._is_confirmed = False

    def is_confirmed(self, send: Callable[[object], None]) -> bool:
        """Tell whether the run may end; asks by ``send`` where that is not known."""
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
            self._number += 1
            send(ConfirmQuiet(self._number))
        return self._is_confirmed or now - self._asked_at >= _ANSWER_SECONDS

    def hear(self, message: QuietSeen) -> bool | None:
        """Take an answer and return it; None where it is not to the last question."""
        if message.number != self._number or self._asked_at is None:
            return None
        self._is_confirmed = message.is_quiet
        return message.is_quiet

    def forget(self) -> None:
        """Note that something moved: the next time is another question."""
        self._asked_at = None
        self._is_confirmed = False
