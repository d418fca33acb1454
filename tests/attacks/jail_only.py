"""Runs one program in a real jail without Flink; given to the image's interpreter.

It stands where an agent stands: an ordinary user in namespaces of its own. One JSON
object on stdin says what to run; stdout gets one that says what came of it.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from sandbox.cell import namespace
from sandbox.cell.box import _process_limits
from sandbox.cell.jailed import kill_jailed, start_jailed
from sandbox.cell.mounts import box_jail
from sandbox.cell.process_table import descendants
from sandbox.cell.sabotage import Sabotage, open_network
from sandbox.cell.scratch import Scratch
from sandbox.protections import Protection
from sandbox.settings import CellSettings


def is_running(pid: int) -> bool:
    """Tell whether it is more than the entry of a dead process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


order = json.loads(sys.stdin.read())
without = frozenset(Protection(name) for name in order["without"])
settings = CellSettings(order["runtime"], order["folders"], without=tuple(without))
namespace.enter(size=settings.broker_bytes)
if Protection.OWN_NETWORK in without:
    open_network()
said, left = "", 0
for number in range(order["times"]):
    scratch = Scratch(
        namespace.CELL_FOLDER / f"box-{number}",
        size=settings.scratch_bytes,
        without=without,
    )
    for name, text in order["files"].items():
        (scratch.work / name).write_text(text)
    sabotage = Sabotage(without, settings.image)
    jail = box_jail(
        settings.image,
        scratch=scratch.mounts(),
        extra=tuple(sabotage.mounts),
        without=without,
    )
    process = start_jailed(
        jail,
        ["/rt/py/bin/python3.12", "attack.py"],
        image=settings.image,
        limits=_process_limits(settings),
        inherit=tuple(sabotage.descriptors),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    sabotage.close()
    try:
        said = process.communicate(timeout=order["seconds"])[0].decode(
            "utf-8", "replace"
        )
    except subprocess.TimeoutExpired:
        said = "ran too long"
    kill_jailed(process)
    deadline = time.monotonic() + 5
    while any(map(is_running, descendants(os.getpid()))):
        if time.monotonic() > deadline:
            left += 1
            break
        time.sleep(0.01)
    scratch.remove()
    left += scratch.work.exists()
sys.stdout.write(json.dumps({"said": said[-20_000:], "left": left}))
sys.stdout.flush()
os._exit(0)
