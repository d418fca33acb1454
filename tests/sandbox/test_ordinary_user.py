"""The engine works, and its jail holds, where the worker itself is an ordinary user.

One process of that user does what a worker does: it proves its jail, builds a lab in
the author's jail and runs programs in a slot. What comes out is graded here.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curriculum.run_request import make_request
from grading.verdict import Result
from lab_protocol.messages import Language, RunOutcome
from lab_protocol.wire import decode, encode
from sandbox.privileges import as_ordinary_user
from sandbox.selfcheck import PROBES
from sandbox.settings import SandboxSettings
from sandbox.slot import agent_environment
from tests.content.labs import LABS, answer, build_of, graded, spec_of

pytestmark = pytest.mark.flink

UID = 61_392
LAB = "cdc-source"
SEED = 11
WRONG = "deletes-from-after"
WORKER = """
import json, os, sys
from pathlib import Path
from lab_protocol.messages import RunRequest
from lab_protocol.wire import decode, encode
from sandbox.author import build_lab
from sandbox.image.manifest import load_image
from sandbox.pool import SlotPool
from sandbox.selfcheck import prove_jail
from sandbox.settings import SandboxSettings

orders = json.load(sys.stdin)
image = load_image(Path(orders["runtime"]))
requests = [decode(line.encode(), (RunRequest,)) for line in orders["requests"]]
with SlotPool(SandboxSettings(image=image, slots=1, warm_up=False)) as pool:
    findings = prove_jail(pool)
    build = build_lab(
        image=image, release_files=Path(orders["files"]), lab=orders["lab"],
        seed=orders["seed"], with_states=True,
    )
    outcomes = [
        pool.run(
            request, on_progress=lambda progress: None, is_cancelled=lambda: False
        )
        for request in requests
    ]
leaks = {finding.name: finding.seen for finding in findings if not finding.is_denied}
print(json.dumps({
    "users": [os.getuid(), os.geteuid()],
    "probes": len(findings),
    "leaks": leaks,
    "same_stream": all(build.stages == request.stages for request in requests),
    "outcomes": [encode(outcome).decode() for outcome in outcomes],
}))
"""


@pytest.fixture
def readable_labs() -> Iterator[Path]:
    """A copy of the labs that anybody may read, as a release is on a host."""
    folder = Path(tempfile.mkdtemp(prefix="potok-labs-"))
    try:
        shutil.copytree(LABS, folder / "labs")
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield folder
    finally:
        shutil.rmtree(folder)


def request_for(number: int, program: str) -> str:
    """Return the request that a worker would send for the program."""
    request = make_request(
        run_id=f"ordinary-{number}",
        spec=spec_of(LAB),
        stream=build_of(LAB, SEED).stream,
        language=Language.SQL,
        files={"job.sql": program},
    )
    return encode(request).decode()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_proves_the_jail_and_grades_a_lab(
    settings: SandboxSettings, readable_labs: Path
) -> None:
    image = settings.image
    programs = [answer(LAB, "solution.sql"), answer(LAB, f"wrong/{WRONG}.sql")]
    orders: dict[str, Any] = {
        "runtime": str(image.runtime.resolve()),
        "files": str(readable_labs),
        "lab": LAB,
        "seed": SEED,
        "requests": [request_for(*item) for item in enumerate(programs)],
    }
    done = subprocess.run(
        [*as_ordinary_user(UID), str(image.python), "-c", WORKER],
        input=json.dumps(orders),
        env=agent_environment(image),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["users"] == [UID, UID]
    assert (said["probes"], said["leaks"]) == (PROBES, {})
    assert said["same_stream"]
    right, wrong = (
        graded(LAB, build_of(LAB, SEED), decode(text.encode(), (RunOutcome,)))
        for text in said["outcomes"]
    )
    assert (right.result, right.points) == (Result.PASSED, 100), right
    assert (wrong.result, wrong.misconception) == (Result.FAILED, WRONG), wrong


AUTHOR = """
import json, sys, threading
from pathlib import Path
from sandbox.author import build_lab
from sandbox.image.manifest import load_image

orders = json.load(sys.stdin)
wait = threading.Event()
# As many as the Java machines of a slot have, and more than a jail may have.
for _ in range(80):
    threading.Thread(target=wait.wait, daemon=True).start()
build = build_lab(
    image=load_image(Path(orders["runtime"])), release_files=Path(orders["files"]),
    lab=orders["lab"], seed=orders["seed"],
)
print(len(build.stages))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_authors_jail_counts_no_process_of_its_users_others(
    settings: SandboxSettings, readable_labs: Path
) -> None:
    orders = {
        "runtime": str(settings.image.runtime.resolve()),
        "files": str(readable_labs),
        "lab": LAB,
        "seed": SEED,
    }
    done = subprocess.run(
        [*as_ordinary_user(UID + 5), str(settings.image.python), "-c", AUTHOR],
        input=json.dumps(orders),
        env=agent_environment(settings.image),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(build_of(LAB, SEED).stages)
