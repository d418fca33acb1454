"""The runner of plain Python: ``python -m runner.plain STATUS_DESCRIPTOR``.

Neither Java nor PyFlink: it starts in a tenth of a second, when it is needed, and runs
one program over the files in /work/in.
"""

import sys

from lab_protocol.box import TO_RUNNER, ProgramEnded, ProgramFailed, RunProgram
from lab_protocol.wire import decode
from runner.channel import Status, lay_out, take_control
from runner.failures import describe
from runner.python_program import run_python


def main() -> None:
    """Run the one program that the agent sends; the box ends with this process."""
    status = Status(int(sys.argv[1]))
    order = decode(take_control().readline(), TO_RUNNER)
    if not isinstance(order, RunProgram):
        raise TypeError(f"{type(order).__name__} is no order for plain Python")
    entry = lay_out(order)
    try:
        run_python(entry)
    except BaseException as failure:  # noqa: BLE001 (the student's program may raise all)
        answer: object = ProgramFailed(describe(failure))
    else:
        answer = ProgramEnded()
    sys.stdout.flush()
    sys.stderr.flush()
    status.send(answer)


if __name__ == "__main__":
    main()
