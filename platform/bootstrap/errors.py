"""What can go wrong in set-up, told in one line with its repair."""

from __future__ import annotations


class SetupError(Exception):
    """Something that the reader of the terminal has to mend.

    `problem` says what is wrong and where, `repair` what to type or change.
    """

    def __init__(self, problem: str, *, repair: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.repair = repair

    def __str__(self) -> str:
        return f"{self.problem} {self.repair}"
