"""Runs the probe in a box's jail without Java or broker: ``jail_alone.py SETTINGS``.

Started by test_sabotage as an agent is, in namespaces of its own. Prints what the
probe found.
"""

import json
import subprocess
import sys
from pathlib import Path

from lab_protocol.wire import decode
from sandbox import probe_program
from sandbox.cell import namespace
from sandbox.cell.box import _process_limits
from sandbox.cell.jailed import start_jailed
from sandbox.cell.mounts import box_jail
from sandbox.cell.sabotage import Sabotage, open_network
from sandbox.cell.scratch import Scratch
from sandbox.protections import CANARY, Protection
from sandbox.selfcheck import limits_to_find
from sandbox.settings import CellSettings


def main() -> None:
    """Make the jail, run the probe in it, take the scratch space away."""
    settings = decode(sys.argv[1].encode(), (CellSettings,))
    without = frozenset(settings.without)
    namespace.enter(size=settings.broker_bytes)
    if Protection.OWN_NETWORK in without:
        open_network()
    folder = namespace.CELL_FOLDER / "box"
    scratch = Scratch(folder, size=settings.scratch_bytes, without=without)
    sabotage = Sabotage(without, settings.image)
    targets = {
        "port": 1,
        "file": "/root/.env",
        "runtime": "/rt/app",
        "canary": CANARY,
        **limits_to_find(settings),
        "read_topic": "in",
        "write_topic": "out",
    }
    (scratch.work / "targets.json").write_text(json.dumps(targets))
    source = Path(probe_program.__file__).read_text("utf-8")
    (scratch.work / "probe.py").write_text(source)
    process = start_jailed(
        box_jail(
            settings.image,
            scratch=scratch.mounts(),
            extra=tuple(sabotage.mounts),
            without=without,
        ),
        ["/rt/py/bin/python3.12", "/work/probe.py"],
        image=settings.image,
        limits=_process_limits(settings),
        inherit=sabotage.descriptors,
        stdout=subprocess.PIPE,
    )
    answer, _ = process.communicate(timeout=60)
    scratch.remove()
    if folder.exists():
        raise RuntimeError("the scratch space is still there")
    sys.stdout.write(answer.decode())


if __name__ == "__main__":
    main()
