"""Author's code is jailed too: no network, no host, no endless or garbled answers."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.author import Author, build_lab
from sandbox.author_desk import AuthorDesk
from sandbox.errors import AuthorFault
from sandbox.settings import SandboxSettings
from tests.sandbox.conftest import ROOT

pytestmark = pytest.mark.flink

HEAD = """
from dataclasses import dataclass
from lab_protocol.messages import Event, Stage

@dataclass
class Stream:
    stages: tuple

def build_stream(seed):
    said = attempt()
    return Stream((Stage(str(said), (Event("orders", None, b"x"),)),))
"""
ORACLE = "def expected(stream):\n    return {}\n"


@pytest.fixture
def attempt(settings: SandboxSettings, tmp_path: Path) -> Callable[..., str]:
    """Build a lab whose stream is named after what ``attempt()`` returns."""

    def run(code: str, *, oracle: str = ORACLE, seconds: float = 10.0) -> str:
        lab = tmp_path / "labs" / "probe"
        (lab / "answers").mkdir(parents=True)
        (lab / "stream.py").write_text(HEAD + code)
        (lab / "answers" / "oracle.py").write_text(oracle)
        build = build_lab(
            image=settings.image,
            release_files=tmp_path,
            lab="probe",
            seed=1,
            seconds=seconds,
        )
        return build.stages[0].name

    return run


def test_the_same_seed_builds_the_same_lab(settings: SandboxSettings) -> None:
    folder = Path(__file__).parent
    one, two, other = (
        build_lab(
            image=settings.image, release_files=folder, lab="tiny-window", seed=seed
        )
        for seed in (5, 5, 6)
    )
    assert one == two
    assert one != other
    assert one.expected["totals"]


def test_there_is_no_network(attempt) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        said = attempt(
            "import socket\ndef attempt():\n    try:\n"
            f"        socket.create_connection(('127.0.0.1', {port}), timeout=1)\n"
            "    except OSError as error:\n        return 'refused'\n"
            "    return 'connected'\n"
        )
    assert said == "refused"


def test_the_host_cannot_be_read_or_written(attempt) -> None:
    said = attempt(
        "import os\ndef attempt():\n    found = sorted(os.listdir('/'))\n"
        "    try:\n        open('/etc/x', 'w')\n"
        "    except OSError:\n        return ' '.join(found)\n    return 'wrote'\n"
    )
    assert said == "dev etc lib lib64 proc release rt tmp usr"


def test_the_environment_holds_nothing_of_the_worker(
    attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary")
    said = attempt("import os\ndef attempt():\n    return ' '.join(os.environ)\n")
    assert "SECRET_KEY" not in said


def test_an_exception_comes_back_with_its_trace(attempt) -> None:
    with pytest.raises(AuthorFault, match="no such product") as caught:
        attempt("def attempt():\n    raise LookupError('no such product')\n")
    assert caught.value.code == "error"
    assert "stream.py" in caught.value.trace


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import time\ndef attempt():\n    time.sleep(60)\n", "timeout"),
        ("def attempt():\n    while True:\n        pass\n", "timeout"),
        (
            "import os, sys\ndef attempt():\n"
            "    os.write(int(sys.argv[1]), b'{\"stages\": 1}')\n    os._exit(0)\n",
            "garbage",
        ),
        ("import os\ndef attempt():\n    os._exit(0)\n", "garbage"),
        (
            "import os, sys\ndef attempt():\n    while True:\n"
            "        os.write(int(sys.argv[1]), b'x' * 1_000_000)\n",
            "too_large",
        ),
        ("def attempt():\n    return bytearray(4_000_000_000)\n", "error"),
        ("import os\ndef attempt():\n    while True:\n        os.fork()\n", "error"),
    ],
    ids=["sleep", "loop", "garbage", "silence", "flood", "memory", "forks"],
)
def test_bad_code_is_an_authors_fault(attempt, code: str, expected: str) -> None:
    with pytest.raises(AuthorFault) as caught:
        attempt(code, seconds=4.0)
    assert caught.value.code == expected


def test_an_unknown_lab_is_said_to_be_missing(settings: SandboxSettings) -> None:
    with pytest.raises(AuthorFault) as caught:
        build_lab(
            image=settings.image, release_files=Path(__file__).parent, lab="no", seed=1
        )
    assert caught.value.code == "missing"


def test_a_jail_started_beforehand_answers_once_and_is_replaced(
    settings: SandboxSettings,
) -> None:
    desk = AuthorDesk(settings.image)
    desk.start()
    answers = []
    for _ in range(2):
        author = wait_for(desk)
        build = build_lab(
            image=settings.image,
            release_files=ROOT / "tests/sandbox",
            lab="tiny-window",
            seed=7,
            author=author,
        )
        answers.append(build)
        assert not author.is_alive()
    assert answers[0] == answers[1]
    dead = wait_for(desk)
    dead.end()
    left = wait_for(desk)
    try:
        # Asked before the stop: a jail dies with the thread that started it.
        assert left.is_alive()
    finally:
        desk.stop()
        left.end()
    assert desk.take() is None


def wait_for(desk: AuthorDesk) -> Author:
    deadline = time.monotonic() + 10
    while (author := desk.take()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return author
