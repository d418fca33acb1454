"""Memory and tasks of all that a program starts, held by the watchdog and the kernel.

Without Java and broker: plain programs in their jail. The kernel's side runs where a
worker can have control groups: on a host that delegates cgroup v2, or in User-mode
Linux; elsewhere it is skipped and says so. It takes two minutes: POTOK_TESTS=all.
"""

import json
import os
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from lab_protocol.messages import Language, Limits, RunRequest, Topic
from lab_protocol.wire import encode
from sandbox.settings import SandboxSettings
from sandbox.slot import agent_environment
from tests.sandbox.machine import KERNEL, has_own_kernel, run_booted, run_here

pytestmark = pytest.mark.flink

HERE = Path(__file__).parent
MIB = 1024 * 1024
UID = 61_393
USER = 61_394
MEMORY = 200 * MIB
TASKS = 40
# In no other command line of this machine.
NAP = "4567.25"

DAEMON = """
import os, sys, time
def daemon(work):
    if os.fork():
        os.wait()
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    work()
    time.sleep(60)
"""
PROGRAMS = {
    "well": "print('well')\n",
    "daemons-memory": DAEMON
    + "kept = []\n"
    + "for _ in range(8):\n"
    + "    daemon(lambda: kept.append(bytearray(40 << 20)))\n"
    + "time.sleep(60)\n",
    "daemons-tasks": DAEMON
    + "for number in range(200):\n"
    + "    daemon(lambda: None)\n"
    + "time.sleep(60)\n",
    "daemon-stays": DAEMON
    + "python = '/rt/py/bin/python3.12'\n"
    + f"text = 'import time; time.sleep({NAP})'\n"
    + "daemon(lambda: os.execv(python, [python, '-S', '-c', text]))\n"
    + "print('well')\n",
    "unseen-file": "import os\nos.memfd_create('kept')\n",
    "unseen-segments": "import ctypes\n"
    + "libc = ctypes.CDLL(None, use_errno=True)\n"
    + "if libc.shmget(0, ctypes.c_size_t(65536), 0o1600) < 0:\n"
    + "    raise OSError('not even a small one')\n"
    + "if libc.shmget(0, ctypes.c_size_t(1 << 20), 0o1600) < 0:\n"
    + "    raise PermissionError(ctypes.get_errno())\n",
    "scratch-below": "for place in ('/tmp', '/work'):\n"
    + "    open(f'{place}/large', 'wb').write(bytes(60 << 20))\n"
    + "import time; time.sleep(0.5)\n",
    "scratch-and-memory": "import time\n"
    + "for place in ('/tmp', '/work'):\n"
    + "    with open(f'{place}/large', 'wb') as file:\n"
    + "        for _ in range(80):\n"
    + "            file.write(bytes(1 << 20))\n"
    + "kept = bytearray(60 << 20)\n"
    + "time.sleep(60)\n",
}
# Only the kernel can see these: memory that is in no process and in no folder of the
# box, and the time of children that nobody waits for.
UNSEEN = {
    "memory-of-no-process": "import socket, time\n"
    + "kept = []\n"
    + "for _ in range(1500):\n"
    + "    kept.append(socket.socketpair())\n"
    + "    kept[-1][0].setblocking(False)\n"
    + "    try:\n"
    + "        while True:\n"
    + "            kept[-1][0].send(bytes(1 << 16))\n"
    + "    except BlockingIOError:\n"
    + "        pass\n"
    + "time.sleep(60)\n",
    "time-of-no-parent": "import os, signal, time\n"
    + "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    + "while True:\n"
    + "    if os.fork() == 0:\n"
    + "        end = time.process_time() + 0.04\n"
    + "        while time.process_time() < end:\n"
    + "            pass\n"
    + "        os._exit(0)\n"
    + "    try:\n"
    + "        os.wait()\n"
    + "    except ChildProcessError:\n"
    + "        pass\n",
}


def worker(
    settings: SandboxSettings, programs: dict[str, str], **changes: Any
) -> list[str]:
    """Return the command line of a worker that runs the programs."""
    orders = {
        "settings": encode(settings.cell()).decode().strip(),
        "requests": [request(text) for text in programs.values()],
        "agent": (HERE / "plain_alone.py").read_text("utf-8"),
        "uid": UID,
        "user": 0,
        "marked": False,
        "leftovers": False,
        "blind": False,
        "with_groups": True,
        "environment": agent_environment(settings.image),
    }
    # As text: an ordinary user may not read this checkout.
    program = (HERE / "worker_alone.py").read_text("utf-8")
    return [str(settings.image.python), "-c", program, json.dumps(orders | changes)]


BOOTED = pytest.mark.skipif(
    os.environ.get("POTOK_TESTS") != "all", reason="runs with POTOK_TESTS=all"
)
# Ends by the first refusal.
FORKS = "import os, time\nwhile True:\n    if os.fork() == 0:\n        time.sleep(60)\n"


def request(program: str) -> str:
    order = RunRequest(
        run_id=f"run-{uuid.uuid4()}",
        language=Language.PYTHON,
        files={"job.py": program},
        entry="job.py",
        inputs=(Topic("orders"),),
        outputs=(Topic("totals"),),
        stages=(),
        closing=(),
        limits=Limits(
            wall_seconds=40.0,
            # A machine inside another one is slow.
            cpu_seconds=4.0 if "SIG_IGN" in program else 40.0,
            memory_bytes=MEMORY,
            processes=TASKS,
        ),
    )
    return encode(order).decode().strip()


def endings(said: dict[str, Any], programs: dict[str, str]) -> dict[str, list[str]]:
    return {
        name: [outcome["ending"], outcome["detail"]]
        for name, outcome in zip(programs, said["outcomes"], strict=True)
    }


EXPECTED = {
    "well": ["completed", ""],
    "daemons-memory": ["memory_limit", "memory"],
    "daemons-tasks": ["memory_limit", "processes"],
    "daemon-stays": ["completed", ""],
    "unseen-file": ["learner_error", ""],
    "unseen-segments": ["learner_error", ""],
    "scratch-below": ["completed", ""],
    "scratch-and-memory": ["memory_limit", "memory"],
}


def test_the_watchdog_counts_daemons_and_scratch_space(
    settings: SandboxSettings,
) -> None:
    command = worker(settings, PROGRAMS, with_groups=False)
    said = run_here(command, agent_environment(settings.image))
    assert said["mode"] == "watchdog"
    assert endings(said, PROGRAMS) == EXPECTED, said
    by_name = dict(zip(PROGRAMS, said["outcomes"], strict=True))
    assert by_name["scratch-below"]["peak"] > 120 * MIB
    for name in ("unseen-file", "unseen-segments"):
        assert by_name[name]["error"] == "PermissionError", name
    # It did not run into the sum of its own memory alone.
    assert by_name["scratch-and-memory"]["peak"] > MEMORY
    living = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True)
    assert NAP not in living.stdout


def with_groups(
    settings: SandboxSettings, folder: Path, programs: dict[str, str], **changes: Any
) -> dict[str, Any]:
    """Run a worker where it can have groups; skip where that is nowhere."""
    command = worker(settings, programs, **changes)
    environment = agent_environment(settings.image)
    if has_own_kernel():
        return run_booted(command, environment, folder)
    if changes:
        pytest.skip(f"changes the groups of a machine: needs {KERNEL}")
    said = run_here(command, environment)
    if said["mode"] == "watchdog":
        pytest.skip(f"{said['reason']}; no {KERNEL} either")
    return said


@BOOTED
def test_the_kernel_limits_what_no_watchdog_sees(
    settings: SandboxSettings, tmp_path: Path
) -> None:
    programs = PROGRAMS | UNSEEN
    said = with_groups(settings, tmp_path, programs)
    assert (said["mode"], said["reason"]) == ("cgroup_v2", "")
    assert endings(said, programs) == EXPECTED | {
        "memory-of-no-process": ["memory_limit", "memory"],
        "time-of-no-parent": ["time_limit", "cpu"],
    }, said
    assert all(outcome["left"] == [] for outcome in said["outcomes"])
    assert said["left"] is False


@BOOTED
def test_the_kernel_needs_no_watchdog(
    settings: SandboxSettings, tmp_path: Path
) -> None:
    programs = {"memory": PROGRAMS["daemons-memory"], "processes": FORKS}
    said = with_groups(settings, tmp_path, programs, blind=True)
    assert endings(said, programs) == {
        "memory": ["memory_limit", "memory"],
        "processes": ["memory_limit", "processes"],
    }, said
    # Not that the program ended its own environment.
    assert [found["error"] for found in said["outcomes"]] == ["", "BlockingIOError"]


@BOOTED
def test_a_worker_sweeps_the_groups_of_one_that_is_gone(
    settings: SandboxSettings, tmp_path: Path
) -> None:
    programs = {"well": PROGRAMS["well"]}
    said = with_groups(settings, tmp_path, programs, leftovers=True)
    assert said["swept"] is True
    assert said["lost"] is False


@BOOTED
@pytest.mark.parametrize("marked", [True, False])
def test_an_ordinary_user_has_groups_where_they_are_delegated(
    settings: SandboxSettings, tmp_path: Path, marked: bool
) -> None:
    programs = {name: PROGRAMS[name] for name in ("well", "daemons-memory")}
    if marked:
        programs |= {"unseen": UNSEEN["memory-of-no-process"]}
    said = with_groups(settings, tmp_path, programs, user=USER, marked=marked)
    assert said["user"] == USER
    if marked:
        assert said["mode"] == "cgroup_v2", said
        assert endings(said, programs)["unseen"] == ["memory_limit", "memory"]
        assert said["left"] is False
    else:
        assert said["mode"] == "watchdog"
        assert said["reason"].endswith("is not delegated to the worker")
    assert endings(said, programs)["well"] == ["completed", ""]
    assert endings(said, programs)["daemons-memory"] == ["memory_limit", "memory"]
