"""The runner: ``python -m runner STATUS_DESCRIPTOR [java flags]``.

Starts the cluster while PyFlink is imported, then obeys the agent: warm up, run one
program, say what became of it. The descriptors of the agent are hidden from the
program: its stdin is empty, its children inherit neither control nor status.
"""

import os
import sys
import threading
from typing import BinaryIO

from lab_protocol.box import (
    TO_RUNNER,
    AwaitConsumption,
    BoxReady,
    BoxWarm,
    ConfirmQuiet,
    DumpClasses,
    KillTaskManager,
    ProgramEnded,
    ProgramFailed,
    RunProgram,
    TakeCheckpoint,
    TellEvidence,
    WarmUp,
)
from lab_protocol.messages import JobSetup, Language, LearnerError
from lab_protocol.wire import decode
from runner.channel import Status, lay_out, take_control
from runner.cluster import Cluster
from runner.connections import keep_threads_apart, silence_lost_connections
from runner.drill import Drill
from runner.evidence import tell_evidence
from runner.failures import describe
from runner.jobs import JobWatch, machine_death
from runner.priority import weigh_session
from runner.python_program import run_python
from runner.sql_program import StatementFailed, run_sql
from runner.warm_up import warm_up


def main() -> None:
    """Serve until the agent closes the control pipe or kills the box."""
    status = Status(int(sys.argv[1]))
    control = take_control()
    weigh_session()
    cluster = Cluster(extra_flags=sys.argv[2:])
    # Imported while Java starts: 0.3 s that cost nothing.
    import pyflink.datastream
    import pyflink.table  # noqa: F401

    cluster.start()
    keep_threads_apart(cluster.gateway)
    silence_lost_connections()
    watch = JobWatch(cluster, status.send)
    drill = Drill(cluster, status.send)
    status.send(BoxReady())
    for line in control:
        order = decode(line, TO_RUNNER)
        if isinstance(order, RunProgram):
            watch.start()
            # The main thread runs the program, as in `python job.py`; a thread of
            # our own goes on to listen.
            listener = (control, cluster, watch, drill, status)
            threading.Thread(target=_listen, args=listener, daemon=True).start()
            _run(order, cluster, watch, status)
            threading.Event().wait()
        _obey(order, cluster, watch, drill, status)


def _obey(
    order: object, cluster: Cluster, watch: JobWatch, drill: Drill, status: Status
) -> None:
    if isinstance(order, WarmUp):
        warm_up(cluster)
        status.send(BoxWarm())
    elif isinstance(order, AwaitConsumption):
        watch.await_consumption(order)
    elif isinstance(order, ConfirmQuiet):
        watch.confirm_quiet(order)
    elif isinstance(order, TakeCheckpoint):
        drill.take_checkpoint(order)
    elif isinstance(order, KillTaskManager):
        drill.kill_task_manager(order)
    elif isinstance(order, TellEvidence):
        tell_evidence(watch, status.send)
    elif isinstance(order, DumpClasses):
        cluster.exit_in_order()
        os._exit(0)


def _listen(
    control: BinaryIO,
    cluster: Cluster,
    watch: JobWatch,
    drill: Drill,
    status: Status,
) -> None:
    for line in control:
        _obey(decode(line, TO_RUNNER), cluster, watch, drill, status)
    os._exit(0)


def _run(order: RunProgram, cluster: Cluster, watch: JobWatch, status: Status) -> None:
    entry = lay_out(order)
    if order.setup != JobSetup():
        cluster.configure(order.setup)
    try:
        if order.language is Language.SQL:
            run_sql(entry)
        else:
            watch.prepare_workers(order.files.values())
            run_python(entry)
    except StatementFailed as failure:
        error = failure.error
    except BaseException as failure:  # noqa: BLE001 (the student's program may raise all)
        error = describe(failure)
    else:
        watch.program.end()
        status.send(ProgramEnded())
        return
    sys.stdout.flush()
    sys.stderr.flush()
    if _is_gone(cluster, error.kind):
        death = machine_death(cluster)
        error = LearnerError(
            death.kind, death.message, error.trace, error.file, error.line
        )
    status.send(ProgramFailed(error))


def _is_gone(cluster: Cluster, kind: str) -> bool:
    """Tell whether the Java machine has ended under the program.

    py4j tells it as Py4JNetworkError, or as a bare Py4JError ("calling None.None") when
    the answer was cut off; that one is also told of a method that does not exist.
    """
    if cluster.exit_code() is not None or kind == "Py4JNetworkError":
        return True
    return kind == "Py4JError" and cluster.wait_gone(1) is not None


if __name__ == "__main__":
    main()
