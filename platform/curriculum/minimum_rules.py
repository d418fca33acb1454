"""How much a lesson and a lab must offer before students get it.

The import does not ask for it, so that an installation may teach with less; what this
repository releases is held to it by ``check_course``. Drafts are exempt.
"""

from collections.abc import Iterator, Sequence

from curriculum.course import Course, LabDraft, LessonDraft
from curriculum.fences import EXECUTED, QUESTION, Fence, FenceKind, find_fences
from curriculum.labels import CANONICAL_LANGUAGE
from curriculum.problems import Problems, Rule
from curriculum.specs import LabSpec

LINES = (400, 900)
QUESTIONS = (4, 8)
# Headings that every lesson has, by anchor.
SECTIONS = {
    "goals": "what the reader can do afterwards",
    "recap": "the lesson in short",
    "links": "the official documentation",
    "versions": "the versions that its blocks were executed with",
}
LEAST_MISCONCEPTIONS = 5
LEAST_WRONG_ANSWERS = 5
HINTS = 3
POINTS = 100

type _Lack = tuple[int, str, str]


def check_minimums(course: Course, problems: Problems) -> None:
    """Report every released lesson and lab that offers less than the course's own."""
    for lesson in course.lessons:
        for language, document in lesson.documents.items():
            fences = find_fences(document.text, first_line=document.first_line)
            lines = document.first_line - 1 + len(document.text.splitlines())
            for line, message, fix in _lesson_lacks(lesson, language, lines, fences):
                problems.error(document.file, line, Rule.BELOW_MINIMUM, message, fix)
    for lab in course.labs:
        if lab.spec is None:
            continue
        paths = course.tree.under(f"labs/{lab.folder}/answers/wrong")
        for line, message, fix in _lab_lacks(lab, lab.spec, len(tuple(paths))):
            problems.error(lab.file, line, Rule.BELOW_MINIMUM, message, fix)


def _lesson_lacks(
    lesson: LessonDraft, language: str, lines: int, fences: Sequence[Fence]
) -> Iterator[_Lack]:
    if not LINES[0] <= lines <= LINES[1]:
        yield (
            0,
            f"the lesson has {lines} lines",
            f"A lesson has {LINES[0]} to {LINES[1]} lines.",
        )
    questions = sum(fence.header.language == QUESTION for fence in fences)
    if not QUESTIONS[0] <= questions <= QUESTIONS[1]:
        yield (
            0,
            f"the lesson has {questions} checkpoint questions",
            f"A lesson has {QUESTIONS[0]} to {QUESTIONS[1]} of them.",
        )
    rendered = lesson.rendered.get(language) or lesson.rendered[CANONICAL_LANGUAGE]
    for anchor, meaning in SECTIONS.items():
        if anchor not in rendered.anchors:
            yield (
                0,
                f"no heading has the anchor {{#{anchor}}}",
                f"Add a section with {meaning}.",
            )
    kinds = [fence.header.kind for fence in fences if fence.header.kind in EXECUTED]
    if FenceKind.FAILS not in kinds:
        yield (
            0,
            "no block fails on purpose",
            "Show one failure with its message before its cure ({.fails}).",
        )
    elif FenceKind.RUN not in kinds[kinds.index(FenceKind.FAILS) :]:
        yield (
            next(f.line for f in fences if f.header.kind is FenceKind.FAILS),
            "no executed block follows the first one that fails",
            "Show the cure after the failure.",
        )
    if not any(fence.header.language == "mermaid" for fence in fences):
        yield 0, "the lesson has no diagram", "Add a Mermaid block with its text."


def _lab_lacks(lab: LabDraft, spec: LabSpec, wrong: int) -> Iterator[_Lack]:
    known = spec.misconceptions
    if len(known) < LEAST_MISCONCEPTIONS:
        yield (
            lab.line("misconceptions"),
            f"the lab knows {len(known)} misconceptions",
            f"Describe at least {LEAST_MISCONCEPTIONS}, each with its predicted rows.",
        )
    if wrong < LEAST_WRONG_ANSWERS:
        yield (
            lab.line("misconceptions"),
            f"the lab has {wrong} wrong answers",
            f"Put at least {LEAST_WRONG_ANSWERS} programs into answers/wrong/.",
        )
    for index, item in enumerate(known):
        if not item.lesson_anchor:
            yield (
                lab.line("misconceptions", index, "id"),
                f"the misconception {item.id!r} names no paragraph",
                "Add `lesson_anchor`: where the lesson explains it.",
            )
    if len(spec.hints) != HINTS:
        yield (
            lab.line("hints"),
            f"the lab has {len(spec.hints)} hints",
            f"Write {HINTS}, from a direction to nearly the answer.",
        )
    if spec.points != POINTS:
        yield (
            lab.line("checks"),
            f"the checks give {spec.points} points",
            f"Make it {POINTS} in all.",
        )
