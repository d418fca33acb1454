"""The engine works, and its jail holds, where the worker itself is an ordinary user."""

import json
import os
import subprocess

import pytest

from sandbox.privileges import as_ordinary_user
from sandbox.settings import SandboxSettings
from sandbox.slot import agent_environment

pytestmark = pytest.mark.flink

UID = 61_392
WORKER = """
import json, os, sys
from pathlib import Path
from sandbox.image.manifest import load_image
from sandbox.pool import SlotPool
from sandbox.selfcheck import prove_jail
from sandbox.settings import SandboxSettings

image = load_image(Path(sys.argv[1]))
with SlotPool(SandboxSettings(image=image, slots=1, warm_up=False)) as pool:
    findings = prove_jail(pool)
leaks = {finding.name: finding.seen for finding in findings if not finding.is_denied}
print(json.dumps({"user": os.geteuid(), "probes": len(findings), "leaks": leaks}))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_pool_of_an_ordinary_user_runs_and_proves_its_jail(
    settings: SandboxSettings,
) -> None:
    image = settings.image
    command = [*as_ordinary_user(UID), str(image.python), "-c", WORKER]
    done = subprocess.run(
        [*command, str(image.runtime.resolve())],
        env=agent_environment(image),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said == {"user": UID, "probes": 36, "leaks": {}}
