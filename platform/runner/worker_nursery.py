"""Python workers by fork: ``python -m runner.worker_nursery SOCKET``.

Flink starts a Python worker by a script, one worker after the other, and each spends
1.1 s of processor time on imports alone. This process imports once, while the program
still plans, and forks each worker when that script (``sandbox.image.conf``) asks over
the socket: a request is JSON with arguments, environment and folder, sent with the
script's own descriptors 0 to 2. The worker answers that it is there (``BORN``), and
later comes its exit code, each one byte. The worker holds the line too: where the
script goes away first, it ends, and where this process was killed, the script still
sees when its worker is gone and starts no second one.

It has one thread only: of a process with several a fork may stand still for ever, and
Python says so on the student's stderr.
"""

import contextlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

SOCKET = "/tmp/workers"  # noqa: S108 (the box's own tmpfs)
# This file beside the socket says that the imports are done.
READY = ".ready"
BORN = b"+"
_REQUEST_BYTES = 1 << 20
# A program that calls and says nothing must not keep the scripts waiting.
_REQUEST_SECONDS = 5.0
# Threads that numpy's and Arrow's libraries would start when they are imported.
_WITHOUT_THREADS = {
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
_BOOT = "pyflink.fn_execution.beam.beam_boot"


def main() -> None:
    """Import, then serve for as long as the box lives."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    # Before the imports: a worker asked for meanwhile waits for them in the queue.
    listener.listen(16)
    os.environ.update(_WITHOUT_THREADS)
    import pyflink.fn_execution.beam.beam_sdk_worker_main  # noqa: F401

    Path(sys.argv[1] + READY).touch()
    ended, told = socket.socketpair()
    ended.setblocking(False)
    told.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    lines: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listener, ended], [], [])
        if ended in ready:
            with contextlib.suppress(BlockingIOError):
                ended.recv(4096)
            _tell_ends(lines)
        if listener in ready:
            line, _ = listener.accept()
            _serve(line, lines, (listener, ended, told))


def _serve(
    line: socket.socket,
    lines: dict[int, socket.socket],
    own: tuple[socket.socket, ...],
) -> None:
    """Fork the worker that is asked for over ``line``.

    Where that fails the line is closed, and the script becomes a worker itself.
    """
    descriptors: list[int] = []
    try:
        line.settimeout(_REQUEST_SECONDS)
        text, descriptors, _, _ = socket.recv_fds(line, _REQUEST_BYTES, 3)
        asked = json.loads(text)
        line.settimeout(None)
        child = os.fork()
    except (OSError, ValueError):
        line.close()
    else:
        if child == 0:
            # Lines of other workers, kept open here, would outlive them.
            for one in (*own, *lines.values()):
                one.close()
            _begin_worker(line, asked, descriptors)
        lines[child] = line
    for descriptor in descriptors:
        os.close(descriptor)


def _tell_ends(lines: dict[int, socket.socket]) -> None:
    """Tell the scripts of the workers that have ended how they did."""
    while lines:
        child, status = os.waitpid(-1, os.WNOHANG)
        if child == 0:
            return
        with lines.pop(child) as line, contextlib.suppress(OSError):
            line.send(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))


def _begin_worker(
    line: socket.socket, asked: dict[str, Any], descriptors: list[int]
) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        line.send(BORN)
    threading.Thread(target=_end_with_script, args=(line,), daemon=True).start()
    _become_worker(asked, descriptors)


def _end_with_script(line: socket.socket) -> None:
    """End this worker, however busy it is, once its script is gone."""
    with contextlib.suppress(OSError):
        line.recv(1)
    os.kill(os.getpid(), signal.SIGKILL)


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


if __name__ == "__main__":
    main()
