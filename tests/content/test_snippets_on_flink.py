"""Every executable block of every lesson, on real Flink: what the pages show is true.

A lesson is one process with one Java machine; two lessons run at a time. The table that
is printed at the end says how many blocks were executed.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from curriculum.fences import FenceKind
from rehearsal.snippets import (
    Block,
    Executed,
    complaint,
    count_kinds,
    execute,
    needs_flink,
)
from sandbox.settings import SandboxSettings
from tests.content.labs import LESSONS

pytestmark = [pytest.mark.flink, pytest.mark.timeout(600)]

ON_FLINK = [lesson for lesson in LESSONS if needs_flink(lesson)]

type Runs = dict[Path, Future[tuple[tuple[Block, Executed], ...]]]


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest,
    settings: SandboxSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Runs]:
    """Start the lessons whose tests were selected, the longest first."""
    selected = {
        item.callspec.params["lesson"]
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec")
    }
    order = sorted(selected, key=lambda path: count_kinds(path).total(), reverse=True)
    with ThreadPoolExecutor(2, thread_name_prefix="lesson") as threads:
        yield {
            lesson: threads.submit(
                execute, lesson, tmp_path_factory.mktemp("lesson"), image=settings.image
            )
            for lesson in order
        }


@pytest.mark.parametrize("lesson", ON_FLINK, ids=lambda lesson: lesson.name)
def test_every_block_does_what_its_lesson_shows(
    lesson: Path, runs: Runs, record_property, capsys
):
    run = runs[lesson].result()
    wrong = [
        f"{lesson.name}/ru.md, {block.name}: {found}"
        for block, executed in run
        if (found := complaint(block, executed)) is not None
    ]
    kinds = count_kinds(lesson)
    seconds = sum(executed.seconds for _, executed in run)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{lesson.name}: {len(run)} executed in {seconds:.0f} s,"
            f" {kinds[FenceKind.FAILS]} of them failing as intended,"
            f" {kinds[FenceKind.NORUN]} not runnable, {len(wrong)} wrong "
        )
    assert not wrong, "\n\n".join(wrong)
