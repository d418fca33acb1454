"""Services and their supervisor, with real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bootstrap.service import Service, ServicePlan

PLATFORM = Path(__file__).parents[2] / "platform"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "


def lives(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.02)


def plan(tmp_path: Path, code: str) -> ServicePlan:
    return ServicePlan(
        name="service",
        command=(sys.executable, "-u", "-c", code),
        folder=tmp_path,
        log=tmp_path / "service.log",
        environment={},
        farewell=((signal.SIGTERM, 0.3), (signal.SIGQUIT, 0.3)),
    )


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[str], Service]]:
    services: list[Service] = []

    def start(code: str) -> Service:
        service = Service(plan(tmp_path, code))
        services.append(service)
        service.start()
        return service

    yield start
    for service in services:
        service.finish()


def test_it_ends_with_its_whole_group(
    started: Callable[[str], Service], tmp_path: Path
) -> None:
    note = tmp_path / "child"
    service = started(
        "import subprocess, sys, time\n"
        f"deaf = {DEAF + 'time.sleep(60)'!r}\n"
        "child = subprocess.Popen([sys.executable, '-c', deaf])\n"
        f"open({str(note)!r}, 'w').write(f'{{child.pid}}\\n'); time.sleep(60)"
    )
    wait_for(lambda: note.exists() and note.read_text().endswith("\n"))
    child = int(note.read_text())
    service.say_farewell()
    service.finish()
    wait_for(lambda: not lives(child))


def test_who_ignores_the_farewell_is_killed(started: Callable[[str], Service]) -> None:
    service = started(DEAF + "print('deaf'); signal.signal(3, 1); time.sleep(60)")
    wait_for(lambda: "deaf" in list(service.new_lines()))
    assert service.process is not None
    pid = service.process.pid
    began = time.monotonic()
    service.say_farewell()
    service.finish()
    assert time.monotonic() - began < 3
    assert not lives(pid)


def test_a_death_is_noticed_once_and_the_pause_grows(
    started: Callable[[str], Service],
) -> None:
    service = started("print('last words'); raise SystemExit(7)")
    wait_for(lambda: service.process and service.process.poll() is not None)
    assert service.ended_with() == 7
    assert service.ended_with() is None
    assert list(service.new_lines()) == ["last words"]
    assert service.last_line == "last words"
    assert not service.is_due()
    assert service.pause_seconds == 2
    wait_for(service.is_due, seconds=3)


def test_a_half_written_line_waits_for_its_end(
    started: Callable[[str], Service], tmp_path: Path
) -> None:
    service = started("import time; time.sleep(60)")
    with service.plan.log.open("a") as log:
        log.write("first\nsec")
        log.flush()
        assert list(service.new_lines()) == ["first"]
        log.write("ond\n")
        log.flush()
        assert list(service.new_lines()) == ["second"]


def test_killing_the_supervisor_ends_its_services(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import time; from pathlib import Path\n"
        "from bootstrap.service import Service, ServicePlan\n"
        f"s = Service(ServicePlan('s', ({sys.executable!r}, '-c',"
        f" 'import time; time.sleep(60)'), Path({str(tmp_path)!r}),"
        f" Path({str(tmp_path / 's.log')!r}), {{}}, ((15, 1.0),)))\n"
        f"s.start(); open({str(note)!r}, 'w').write(f'{{s.process.pid}}\\n')\n"
        "time.sleep(60)"
    )
    supervisor = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(PLATFORM)}
    )
    wait_for(lambda: note.exists() and note.read_text().endswith("\n"))
    service = int(note.read_text())
    assert lives(service)
    supervisor.kill()
    supervisor.wait()
    wait_for(lambda: not lives(service))


def test_what_left_the_group_is_ended_too(tmp_path: Path) -> None:
    """A slot's processes have sessions of their own, as this grandchild has."""
    note = tmp_path / "pid"
    stray = DEAF + "time.sleep(60)"
    child = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', {stray!r}],"
        " start_new_session=True)\n"
        f"open({str(note)!r}, 'w').write(f'{{p.pid}}\\n'); time.sleep(60)"
    )
    code = (
        "import time; from pathlib import Path\n"
        "from bootstrap.screen import Screen\n"
        "from bootstrap.service import Service, ServicePlan\n"
        "from bootstrap.supervisor import Supervisor\n"
        f"plan = ServicePlan('s', ({sys.executable!r}, '-c', {child!r}),"
        f" Path({str(tmp_path)!r}), Path({str(tmp_path / 's.log')!r}), {{}},"
        " ((15, 1.0),))\n"
        "supervisor = Supervisor([Service(plan)], Screen())\n"
        "supervisor.start()\n"
        f"note = Path({str(note)!r})\n"
        "while not (note.exists() and note.read_text().endswith('\\n')):\n"
        "    time.sleep(0.02)\n"
        "time.sleep(0.3)\n"  # until the grandchild ignores SIGTERM
        "supervisor.close()"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PLATFORM)},
        check=True,
        timeout=30,
    )
    assert not lives(int(note.read_text()))
