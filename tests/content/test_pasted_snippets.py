"""Whoever pastes a lesson's snippets into its lab does not pass.

Each runnable block alone and all of them together, below the starter, which has the
outputs. Blocks of plain Python labs are tried in a process of their own; in a cell, on
real Kafka and Flink, all SQL together in ``make test``; each block and PyFlink, which
takes the lab's whole half minute, with POTOK_TESTS=all.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from curriculum.fences import FenceKind
from grading.verdict import Result
from lab_protocol.messages import Ending, Language
from rehearsal.attempts import Program, attempt
from rehearsal.snippets import fences_of
from sandbox.pool import SlotPool
from tests.content.labs import (
    FLINK_SLUGS,
    LABS,
    LESSONS,
    PLAIN_SLUGS,
    build_of,
    code_of,
    spec_of,
)
from tests.content.plain_programs import attempt as plain_attempt

ALL = os.environ.get("POTOK_TESTS") == "all"
SEED = 3


@dataclass(frozen=True, slots=True)
class Pasted:
    """A program made of the starter and blocks of the lab's lesson."""

    slug: str
    name: str
    language: Language
    text: str


def lesson_of(slug: str) -> Path:
    """Return the folder of the lesson that the lab belongs to."""
    wanted = f"\nid: {spec_of(slug).lesson}\n"
    [found] = [
        folder for folder in LESSONS if wanted in (folder / "ru.md").read_text("utf-8")
    ]
    return found


def pasted(slug: str, *, each: bool) -> Iterator[Pasted]:
    """Yield all blocks of a lab's language in one program, then each of them."""
    fences = [
        fence
        for fence in fences_of(lesson_of(slug))
        if fence.header.kind is FenceKind.RUN
    ]
    for starter in spec_of(slug).starters:
        given = (LABS / slug / "given" / starter.name).read_text("utf-8")
        written = "sql" if starter.language is Language.SQL else "python"
        bodies = [
            (f"line {fence.line}", fence.body)
            for fence in fences
            if fence.header.language == written
        ]
        if starter.language is Language.PYFLINK:
            # Read as the lesson runs them: SQL by the environment that Python made.
            together = [
                fence.body
                if fence.header.language == "python"
                else f'table_env.execute_sql("""{fence.body.rstrip().rstrip(";")}""")'
                for fence in fences
            ]
        else:
            together = [body.rstrip() for _, body in bodies]
        end = ";\n" if written == "sql" else "\n"
        whole = end.join(body.rstrip(";") for body in together)
        chosen = [("all", whole + end.strip()), *(bodies if each else [])]
        for name, body in chosen:
            yield Pasted(slug, name, starter.language, f"{given}\n{body}\n")


def named(found: Iterator[Pasted]) -> pytest.MarkDecorator:
    """Return the parametrisation of a test by what is pasted."""
    listed = list(found)
    ids = [f"{one.slug}-{one.language}-{one.name}" for one in listed]
    return pytest.mark.parametrize("pasted", listed, ids=ids)


@named(one for slug in PLAIN_SLUGS for one in pasted(slug, each=True))
def test_snippets_of_the_lesson_do_not_pass_a_plain_lab(pasted: Pasted):
    made = plain_attempt(pasted.slug, SEED, pasted.text)
    assert made.verdict.result is not Result.PASSED
    assert made.verdict.points < spec_of(pasted.slug).points


@pytest.mark.flink
@named(
    one
    for slug in FLINK_SLUGS
    for one in pasted(slug, each=ALL)
    if ALL or one.language is Language.SQL
)
def test_snippets_of_the_lesson_do_not_pass_on_flink(pasted: Pasted, pool: SlotPool):
    spec = spec_of(pasted.slug)
    made = attempt(
        pool,
        spec,
        Program(pasted.text, pasted.language, SEED),
        lambda seed, variation: (
            build_of(pasted.slug, seed)
            if variation is None
            else code_of(pasted.slug).varied(seed, variation)
        ),
    )
    assert made.outcome.ending is not Ending.PLATFORM_FAULT
    assert made.verdict.result is not Result.PASSED
    assert made.verdict.points < spec.points
