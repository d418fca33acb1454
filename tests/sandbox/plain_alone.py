"""Runs one program of plain Python as a slot does, without Java and broker.

``plain_alone.py SETTINGS REQUEST [blind]`` is started as an agent is, in namespaces of
its own, and prints the outcome. What limits a box limits this one; ``blind``, without
the watchdog, which then reads only once.
"""

import sys
import time

from lab_protocol.messages import RunRequest
from lab_protocol.wire import decode, encode
from sandbox.cell import namespace, plain
from sandbox.cell.plain import PlainRun
from sandbox.settings import CellSettings


def main() -> None:
    """Run the request and print its outcome as one line."""
    settings = decode(sys.argv[1].encode(), (CellSettings,))
    request = decode(sys.argv[2].encode(), (RunRequest,))
    if "blind" in sys.argv:
        plain._METER_SECONDS = 1e9
    namespace.enter(size=settings.broker_bytes)
    run = PlainRun(
        request,
        settings,
        received=time.monotonic(),
        is_cancelled=lambda: False,
        tell=lambda progress: None,
    )
    outcome = run.execute()
    if any(namespace.CELL_FOLDER.iterdir()):
        raise RuntimeError("the scratch space is still there")
    sys.stdout.buffer.write(encode(outcome))


if __name__ == "__main__":
    main()
