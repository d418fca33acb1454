"""Workers forked with all imports done: they end as their script would, and with it."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.site import ROOT

pytestmark = pytest.mark.flink

PYTHON = ROOT / ".venv-runner" / "bin" / "python"


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("nursery") / "workers"
    process = subprocess.Popen(
        [PYTHON, "-m", "runner.worker_nursery", str(path)],
        env={"PYTHONPATH": str(ROOT / "platform"), "PATH": os.environ["PATH"]},
    )
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    yield path
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
        assert line.recv(1) == b"\x01"
    assert "No id provided." in out.read_text()


def test_a_worker_goes_with_its_script(nursery: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"--provision_endpoint=localhost:{silent.getsockname()[1]}"
        with asked(nursery, out, "--id=1", endpoint):
            silent.settimeout(60)
            connection, _ = silent.accept()
            assert connection.recv(1)
        # The script is gone: its worker's connection ends, and with it the worker.
        connection.settimeout(60)
        while connection.recv(4096):
            pass
        connection.close()
