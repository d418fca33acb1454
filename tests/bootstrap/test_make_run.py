"""`make run` itself: one URL, a quick second start, and nothing left behind."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.site import ROOT, wait_until

pytestmark = [pytest.mark.flink, pytest.mark.process]

START_SECONDS = 120
READY = re.compile(r"Potok is ready after ([\d.]+) s: (\S+)")


class MakeRun:
    """One `make run` on a state folder of its own; ended with everything it made."""

    def __init__(self, folder: Path, output: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.output = output
        self.environment = os.environ | {
            "LAB_VAR_DIR": str(folder),
            "PORT": str(self.port),
        }
        # pytest's own settings must not reach the site.
        self.environment.pop("DJANGO_SETTINGS_MODULE", None)
        self.process = self.start(output)

    def start(self, output: Path) -> subprocess.Popen[bytes]:
        with output.open("wb") as file:
            return subprocess.Popen(
                ["make", "--no-print-directory", "run"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def wait_until_ready(self) -> float:
        """Returns the seconds that the line on the screen names."""
        until = time.monotonic() + START_SECONDS
        while (found := READY.search(self.text())) is None:
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < until, self.text()
            time.sleep(0.05)
        assert found[2] == f"http://127.0.0.1:{self.port}/"
        return float(found[1])

    def processes(self) -> list[int]:
        """Every living process that was started with this state folder."""
        mark = f"LAB_VAR_DIR={self.folder}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (path / "environ").read_bytes().split(b"\0"):
                    found.append(int(path.name))
            except OSError:
                continue  # ended meanwhile, or a zombie
        return found

    def none_left(self) -> bool:
        return not self.processes()


@dataclass(frozen=True, slots=True)
class Descendant:
    """A process of the family; `born` tells it from a later one with its number."""

    number: int
    name: str
    parent: int
    born: str

    @classmethod
    def read(cls, number: int) -> "Descendant | None":
        """The living process, or None when there is none or it is a zombie."""
        try:
            stat = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
        except OSError:
            return None
        name, _, rest = stat.partition("(")[2].rpartition(")")
        fields = rest.split()
        if fields[0] == "Z":
            return None
        return cls(number, name, parent=int(fields[1]), born=fields[19])

    def lives(self) -> bool:
        now = Descendant.read(self.number)
        return now is not None and now.born == self.born


def family(site: MakeRun) -> list[Descendant]:
    """make and everything that descends from it."""
    numbers = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    living = [found for number in numbers if (found := Descendant.read(number))]
    members = [one for one in living if one.number == site.process.pid]
    for member in members:
        members += [one for one in living if one.parent == member.number]
    return members


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One state for the module: its first preparation alone takes some 15 s."""
    return tmp_path_factory.mktemp("site") / "var"


@pytest.fixture
def site(folder: Path, tmp_path: Path) -> Iterator[MakeRun]:
    started = MakeRun(folder, tmp_path / "output")
    yield started
    if started.process.poll() is None:
        started.process.send_signal(signal.SIGTERM)
        started.process.wait(timeout=30)
    wait_until(started.none_left, what="the end of every process")


def test_it_starts_once_answers_and_leaves_nothing(
    site: MakeRun, tmp_path: Path
) -> None:
    site.wait_until_ready()
    page = urllib.request.urlopen(f"http://127.0.0.1:{site.port}/accounts/login/")
    assert page.status == 200
    accounts = (site.folder / "demo-accounts.txt").read_text(encoding="utf-8")
    for line in accounts.splitlines():
        assert line in site.text(), "the demo passwords are printed"

    second = site.start(tmp_path / "second")
    assert second.wait(timeout=30) != 0
    assert "Potok already runs here: process" in (tmp_path / "second").read_text()

    os.killpg(site.process.pid, signal.SIGINT)  # what a terminal's Ctrl-C does
    site.process.wait(timeout=30)
    wait_until(site.none_left, what="the end of every process")
    assert "Traceback" not in site.text()

    site.process = site.start(site.output)
    seconds = site.wait_until_ready()
    print(f"second start: {seconds} s to the URL")  # noqa: T201
    assert seconds < 10, "5 s are the aim on an idle machine"


def test_killing_make_ends_everything_a_warm_cell_included(site: MakeRun) -> None:
    """The cell's processes have sessions, namespaces and environments of their own."""
    site.wait_until_ready()

    def cell_is_warm() -> bool:
        # Kafka's JVM and Flink's; spare cells have as many more.
        return [descendant.name for descendant in family(site)].count("java") >= 2

    wait_until(cell_is_warm, what="a warm cell", seconds=120)
    everyone = family(site)
    site.process.kill()
    site.process.wait()
    wait_until(
        lambda: not any(relative.lives() for relative in everyone),
        what="the end of every process",
    )


def test_a_killed_worker_comes_back(site: MakeRun) -> None:
    site.wait_until_ready()

    def worker() -> int | None:
        for process in site.processes():
            words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
            if any(word.endswith(b"/celery") for word in words):
                return process
        return None

    wait_until(lambda: worker() is not None, what="the worker")
    former = worker()
    assert former is not None
    os.kill(former, signal.SIGKILL)
    wait_until(lambda: worker() not in {None, former}, what="another worker")
    assert "worker       ended (SIGKILL), starts again" in site.text()
