"""The box's own clock, over files such as the kernel shows of its processes."""

import time
from pathlib import Path

import pytest

from runner.fair_clock import _SAMPLE_SECONDS, FairClock


class Kernel:
    """Time that passes, and what threads got of it."""

    def __init__(self, processes: Path) -> None:
        self.processes = processes
        self.now = 100.0
        self._told: dict[str, tuple[float, float]] = {}

    def pass_time(self, seconds: float, **threads: tuple[float, float]) -> None:
        """``t<pid>_<tid>``: shares of the time that it ran and stood in line."""
        self.now += seconds
        for name, (ran, waited) in threads.items():
            pid, _, tid = name.removeprefix("t").partition("_")
            had, missed = self._told.get(name, (0.0, 0.0))
            had, missed = had + ran * seconds, missed + waited * seconds
            self._told[name] = had, missed
            folder = self.processes / pid / "task" / tid
            folder.mkdir(parents=True, exist_ok=True)
            text = f"{had * 1e9:.0f} {missed * 1e9:.0f} 7\n"
            (folder / "schedstat").write_text(text)


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    kernel = Kernel(tmp_path)
    monkeypatch.setattr(time, "monotonic", lambda: kernel.now)
    return kernel


@pytest.mark.parametrize(
    ("threads", "counted"),
    [
        ({}, 1.0),
        ({"t1_1": (0.0, 0.0), "t1_2": (0.9, 0.0)}, 1.0),
        ({"t1_1": (0.1, 0.9)}, 0.1),
        ({"t1_1": (0.1, 0.9), "t2_9": (0.1, 0.9)}, 0.1),
        # Idle but for a moment, in which it stood in line.
        ({"t1_1": (0.001, 0.02)}, 0.98),
        # Four threads keep both cores of the machine, which is their own.
        ({f"t1_{number}": (0.5, 0.5) for number in range(4)}, 0.5),
    ],
    ids=["none", "idle", "starved", "two-starved", "a-moment", "for-itself"],
)
def test_time_in_line_does_not_count(
    kernel: Kernel, threads: dict[str, tuple[float, float]], counted: float
) -> None:
    clock = FairClock(kernel.processes)
    kernel.pass_time(1.0, **threads)
    assert clock.seconds() == pytest.approx(counted, abs=1e-6)
    kernel.pass_time(1.0, **threads)
    assert clock.seconds() == pytest.approx(2 * counted, abs=1e-6)


def test_it_never_goes_back_and_is_a_moment_behind_at_most(kernel: Kernel) -> None:
    clock = FairClock(kernel.processes)
    seen = [clock.seconds()]
    for _ in range(40):
        kernel.pass_time(0.05, t1_1=(0.0, 0.5))
        seen.append(clock.seconds())
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(40 * 0.05 * 0.5, abs=0.15)
    kernel.pass_time(_SAMPLE_SECONDS)
    assert clock.seconds() > seen[-1]


def test_a_process_that_ended_is_no_gain(kernel: Kernel) -> None:
    clock = FairClock(kernel.processes)
    kernel.pass_time(1.0, t1_1=(0.1, 0.9))
    before = clock.seconds()
    (kernel.processes / "1/task/1/schedstat").unlink()
    kernel.pass_time(1.0)
    assert clock.seconds() == pytest.approx(before + 1.0)
