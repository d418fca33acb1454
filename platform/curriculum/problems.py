"""What is wrong with a course: one value for each problem, all of them collected."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a course from being imported; a warning is only shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem of a course.

    ``file`` is relative to the course's root, ``line`` counts from 1 (0: the file as a
    whole), ``rule`` is a stable id, ``fix`` says what to do.
    """

    file: str
    line: int
    rule: str
    message: str
    fix: str
    severity: Severity = Severity.ERROR

    @property
    def place(self) -> str:
        """Return ``file:line``, or the file alone where no line is to blame."""
        return f"{self.file}:{self.line}" if self.line else self.file


class Problems:
    """Collects problems; a rule reports and goes on, so that one check shows all."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def error(self, file: str, line: int, rule: str, message: str, fix: str) -> None:
        """Add a problem that forbids the import."""
        self._found.append(
            Problem(file=file, line=line, rule=rule, message=message, fix=fix)
        )

    def warning(self, file: str, line: int, rule: str, message: str, fix: str) -> None:
        """Add a problem that is shown and forbids nothing."""
        self._found.append(
            Problem(
                file=file,
                line=line,
                rule=rule,
                message=message,
                fix=fix,
                severity=Severity.WARNING,
            )
        )

    def sorted(self) -> tuple[Problem, ...]:
        """Return the problems by file and line, each of them once."""
        return tuple(
            sorted(
                set(self._found),
                key=lambda problem: (
                    problem.file,
                    problem.line,
                    problem.rule,
                    problem.message,
                    problem.fix,
                ),
            )
        )


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return those of ``problems`` that forbid an import."""
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)


class ContentError(Exception):
    """A course cannot be imported; ``problems`` has every error and warning."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        wrong = errors(problems)
        first = f"{wrong[0].place}: {wrong[0].message}" if wrong else ""
        super().__init__(f"{len(wrong)} errors in the course; the first: {first}")
