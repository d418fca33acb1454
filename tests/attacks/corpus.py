"""The corpus as data: one folder an attack, ``expect.yaml`` beside the programs."""

import os
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lab_protocol.messages import Language, Limits
from sandbox.protections import Protection

FOLDER = Path(__file__).parent
RUNS_ALL = os.environ.get("POTOK_TESTS") == "all"
# In `make test` too, beside Flink: the cheapest for files, output, rows, network,
# environment, Kafka rights and the end of the Java machine.
WITH_FLINK = frozenset({12, 15, 19, 31, 37, 56, 57})
# Long enough for what ends by itself on a loaded machine.
WALL_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class Attack:
    """One folder.

    ``bare`` lists the endings allowed for the attack alone, each as ``ending`` or
    ``ending/detail``. ``rider`` says what becomes of a right solution that carries
    it: ``passed``, ``ended`` (it may not pass, its run is over), ``not_passed`` (it
    completes with wrong rows) or ``any``. ``via`` is how it is brought in: a box,
    the collection of result files, or the product. ``forms`` are programs of the same
    folder of which something else is expected.
    """

    number: int
    slug: str
    tries: str
    language: Language
    via: str
    in_make_test: bool
    bare: tuple[str, ...]
    rider: str
    canaries: tuple[str, ...]
    caught_by: tuple[Protection, ...]
    not_yet: str
    twice: bool
    limits: Limits
    programs: dict[str, str]
    forms: dict[str, dict[str, Any]]

    def form(self, program: str) -> "Attack":
        """Return what is expected of one of the programs."""
        told = self.forms.get(program, {})
        return replace(
            self,
            tries=told.get("tries", self.tries),
            language=Language(told.get("language", self.language)),
            bare=tuple(told.get("bare", self.bare)),
            rider=told.get("rider", self.rider),
            caught_by=tuple(map(Protection, told.get("caught_by", self.caught_by))),
            limits=replace(self.limits, **told.get("limits", {})),
        )


@cache
def attacks() -> tuple[Attack, ...]:
    """Return all attacks in their order."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("[0-9][0-9]-*/")))


def chosen(via: str) -> list[tuple[Attack, str]]:
    """Return (attack, program) of this run: all, or the subset of `make test`.

    Of attacks on a box that subset holds WITH_FLINK, first program only; those that
    need neither Flink nor Kafka run in the jail alone each time (``test_jail``).
    """
    return [
        (attack.form(name), name)
        for attack in attacks()
        if attack.via == via
        for name in attack.programs
        if RUNS_ALL or _is_chosen(attack, name)
    ]


def attack(number: int) -> Attack:
    """Return the attack with this number."""
    return next(one for one in attacks() if one.number == number)


def _is_chosen(attack: Attack, program: str) -> bool:
    if attack.via == "box":
        return attack.number in WITH_FLINK and program == "attack"
    return attack.in_make_test


def _read(folder: Path) -> Attack:
    data = yaml.safe_load((folder / "expect.yaml").read_text("utf-8"))
    limits = {"wall_seconds": WALL_SECONDS} | data.get("limits", {})
    return Attack(
        number=data["number"],
        slug=folder.name,
        tries=data["tries"],
        language=Language(data["language"]),
        via=data["via"],
        in_make_test=data["in_make_test"],
        bare=tuple(data.get("bare", ())),
        rider=data.get("rider", ""),
        canaries=tuple(data["canaries"]),
        caught_by=tuple(Protection(name) for name in data["caught_by"]),
        not_yet=data.get("not_yet", ""),
        twice=data.get("twice", False),
        limits=Limits(**limits),
        programs={
            path.stem: path.read_text("utf-8")
            for path in sorted(folder.glob("attack*"))
        },
        forms=data.get("forms", {}),
    )
