"""Why a submission is not accepted. Each case has a stable code and an HTTP status.

The words for the codes are the front door's (``classroom.wording``).
"""

from typing import Any

from submissions.models import Draft


class Rejected(Exception):
    """The request is refused and nothing was stored; ``params`` fill the sentence."""

    def __init__(self, code: str, *, status: int = 400, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.params = params


class CannotRegrade(Exception):
    """A submission cannot be judged again; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class DraftConflict(Exception):
    """The draft has been saved elsewhere since; ``current`` is what is stored now."""

    def __init__(self, current: Draft) -> None:
        super().__init__("draft-conflict")
        self.current = current
