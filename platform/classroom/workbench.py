"""What the lab's page holds: text to begin with, past attempts, what is under way."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from accounts.models import User
from curriculum.catalogue import Catalogue, Lab
from progress.access import CourseMap, LabEntry, LessonEntry
from submissions.models import Draft, Submission
from submissions.selectors import (
    AttemptRow,
    attempts,
    draft_of,
    latest_submission,
)

SHOWN_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Workbench:
    """The page of one lab in one language for one person.

    ``revision`` is 0 while no draft is stored; ``key`` makes the next post happen
    once; ``latest`` is the newest run or submit, open or final.
    """

    course: CourseMap
    lesson: LessonEntry
    entry: LabEntry
    language: str
    file_name: str
    starter: str
    text: str
    revision: int
    draft: Draft | None
    key: UUID
    attempts: list[AttemptRow]
    latest: Submission | None

    @property
    def lab(self) -> Lab:
        """The lab itself."""
        return self.entry.lab

    @property
    def catalogue(self) -> Catalogue:
        """The release that the page is made from."""
        return self.course.catalogue


def open_workbench(
    *,
    user: User,
    course: CourseMap,
    lab_id: str,
    language: str,
    text: str | None = None,
) -> Workbench:
    """Return the workbench of an open lab; raise UnknownItem or Locked.

    ``text`` is a refused program, shown in place of the draft. An unknown language
    gives the one last sent in, else the lab's first.
    """
    lesson, entry = course.require_lab(lab_id)
    lab = entry.lab
    latest = latest_submission(user=user, lab_id=lab.id)
    chosen = _language(lab, language, latest)
    starter = next(item for item in lab.spec.starters if item.language == chosen)
    starter_text = lab.starters[starter.language].text
    draft = draft_of(user=user, lab_id=lab.id, language=chosen)
    stored = draft.text if draft is not None else starter_text
    return Workbench(
        course=course,
        lesson=lesson,
        entry=entry,
        language=chosen,
        file_name=starter.name,
        starter=starter_text,
        text=stored if text is None else text,
        revision=draft.revision if draft is not None else 0,
        draft=draft,
        key=uuid4(),
        attempts=attempts(user=user, lab_id=lab.id)[:SHOWN_ATTEMPTS],
        latest=latest,
    )


def _language(lab: Lab, asked: str, latest: Submission | None) -> str:
    known = [str(language) for language in lab.spec.languages]
    if asked in known:
        return asked
    if latest is not None and latest.language in known:
        return latest.language
    return known[0]
