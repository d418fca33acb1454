"""Workers forked with all imports done: they end as their script would, and with it."""

import json
import os
import select
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from runner.worker_nursery import BORN
from tests.site import ROOT

pytestmark = pytest.mark.flink

PYTHON = ROOT / ".venv-runner" / "bin" / "python"


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("nursery") / "workers"
    with nursing(path) as (process, said):
        yield path
        assert process.poll() is None
    # Above all no warning that a process of several threads was forked.
    assert said.read_text() == ""


@contextmanager
def nursing(path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run a nursery of the test's own that listens at ``path``."""
    said = path.with_name("said")
    with said.open("wb") as file:
        process = subprocess.Popen(
            [PYTHON, "-m", "runner.worker_nursery", str(path)],
            env={"PYTHONPATH": str(ROOT / "platform"), "PATH": os.environ["PATH"]},
            stderr=file,
        )
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    yield process, said
    process.kill()
    process.wait()


@contextmanager
def asked(nursery: Path, out: Path, *arguments: str) -> Iterator[socket.socket]:
    """Ask for a worker whose stdout and stderr go to ``out``."""
    request = {
        "arguments": ["worker", *arguments],
        "environment": {"PYTHONPATH": str(out.parent), "PATH": os.environ["PATH"]},
        "folder": str(out.parent),
    }
    with socket.socket(socket.AF_UNIX) as line, out.open("wb") as file:
        line.settimeout(60)
        line.connect(str(nursery))
        number = file.fileno()
        socket.send_fds(line, [json.dumps(request).encode()], [number, number, number])
        yield line


def test_a_worker_ends_with_flinks_own_message_and_code(
    nursery: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with asked(nursery, out) as line:
        assert line.recv(1) == BORN
        assert line.recv(1) == b"\x01"
    assert "No id provided." in out.read_text()


def test_a_worker_goes_with_its_script(nursery: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"--provision_endpoint=localhost:{silent.getsockname()[1]}"
        with asked(nursery, out, "--id=1", endpoint) as line:
            assert line.recv(1) == BORN
            silent.settimeout(60)
            connection, _ = silent.accept()
            assert connection.recv(1)
        # The script is gone: its worker's connection ends, and with it the worker.
        connection.settimeout(60)
        while connection.recv(4096):
            pass
        connection.close()


def test_a_nursery_that_is_killed_keeps_the_lines_of_its_workers(
    tmp_path: Path,
) -> None:
    path, out = tmp_path / "workers", tmp_path / "out"
    with (
        nursing(path) as (process, _),
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        silent.settimeout(60)
        endpoint = f"--provision_endpoint=localhost:{silent.getsockname()[1]}"
        with ExitStack() as opened:
            first, second = (
                opened.enter_context(asked(path, out, f"--id={number}", endpoint))
                for number in (1, 2)
            )
            assert first.recv(1) == second.recv(1) == BORN
            calls = [opened.enter_context(silent.accept()[0]) for _ in range(2)]
            process.kill()
            process.wait()
            # Its worker lives: no word to the script, which would start another.
            first.settimeout(0.5)
            with pytest.raises(TimeoutError):
                first.recv(1)
            # It ends with its script still, and takes no line of the other along.
            second.shutdown(socket.SHUT_RDWR)
            second.close()
            ended = wait_for_end(calls)
            with pytest.raises(TimeoutError):
                first.recv(1)
            first.shutdown(socket.SHUT_RDWR)
            wait_for_end([call for call in calls if call is not ended])


def test_a_call_that_asks_for_nothing_is_ended_and_the_next_one_served(
    nursery: Path, tmp_path: Path
) -> None:
    for words in (b"", b"no json", b"{"):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(60)
            line.connect(str(nursery))
            line.send(words) if words else line.shutdown(socket.SHUT_WR)
            assert line.recv(1) == b""
    with asked(nursery, tmp_path / "out") as line:
        assert line.recv(1) == BORN


def wait_for_end(connections: list[socket.socket]) -> socket.socket:
    """Return the connection that ends first, within a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        readable, _, _ = select.select(connections, [], [], 1.0)
        for one in readable:
            if not one.recv(4096):
                return one
    raise AssertionError("no worker ended")
