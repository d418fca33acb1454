"""The runner: ``python -m runner STATUS_DESCRIPTOR [java flags]``.

Starts the cluster while PyFlink is imported, then obeys the agent: warm up, run one
program, say what became of it. The descriptors of the agent are hidden from the
program: its stdin is empty, its children inherit neither control nor status.
"""

import os
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from lab_protocol.box import (
    TO_RUNNER,
    AwaitConsumption,
    BoxReady,
    BoxWarm,
    DumpClasses,
    ProgramEnded,
    ProgramFailed,
    RunProgram,
    WarmUp,
)
from lab_protocol.messages import Language, LearnerError
from lab_protocol.wire import decode, encode
from runner.cluster import Cluster
from runner.failures import describe
from runner.jobs import JobWatch, machine_death
from runner.places import WORK
from runner.python_program import run_python
from runner.sql_program import StatementFailed, run_sql
from runner.warm_up import warm_up


class Status:
    """Writes messages to the agent, whole lines from any thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def send(self, message: object) -> None:
        """Write one message."""
        line = encode(message)
        with self._lock:
            while line:
                line = line[os.write(self._descriptor, line) :]


def main() -> None:
    """Serve until the agent closes the control pipe or kills the box."""
    status = Status(int(sys.argv[1]))
    os.set_inheritable(int(sys.argv[1]), False)
    control = _take_control()
    cluster = Cluster(extra_flags=sys.argv[2:])
    # Imported while Java starts: 0.3 s that cost nothing.
    import pyflink.datastream
    import pyflink.table  # noqa: F401

    cluster.start()
    watch = JobWatch(cluster, status.send)
    status.send(BoxReady())
    for line in control:
        order = decode(line, TO_RUNNER)
        if isinstance(order, RunProgram):
            watch.start()
            # The main thread runs the program, as in `python job.py`; a thread of
            # our own goes on to listen.
            listener = (control, cluster, watch, status)
            threading.Thread(target=_listen, args=listener, daemon=True).start()
            _run(order, cluster, watch, status)
            threading.Event().wait()
        _obey(order, cluster, watch, status)


def _obey(order: object, cluster: Cluster, watch: JobWatch, status: Status) -> None:
    if isinstance(order, WarmUp):
        warm_up(cluster)
        status.send(BoxWarm())
    elif isinstance(order, AwaitConsumption):
        watch.await_consumption(order)
    elif isinstance(order, DumpClasses):
        cluster.exit_in_order()
        os._exit(0)


def _take_control() -> BinaryIO:
    """Move the control pipe away from stdin and leave an empty one there."""
    control = os.fdopen(os.dup(0), "rb")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return control


def _listen(
    control: BinaryIO, cluster: Cluster, watch: JobWatch, status: Status
) -> None:
    for line in control:
        _obey(decode(line, TO_RUNNER), cluster, watch, status)
    os._exit(0)


def _run(order: RunProgram, cluster: Cluster, watch: JobWatch, status: Status) -> None:
    for name, text in order.files.items():
        (WORK / Path(name).name).write_text(text, "utf-8")
    os.chdir(WORK)
    entry = WORK / Path(order.entry).name
    try:
        if order.language is Language.SQL:
            run_sql(entry)
        else:
            run_python(entry)
    except StatementFailed as failure:
        error = failure.error
    except BaseException as failure:  # noqa: BLE001 (the student's program may raise all)
        error = describe(failure)
    else:
        watch.program.has_ended = True
        status.send(ProgramEnded())
        return
    sys.stdout.flush()
    sys.stderr.flush()
    if cluster.exit_code() is not None or error.kind == "Py4JNetworkError":
        death = machine_death(cluster)
        error = LearnerError(
            death.kind, death.message, error.trace, error.file, error.line
        )
    status.send(ProgramFailed(error))


if __name__ == "__main__":
    main()
