"""Execute the blocks of a lesson that need Python alone, and compare what they print.

The blocks of one text run in order in one interpreter of their own, with the standard
library and nothing else, in an empty folder.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from curriculum.fences import Engine, Fence, FenceKind, find_fences

SECONDS = 60

# `-S` leaves installed packages out; each block's output is told apart by the driver.
_DRIVER = """
import contextlib, io, json, sys, traceback
said, names = [], {"__name__": "__main__"}
for code in json.load(sys.stdin):
    out = io.StringIO()
    error = ""
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(code, "lesson", "exec"), names)
        except Exception as caught:
            error = "".join(traceback.format_exception_only(caught)).rstrip()
    said.append([out.getvalue(), error])
json.dump(said, sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Block:
    """A block with what the page shows of it and what it really said.

    ``shown`` is None where no output follows; ``error`` is the last line of an
    exception, empty where the block ended well.
    """

    fence: Fence
    shown: str | None
    printed: str
    error: str

    @property
    def complaint(self) -> str:
        """What is wrong with the block, empty where page and execution agree."""
        fails = self.fence.header.kind is FenceKind.FAILS
        if fails != bool(self.error):
            return f"{'ended well' if fails else 'failed'}: {self.error}"
        said = self.printed.rstrip("\n")
        if fails:
            said = "\n".join(part for part in (said, self.error) if part)
        if said != (self.shown or ""):
            return f"said\n{said}\nthe page shows\n{self.shown}"
        return ""


def execute(text: Path) -> list[Block]:
    """Return the executed blocks ``on="python"`` of the lesson ``text``."""
    lines = text.read_text("utf-8")
    fences = find_fences(lines)
    chosen = [
        (fence, following)
        for fence, following in zip(fences, (*fences[1:], None), strict=True)
        if fence.header.engine is Engine.PYTHON
        and fence.header.kind in {FenceKind.RUN, FenceKind.FAILS}
    ]
    if not chosen:
        return []
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", "-c", _DRIVER],
        input=json.dumps([fence.body for fence, _ in chosen]),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    return [
        Block(fence, _shown(following), printed, error)
        for (fence, following), (printed, error) in zip(
            chosen, json.loads(ran.stdout), strict=True
        )
    ]


def _shown(following: Fence | None) -> str | None:
    if following is None or following.header.kind is not FenceKind.OUTPUT:
        return None
    return following.body
