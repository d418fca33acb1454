"""Python workers by fork: ``python -m runner.worker_nursery SOCKET``.

Flink starts a Python worker by a script, one worker after the other, and each spends
1.1 s of processor time on imports alone. This process imports once, while the program
still plans, and forks each worker when that script (``sandbox.image.conf``) asks over
the socket: a request is JSON with arguments, environment and folder, sent with the
script's own descriptors 0 to 2. The answer is the worker's exit code, one byte; where
the script goes away first, its worker is ended.
"""

import contextlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

SOCKET = "/tmp/workers"  # noqa: S108 (the box's own tmpfs)
# This file beside the socket says that the imports are done.
READY = ".ready"
_REQUEST_BYTES = 1 << 20
_BOOT = "pyflink.fn_execution.beam.beam_boot"


def main() -> None:
    """Import, then serve for as long as the box lives."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    # Before the imports: a worker asked for meanwhile waits for them in the queue.
    listener.listen(16)
    import pyflink.fn_execution.beam.beam_sdk_worker_main  # noqa: F401

    Path(sys.argv[1] + READY).touch()
    while True:
        line, _ = listener.accept()
        _serve(listener, line)


def _serve(listener: socket.socket, line: socket.socket) -> None:
    text, descriptors, _, _ = socket.recv_fds(line, _REQUEST_BYTES, 3)
    child = os.fork()
    if child == 0:
        listener.close()
        _become_worker(json.loads(text), descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    threading.Thread(target=_follow, args=(line, child), daemon=True).start()


def _become_worker(asked: dict[str, Any], descriptors: list[int]) -> None:
    """Go on as the process that the script stands for; never returns."""
    code = 1
    try:
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.chdir(asked["folder"])
        extra = [part for part in asked["environment"]["PYTHONPATH"].split(":") if part]
        sys.path[:0] = [part for part in extra if part not in sys.path]
        sys.argv = asked["arguments"]
        runpy.run_module(_BOOT, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 (as the interpreter does with what is not caught)
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _follow(line: socket.socket, child: int) -> None:
    """Tell the script how its worker ended, or end the worker with its script."""
    threading.Thread(target=_end_with_script, args=(line, child), daemon=True).start()
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(OSError):
        line.send(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))
    line.close()


def _end_with_script(line: socket.socket, child: int) -> None:
    with contextlib.suppress(OSError):
        if line.recv(1) == b"":
            os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
