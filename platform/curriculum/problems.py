"""What is wrong with a course: a value for each problem, all of them collected."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a course from being imported; a warning is only shown."""

    ERROR = "error"
    WARNING = "warning"


class Rule(StrEnum):
    """What a problem breaks. The ids are for tools and never change."""

    ADMONITION_SYNTAX = "admonition-syntax"
    BAD_ANCHOR = "bad-anchor"
    BAD_FILE_NAME = "bad-file-name"
    COURSE_TOO_LARGE = "course-too-large"
    BELOW_MINIMUM = "below-minimum"
    CHECK_FIELD = "check-field"
    CHECK_MODE = "check-mode"
    DEAD_ANCHOR = "dead-anchor"
    DEAD_IMAGE = "dead-image"
    DEAD_LINK = "dead-link"
    DIAGRAM_WITHOUT_TEXT = "diagram-without-text"
    DRAFT_NAMED = "draft-named"
    DUPLICATE_ANCHOR = "duplicate-anchor"
    DUPLICATE_ID = "duplicate-id"
    DUPLICATE_KEY = "duplicate-key"
    DUPLICATE_NAME = "duplicate-name"
    DUPLICATE_ORDER = "duplicate-order"
    EMPTY_LIST = "empty-list"
    ENCODING_MODE = "encoding-mode"
    FENCE_LANGUAGE = "fence-language"
    FENCE_NOT_CLOSED = "fence-not-closed"
    FENCE_NOT_EXECUTED = "fence-not-executed"
    FENCE_NOT_MARKED = "fence-not-marked"
    FENCE_NOT_RECOGNISED = "fence-not-recognised"
    FENCE_NOT_RUNNABLE = "fence-not-runnable"
    FENCE_OPTION = "fence-option"
    FILE_TOO_LARGE = "file-too-large"
    FOLDER_ORDER = "folder-order"
    FORBIDDEN_LINK = "forbidden-link"
    IMAGE_WITHOUT_ALT = "image-without-alt"
    INVALID_VALUE = "invalid-value"
    LAB_FOLDER = "lab-folder"
    LAB_NOT_IN_LESSON = "lab-not-in-lesson"
    LAB_OF_OTHER_LESSON = "lab-of-other-lesson"
    LESSON_FOLDER = "lesson-folder"
    LIST_INDENT = "list-indent"
    MISCONCEPTION_WITHOUT_WRONG = "misconception-without-wrong"
    MISSING_FILE = "missing-file"
    MISSING_FOLDER = "missing-folder"
    MISSING_FRONT_MATTER = "missing-front-matter"
    MISSING_KEY = "missing-key"
    MISSING_KEY_COLUMNS = "missing-key-columns"
    MISSING_TRANSLATION = "missing-translation"
    NESTED_TOO_DEEP = "nested-too-deep"
    NO_LESSONS = "no-lessons"
    NO_POINTS = "no-points"
    NOT_UTF_8 = "not-utf-8"
    NUL_CHARACTER = "nul-character"
    ORDER_BEFORE_PREREQUISITE = "order-before-prerequisite"
    OUTPUT_WITHOUT_RUN = "output-without-run"
    PREREQUISITE_CYCLE = "prerequisite-cycle"
    QUESTION_OPTIONS = "question-options"
    RAW_HTML = "raw-html"
    SETUP_FIELD = "setup-field"
    STARTER_SUFFIX = "starter-suffix"
    SYMBOLIC_LINK = "symbolic-link"
    TOP_HEADING = "top-heading"
    TRANSLATION_DIFFERS = "translation-differs"
    UNEXPECTED_FILE = "unexpected-file"
    UNKNOWN_CALLOUT = "unknown-callout"
    UNKNOWN_CHECK = "unknown-check"
    UNKNOWN_COLUMN = "unknown-column"
    UNKNOWN_KEY = "unknown-key"
    UNKNOWN_LAB = "unknown-lab"
    UNKNOWN_LESSON = "unknown-lesson"
    UNKNOWN_OUTPUT = "unknown-output"
    UNKNOWN_PREREQUISITE = "unknown-prerequisite"
    UNKNOWN_STAGE = "unknown-stage"
    UNREADABLE_FILE = "unreadable-file"
    WRONG_WITHOUT_MISCONCEPTION = "wrong-without-misconception"
    YAML_ALIAS = "yaml-alias"
    YAML_NOT_A_LIST = "yaml-not-a-list"
    YAML_NOT_A_MAPPING = "yaml-not-a-mapping"
    YAML_SYNTAX = "yaml-syntax"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem of a course.

    ``file`` is relative to the course's root, ``line`` counts from 1 (0: the file as a
    whole), ``fix`` says what to do.
    """

    file: str
    line: int
    rule: Rule
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

    def error(self, file: str, line: int, rule: Rule, message: str, fix: str) -> None:
        """Add a problem that forbids the import."""
        self._found.append(
            Problem(file=file, line=line, rule=rule, message=message, fix=fix)
        )

    def warning(self, file: str, line: int, rule: Rule, message: str, fix: str) -> None:
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
