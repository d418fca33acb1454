"""A proved course as the content of a release, and what sets two contents apart."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from curriculum.catalogue import CourseContent, Lab, Lesson, LessonText, TaskText
from curriculum.course import Course, LabDraft, LessonDraft
from curriculum.labels import LANGUAGES
from curriculum.pages import publish_glossary, publish_troubleshooting
from curriculum.tree import Tree


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new content adds, removes and changes: ids of lessons, labs, pages."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def publish(course: Course) -> CourseContent:
    """Return what pages read of ``course``, with aliases replaced by ids."""
    lesson_ids = {
        name: lesson.names()[0] for lesson in course.lessons for name in lesson.names()
    }
    lab_ids = {name: lab.names()[0] for lab in course.labs for name in lab.names()}
    return CourseContent(
        lessons=tuple(
            _lesson(lesson, course.tree, lesson_ids, lab_ids)
            for lesson in course.lessons
        ),
        labs=tuple(_lab(lab, course.tree, lesson_ids) for lab in course.labs),
        glossary=publish_glossary(course.pages, lesson_ids),
        troubleshooting=publish_troubleshooting(course.pages, lesson_ids),
    )


def compare(before: CourseContent | None, after: CourseContent) -> Changes:
    """Return what ``after`` has done to ``before``; all is new where None was.

    An item that lives on as an alias is changed, not removed.
    """
    old = _digests(before) if before else {}
    new = _digests(after)
    living = {f"lesson {alias}" for item in after.lessons for alias in item.aliases}
    living |= {f"lab {alias}" for item in after.labs for alias in item.spec.aliases}
    return Changes(
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new and name not in living),
        changed=tuple(name for name in new if name in old and new[name] != old[name]),
    )


def _lesson(
    draft: LessonDraft,
    tree: Tree,
    lesson_ids: dict[str, str],
    lab_ids: dict[str, str],
) -> Lesson:
    front = draft.front
    if front is None:
        raise ValueError(f"{draft.file} was not proved")
    return Lesson(
        id=front.id,
        folder=draft.folder,
        aliases=front.aliases,
        module=front.module,
        order=front.order,
        difficulty=front.difficulty,
        minutes=front.estimatedTime,
        prerequisites=tuple(lesson_ids[name] for name in front.prerequisites),
        labs=tuple(lab_ids[name] for name in front.labs),
        texts={
            language: LessonText(
                title=draft.fronts[language].title,
                description=draft.fronts[language].description,
                topics=draft.fronts[language].topics,
                html=rendered.html,
                toc=rendered.toc,
                anchors=rendered.anchors,
                has_diagrams=rendered.has_diagrams,
                digest=_digest(tree, [draft.documents[language].file]),
            )
            for language, rendered in draft.rendered.items()
        },
    )


def _lab(draft: LabDraft, tree: Tree, lesson_ids: dict[str, str]) -> Lab:
    spec = draft.spec
    if spec is None:
        raise ValueError(f"{draft.file} was not proved")
    return Lab(
        spec=spec,
        lesson=lesson_ids[spec.lesson],
        tasks={
            language: TaskText(
                html=rendered.html,
                toc=rendered.toc,
                has_diagrams=rendered.has_diagrams,
            )
            for language, rendered in draft.rendered.items()
        },
        starters=draft.starters,
        hints=tuple(
            _fragments(draft, ("hints", index, "text"))
            for index in range(len(spec.hints))
        ),
        explanations={
            misconception.id: _fragments(
                draft, ("misconceptions", index, "explanation")
            )
            for index, misconception in enumerate(spec.misconceptions)
        },
        # The library makes the events, so a change of it is one of every lab.
        digest=_digest(
            tree,
            (*tree.under("labs/_library"), *tree.under(f"labs/{draft.folder}")),
        ),
    )


def _fragments(draft: LabDraft, location: tuple[str | int, ...]) -> dict[str, str]:
    return {
        language: draft.fragments[*location, language].html
        for language in LANGUAGES
        if (*location, language) in draft.fragments
    }


def _digest(tree: Tree, paths: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.encode() + b"\0" + hashlib.sha256(tree.files[path]).digest())
    return digest.hexdigest()


def _digests(content: CourseContent) -> dict[str, object]:
    """Map each item to what it is made of, metadata and the shared library aside."""
    items: dict[str, object] = {
        f"lesson {lesson.id}": {
            language: text.digest for language, text in lesson.texts.items()
        }
        for lesson in content.lessons
    }
    items |= {f"lab {lab.id}": lab.digest for lab in content.labs}
    pages = {
        "page glossary": content.glossary,
        "page troubleshooting": content.troubleshooting,
    }
    return items | {name: entries for name, entries in pages.items() if entries}
