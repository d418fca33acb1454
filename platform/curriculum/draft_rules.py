"""Drafts: checked like all else, and named by nothing that students see."""

from collections.abc import Iterator, Sequence

from curriculum.course import LabDraft, LessonDraft
from curriculum.problems import Problems, Rule


def check_drafts(
    lessons: Sequence[LessonDraft], labs: Sequence[LabDraft], problems: Problems
) -> None:
    """Report released lessons and labs that need one which is not released."""
    drafts = {name for item in lessons if item.is_draft for name in item.names()}
    draft_labs = {name for item in labs if item.is_draft for name in item.names()}
    for file, line, noun, name in _named(lessons, labs, drafts, draft_labs):
        problems.error(
            file,
            line,
            Rule.DRAFT_NAMED,
            f"{name!r} is a draft, which students do not get",
            f"Remove `draft: true` from that {noun} when it is ready, or remove this.",
        )


def _named(
    lessons: Sequence[LessonDraft],
    labs: Sequence[LabDraft],
    drafts: set[str],
    draft_labs: set[str],
) -> Iterator[tuple[str, int, str, str]]:
    for lesson in lessons:
        if lesson.front is None or lesson.is_draft:
            continue
        for index, name in enumerate(lesson.front.prerequisites):
            if name in drafts:
                yield lesson.file, lesson.line("prerequisites", index), "lesson", name
        for index, name in enumerate(lesson.front.labs):
            if name in draft_labs:
                yield lesson.file, lesson.line("labs", index), "lab", name
    for lab in labs:
        if lab.spec and not lab.is_draft and lab.spec.lesson in drafts:
            yield lab.file, lab.line("lesson"), "lesson", lab.spec.lesson
