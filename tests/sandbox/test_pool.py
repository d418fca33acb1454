"""The pool: spare cells, a hurry, an image that is not the current one any more."""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lab_protocol.messages import (
    CellPhase,
    Ending,
    Language,
    Phase,
    RunProgress,
    RunRequest,
)
from sandbox import demand
from sandbox.cell.process_table import command_name, descendants
from sandbox.errors import SandboxUnavailable
from sandbox.image.manifest import MANIFEST_NAME, Image
from sandbox.pool import SlotPool
from sandbox.privileges import may_renice
from sandbox.settings import SandboxSettings


def wait_until(is_true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.flink
def test_a_spare_cell_serves_while_the_used_one_starts_anew(
    one_slot: SandboxSettings,
    make_request: Callable[..., RunRequest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run() -> Ending:
        return pool.run(
            make_request(""), on_progress=lambda _: None, is_cancelled=lambda: False
        ).ending

    with SlotPool(replace(one_slot, spare=1, warm_up=True)) as pool:
        wait_until(lambda: pool.health().warm == 2)
        health = pool.health()
        assert (health.concurrency, health.target, health.spare) == (1, 2, 1)
        assert [slot.runs for slot in health.slots] == [0, 0]
        # Two cells have two users: neither could reach into the other.
        assert [slot.number for slot in health.slots] == [0, 1]
        pool.expect(waiting=9)
        assert [run(), run()] == [Ending.COMPLETED, Ending.COMPLETED]
        # Each served one, because the first was not ready again.
        assert [slot.runs for slot in pool.health().slots] == [1, 1]
        assert pool.health().demand == 2
        # In a hurry new boxes wait for programs without a warm-up job.
        ready = (CellPhase.READY, CellPhase.READY)
        wait_until(lambda: tuple(s.phase for s in pool.health().slots) == ready)
        pool.expect(waiting=0)
        wait_until(lambda: pool.health().warm == 2)
        monkeypatch.setattr(demand, "IDLE_SECONDS", 0.0)
        wait_until(lambda: len(pool.health().slots) == 1)
        assert run() is Ending.COMPLETED


@pytest.mark.flink
@pytest.mark.skipif(not may_renice(), reason="needs the right to renice")
def test_a_box_starts_behind_others_and_runs_beside_them(
    one_slot: SandboxSettings, make_request: Callable[..., RunRequest]
) -> None:
    def note(progress: RunProgress) -> None:
        if progress.phase is Phase.RUNNING and not seen:
            seen.extend(box_niceness(pool))
            shares.update(box_shares(pool))

    seen: list[int] = []
    shares: set[int] = set()
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with SlotPool(one_slot) as pool:
        wait_until(lambda: pool.health().slots[0].phase is CellPhase.READY)
        waiting = box_niceness(pool)
        assert waiting
        assert set(waiting) == {own + 10}
        assert box_shares(pool) <= {own + 10}
        program = "import time\ntime.sleep(1)\n"
        request = make_request(program, language=Language.PYFLINK)
        pool.run(request, on_progress=note, is_cancelled=lambda: False)
    assert set(seen) == {own}
    assert shares <= {own}


def box_shares(pool: SlotPool) -> set[int]:
    """Return the niceness of the box's sessions; empty without autogroups."""
    found: set[int] = set()
    for pid in descendants(pool.pids()[0]):
        if b"PythonGatewayServer" in Path(f"/proc/{pid}/cmdline").read_bytes():
            with contextlib.suppress(FileNotFoundError):
                said = Path(f"/proc/{pid}/autogroup").read_text(encoding="ascii")
                found.add(int(said.split()[-1]))
    return found


def box_niceness(pool: SlotPool) -> list[int]:
    """Return the niceness of every thread of the box's Java machine and runner."""
    found: list[int] = []
    for pid in descendants(pool.pids()[0]):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if command_name(pid) == "bwrap" or b"/rt/app" in command:
            continue
        if b"PythonGatewayServer" in command or b"\0runner\0" in command:
            found += [
                os.getpriority(os.PRIO_PROCESS, int(thread.name))
                for thread in Path(f"/proc/{pid}/task").iterdir()
            ]
    return found


def test_a_rebuilt_image_makes_every_cell_stale(
    one_slot: SandboxSettings, tmp_path: Path
) -> None:
    """No process is needed: the refusal comes before a slot is chosen."""
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for folder in one_slot.image.folders.values():
        (runtime / folder).mkdir()
        (runtime / folder / ".complete").touch()
    manifest = runtime / MANIFEST_NAME
    shutil.copy(one_slot.image.runtime / MANIFEST_NAME, manifest)
    pool = SlotPool(replace(one_slot, image=Image(runtime, one_slot.image.folders)))
    assert not pool.is_stale
    data = json.loads(manifest.read_text())
    newer = data["parts"]["runner"] + "-newer"
    (runtime / newer).mkdir()
    (runtime / newer / ".complete").touch()
    data["parts"]["runner"] = newer
    manifest.write_text(json.dumps(data))
    assert pool.is_stale
    with (
        pytest.raises(SandboxUnavailable, match="rebuilt"),
        pool.reserve(lambda: False),
    ):
        pass
