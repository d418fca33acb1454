"""Five made-up weeks of thirty learners: who did what and when. Pure and seeded.

The same seed and course always give the same steps, counted back from ``now``.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WEEKS = 5
EVENING_HOURS = (16, 20)  # UTC: seven in the evening to eleven at night in Moscow
TRIES_AN_EVENING = 3


class StepKind(StrEnum):
    OPENED = "opened"
    READ = "read"
    ATTEMPT = "attempt"


class Persona(StrEnum):
    """How far a learner gets."""

    ABSENT = "absent"
    READER = "reader"
    STUCK = "stuck"
    HALFWAY = "halfway"
    FINISHER = "finisher"


# Of ten learners; a cohort of thirty has each line three times.
PERSONAS = (
    Persona.ABSENT,
    Persona.READER,
    Persona.STUCK,
    Persona.STUCK,
    Persona.HALFWAY,
    Persona.HALFWAY,
    Persona.HALFWAY,
    Persona.FINISHER,
    Persona.FINISHER,
    Persona.FINISHER,
)
# Days since the first step, at least, for each lesson of the course: those who got
# further need the time for it.
FEWEST_DAYS_A_LESSON = {Persona.HALFWAY: 2, Persona.FINISHER: 4}
# How many wrong answers come before the right one, and how often of a hundred.
WRONG_BEFORE_RIGHT = ((0, 20), (1, 30), (2, 25), (3, 15), (4, 10))


@dataclass(frozen=True, slots=True)
class LessonOutline:
    """What the script needs of a lesson; lessons come in an order to be walked."""

    id: str
    labs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """Names of the recordings of one lab."""

    right: tuple[str, ...]
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """``item`` is a lesson or, for an attempt, a lab; ``answer`` names a recording."""

    at: datetime
    kind: StepKind
    item: str
    answer: str = ""


def plan(
    *,
    learners: int,
    lessons: Sequence[LessonOutline],
    answers: Mapping[str, Answers],
    now: datetime,
    seed: int,
) -> list[tuple[Step, ...]]:
    """Return the steps of each learner, oldest first, all before ``now``."""
    chance = random.Random(seed)  # noqa: S311 (a script of a demo, not a secret)
    personas = [PERSONAS[number % len(PERSONAS)] for number in range(learners)]
    chance.shuffle(personas)
    return [
        _Learner(chance, persona, now, lessons=len(lessons)).walk(lessons, answers)
        for persona in personas
    ]


class _Learner:
    """One learner's clock and steps."""

    def __init__(
        self, chance: random.Random, persona: Persona, now: datetime, *, lessons: int
    ) -> None:
        self._chance = chance
        self._persona = persona
        self._now = now
        self._steps: list[Step] = []
        self._this_evening = 0
        most = WEEKS * 7 - 1
        fewest = FEWEST_DAYS_A_LESSON.get(persona, 0) * lessons
        days = chance.randint(min(max(fewest, 1), most), most)
        self._clock = self._evening(now - timedelta(days=days))

    def walk(
        self, lessons: Sequence[LessonOutline], answers: Mapping[str, Answers]
    ) -> tuple[Step, ...]:
        reached = lessons[: self._reach(len(lessons))]
        for lesson in reached:
            if not self._study(lesson, answers, last=lesson is reached[-1]):
                break
        return tuple(step for step in self._steps if step.at < self._now)

    def _reach(self, lessons: int) -> int:
        """How many lessons the learner opens at all."""
        if self._persona is Persona.ABSENT:
            return 0
        if self._persona is Persona.READER:
            return 1
        if self._persona is Persona.STUCK:
            return max(1, lessons // 2)
        return lessons

    def _study(
        self, lesson: LessonOutline, answers: Mapping[str, Answers], *, last: bool
    ) -> bool:
        """Work through a lesson; say whether it was completed."""
        self._add(StepKind.OPENED, lesson.id)
        if self._persona is Persona.READER:
            return False
        self._later(20, 70)
        if not lesson.labs:
            self._add(StepKind.READ, lesson.id)
        for lab in lesson.labs:
            known = answers.get(lab)
            if known is None or not known.right:
                return False
            gives_up = last and self._persona in (Persona.STUCK, Persona.HALFWAY)
            self._try(lab, known, gives_up=gives_up)
            if gives_up:
                return False
        self._next_evening()
        return True

    def _try(self, lab: str, known: Answers, *, gives_up: bool) -> None:
        counts, weights = zip(*WRONG_BEFORE_RIGHT, strict=True)
        count = self._chance.choices(counts, weights)[0]
        if gives_up and self._persona is Persona.STUCK:
            count += 2
        for answer in self._chance.sample(known.wrong, min(count, len(known.wrong))):
            self._attempt(lab, answer)
        if not gives_up:
            self._attempt(lab, self._chance.choice(known.right))

    def _attempt(self, lab: str, answer: str) -> None:
        if self._this_evening >= TRIES_AN_EVENING:
            self._next_evening()
        self._add(StepKind.ATTEMPT, lab, answer)
        self._this_evening += 1
        self._later(6, 35)

    def _add(self, kind: StepKind, item: str, answer: str = "") -> None:
        self._steps.append(Step(self._clock, kind, item, answer))

    def _later(self, least: int, most: int) -> None:
        self._clock += timedelta(
            minutes=self._chance.randint(least, most),
            seconds=self._chance.randint(0, 59),
        )

    def _next_evening(self) -> None:
        self._clock = self._evening(
            self._clock + timedelta(days=self._chance.randint(1, 3))
        )
        self._this_evening = 0

    def _evening(self, day: datetime) -> datetime:
        return day.replace(
            hour=self._chance.randint(*EVENING_HOURS),
            minute=self._chance.randint(0, 59),
            second=self._chance.randint(0, 59),
            microsecond=0,
        )
