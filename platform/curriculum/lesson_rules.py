"""What the lessons of a course must keep to, each alone and all together."""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from curriculum.course import LabDraft, LessonDraft
from curriculum.fences import QUESTION, find_fences
from curriculum.graph import find_cycles
from curriculum.labels import CANONICAL_LANGUAGE, LANGUAGES
from curriculum.problems import Problems, Rule

_FOLDER = re.compile(r"(\d{2,3})-[a-z][a-z0-9]*(-[a-z0-9]+)*")
# What only the words of a lesson may differ in between its languages.
_TRANSLATED = frozenset({"title", "description", "topics"})


def check_lessons(
    lessons: Sequence[LessonDraft], labs: Sequence[LabDraft], problems: Problems
) -> None:
    """Report ids, prerequisites, orders, labs and translations that do not fit."""
    for lesson in lessons:
        _check_folder(lesson, problems)
        _check_translations(lesson, problems)
    check_names("lesson", lessons, problems)
    _check_orders(lessons, problems)
    _check_prerequisites(lessons, problems)
    _check_labs(lessons, labs, problems)


def check_names(
    noun: str, drafts: Iterable[LessonDraft | LabDraft], problems: Problems
) -> None:
    """Report ids and aliases that two drafts, or one of them twice, lay claim to."""
    owners: dict[str, LessonDraft | LabDraft] = {}
    for draft in drafts:
        for index, name in enumerate(draft.names()):
            line = draft.line("id") if index == 0 else draft.line("aliases", index - 1)
            if name in owners:
                other = owners[name]
                problems.error(
                    draft.file,
                    line,
                    Rule.DUPLICATE_ID,
                    f"the {noun} id {name!r} is taken by {other.file}",
                    "Ids and aliases are one namespace; choose another.",
                )
            owners.setdefault(name, draft)


def _check_folder(lesson: LessonDraft, problems: Problems) -> None:
    found = _FOLDER.fullmatch(lesson.folder)
    if not found:
        problems.error(
            f"lessons/{lesson.folder}",
            0,
            Rule.LESSON_FOLDER,
            "the folder's name is not a number and words",
            "Name it such as 03-kafka-connector.",
        )
    elif lesson.front and int(found[1]) != lesson.front.order:
        problems.warning(
            lesson.file,
            lesson.line("order"),
            Rule.FOLDER_ORDER,
            f"the order is {lesson.front.order}, the folder says {int(found[1])}",
            "Rename the folder; the lesson keeps its id.",
        )


def _check_translations(lesson: LessonDraft, problems: Problems) -> None:
    if CANONICAL_LANGUAGE not in lesson.documents:
        problems.error(
            lesson.file,
            0,
            Rule.MISSING_FILE,
            "the lesson has no Russian text",
            f"Add {CANONICAL_LANGUAGE}.md; it is the canonical language.",
        )
    for language in LANGUAGES:
        if language == CANONICAL_LANGUAGE:
            continue
        if language not in lesson.documents:
            problems.warning(
                lesson.file,
                0,
                Rule.MISSING_TRANSLATION,
                f"the lesson has no text in {language!r}; readers get the Russian one",
                f"Add {language}.md beside it.",
            )
        front, source = lesson.fronts.get(language), lesson.sources.get(language)
        if not (front and source and lesson.front):
            continue
        for name in type(front).model_fields:
            theirs, canonical = getattr(front, name), getattr(lesson.front, name)
            if name not in _TRANSLATED and theirs != canonical:
                problems.error(
                    source.file,
                    source.line(name),
                    Rule.TRANSLATION_DIFFERS,
                    f"{name} differs from that of {lesson.file}",
                    "Only title, description and topics are translated.",
                )
        _check_questions(lesson, language, problems)


def _check_questions(lesson: LessonDraft, language: str, problems: Problems) -> None:
    """Report the first question that is another one than in the canonical text."""
    texts = (lesson.rendered.get(CANONICAL_LANGUAGE), lesson.rendered.get(language))
    ours, theirs = (
        [(q.id, q.right) for q in text.questions] if text else [] for text in texts
    )
    if None in texts or ours == theirs:
        return
    pairs = zip(ours, theirs, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    document = lesson.documents[language]
    fences = find_fences(document.text, first_line=document.first_line)
    lines = [fence.line for fence in fences if fence.header.language == QUESTION]
    problems.error(
        document.file,
        lines[same] if same < len(lines) else 0,
        Rule.TRANSLATION_DIFFERS,
        f"question {same + 1} is not that of {lesson.file}",
        "Keep ids, order and which options are right; translate the texts only.",
    )


def _check_orders(lessons: Sequence[LessonDraft], problems: Problems) -> None:
    owners: dict[int, LessonDraft] = {}
    for lesson in lessons:
        if lesson.front is None:
            continue
        other = owners.setdefault(lesson.front.order, lesson)
        if other is not lesson:
            problems.error(
                lesson.file,
                lesson.line("order"),
                Rule.DUPLICATE_ORDER,
                f"the order {lesson.front.order} is that of {other.file}",
                "Give each lesson its own place.",
            )


def _check_prerequisites(lessons: Sequence[LessonDraft], problems: Problems) -> None:
    by_name = {name: lesson for lesson in lessons for name in lesson.names()}
    graph: dict[str, list[str]] = {}
    for lesson in lessons:
        if lesson.front is None:
            continue
        required = graph.setdefault(lesson.front.id, [])
        for index, name in enumerate(lesson.front.prerequisites):
            line = lesson.line("prerequisites", index)
            before = by_name.get(name)
            if before is None:
                problems.error(
                    lesson.file,
                    line,
                    Rule.UNKNOWN_PREREQUISITE,
                    f"there is no lesson {name!r}",
                    "Name an existing lesson, or remove the line.",
                )
                continue
            required.append(before.names()[0])
            if before.front and before.front.order >= lesson.front.order:
                problems.error(
                    lesson.file,
                    line,
                    Rule.ORDER_BEFORE_PREREQUISITE,
                    f"the order {lesson.front.order} is not after that of {name!r},"
                    f" {before.front.order}",
                    "A lesson comes after what it requires; change one order.",
                )
    for cycle in find_cycles(graph):
        first = by_name[cycle[0]]
        problems.error(
            first.file,
            first.line("prerequisites"),
            Rule.PREREQUISITE_CYCLE,
            "lessons require each other: " + " → ".join([*cycle, cycle[0]]),
            "Remove one of these prerequisites; no student could begin.",
        )


def _check_labs(
    lessons: Sequence[LessonDraft], labs: Sequence[LabDraft], problems: Problems
) -> None:
    lesson_by_name = {name: lesson for lesson in lessons for name in lesson.names()}
    lab_by_name = {name: lab for lab in labs for name in lab.names()}
    for lesson in lessons:
        for index, name in enumerate(lesson.front.labs if lesson.front else ()):
            line = lesson.line("labs", index)
            lab = lab_by_name.get(name)
            if lab is None:
                problems.error(
                    lesson.file,
                    line,
                    Rule.UNKNOWN_LAB,
                    f"there is no lab {name!r}",
                    f"Add labs/{name}/lab.yaml, or remove the line.",
                )
            elif lab.spec and lesson_by_name.get(lab.spec.lesson) not in {
                None,
                lesson,
            }:
                problems.error(
                    lesson.file,
                    line,
                    Rule.LAB_OF_OTHER_LESSON,
                    f"the lab {name!r} says that it belongs to {lab.spec.lesson!r}",
                    "Change one of the two; a lab belongs to one lesson.",
                )
    for lab in labs:
        if lab.spec is None:
            continue
        owner = lesson_by_name.get(lab.spec.lesson)
        if owner is None:
            problems.error(
                lab.file,
                lab.line("lesson"),
                Rule.UNKNOWN_LESSON,
                f"there is no lesson {lab.spec.lesson!r}",
                "Name the lesson that the lab belongs to.",
            )
        elif (
            owner.front
            and not lab.is_draft
            and not set(lab.names()) & set(owner.front.labs)
        ):
            problems.error(
                lab.file,
                lab.line("lesson"),
                Rule.LAB_NOT_IN_LESSON,
                f"the lesson {lab.spec.lesson!r} does not list this lab",
                f"Add {lab.spec.id} to `labs` in {owner.file}.",
            )
