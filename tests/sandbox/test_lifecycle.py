"""Nothing outlives its owner, and a fault of ours is never the learner's."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from lab_protocol.messages import CellPhase, Ending, Phase, RunRequest
from sandbox.cell.process_table import command_name, descendants
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings
from tests.sandbox.conftest import ROOT

pytestmark = pytest.mark.flink


def wait_gone(pids: Iterable[int], seconds: float) -> list[int]:
    """Return those that still live after at most ``seconds``."""
    deadline = time.monotonic() + seconds
    left = list(pids)
    while left and time.monotonic() < deadline:
        left = [pid for pid in left if is_alive(pid)]
        time.sleep(0.02)
    return left


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def javas(pid: int) -> list[int]:
    return [one for one in descendants(pid) if command_name(one) == "java"]


def test_a_killed_agent_leaves_nothing_and_is_replaced(
    one_slot: SandboxSettings, make_request: Callable[..., RunRequest]
) -> None:
    with SlotPool(one_slot) as pool:
        pool.wait_ready(60)
        slot = pool.health().slots[0]
        assert slot.phase is CellPhase.READY
        root = pool.pids()[0]
        inside = descendants(root)
        assert len(javas(root)) == 2
        agent = next(pid for pid in inside if command_name(pid) == "python3.12")
        os.kill(agent, signal.SIGKILL)
        assert wait_gone([root, *inside], 3) == []
        outcome = pool.run(
            make_request(""), on_progress=lambda _: None, is_cancelled=lambda: False
        )
        assert outcome.ending is Ending.COMPLETED
        assert pool.health().slots[0].restarts == 1


def test_a_broker_that_dies_in_a_run_is_a_platform_fault(
    one_slot: SandboxSettings, make_request: Callable[..., RunRequest]
) -> None:
    with SlotPool(one_slot) as pool:
        pool.wait_ready(60)
        broker = min(javas(pool.pids()[0]))
        running = threading.Event()

        def note(progress: object) -> None:
            if progress.phase is Phase.RUNNING:  # type: ignore[attr-defined]
                running.set()

        def kill() -> None:
            running.wait(60)
            os.kill(broker, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        endless = "import time\nwhile True:\n    time.sleep(1)\n"
        outcome = pool.run(
            make_request(endless, language="pyflink"),
            on_progress=note,
            is_cancelled=lambda: False,
        )
        killer.join()
        assert (outcome.ending, outcome.detail) == (
            Ending.PLATFORM_FAULT,
            "broker_died",
        )
        after = pool.run(
            make_request(""), on_progress=lambda _: None, is_cancelled=lambda: False
        )
        assert after.ending is Ending.COMPLETED


def test_a_killed_worker_leaves_nothing(one_slot: SandboxSettings) -> None:
    program = textwrap.dedent(
        f"""
        import dataclasses, pathlib, sys, time
        sys.path.insert(0, {str(ROOT / "platform")!r})
        from sandbox.pool import SlotPool
        from sandbox.settings import settings_from_environment
        settings = settings_from_environment(pathlib.Path({str(ROOT)!r}))
        settings = dataclasses.replace(settings, slots=1, warm_up=False,
                                       first_uid={one_slot.first_uid})
        with SlotPool(settings) as pool:
            pool.wait_ready(60)
            print("ready", flush=True)
            time.sleep(600)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        inside = descendants(worker.pid)
        assert len(javas(worker.pid)) == 2
        worker.kill()
        assert wait_gone(inside, 3) == []


def test_a_stopped_pool_leaves_nothing(one_slot: SandboxSettings) -> None:
    with SlotPool(one_slot) as pool:
        pool.wait_ready(60)
        root = pool.pids()[0]
        inside = [root, *descendants(root)]
    assert wait_gone(inside, 1) == []


def test_a_pool_that_stops_in_a_run_gives_the_run_back_and_leaves_nothing(
    one_slot: SandboxSettings, make_request: Callable[..., RunRequest]
) -> None:
    pool = SlotPool(one_slot)
    pool.start()
    pool.wait_ready(60)
    root = pool.pids()[0]
    inside = [root, *descendants(root)]

    def stop(progress: object) -> None:
        if progress.phase is Phase.RUNNING:  # type: ignore[attr-defined]
            threading.Thread(target=pool.stop).start()

    endless = "import time\nwhile True:\n    time.sleep(1)\n"
    outcome = pool.run(
        make_request(endless, language="pyflink"),
        on_progress=stop,
        is_cancelled=lambda: False,
    )
    assert (outcome.ending, outcome.detail) == (Ending.PLATFORM_FAULT, "agent_died")
    assert wait_gone(inside, 3) == []
    assert pool.pids() == []


def test_a_slot_does_not_run_as_root(pool: SlotPool, settings: SandboxSettings) -> None:
    for root in pool.pids():
        owners = {
            Path(f"/proc/{pid}").stat().st_uid for pid in [root, *descendants(root)]
        }
        assert 0 not in owners
