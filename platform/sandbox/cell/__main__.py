"""``python -m sandbox.cell SETTINGS``: the trusted process of one slot."""

import os
import sys
import traceback

from lab_protocol.messages import CellFailure
from lab_protocol.wire import decode
from sandbox.cell import namespace
from sandbox.cell.agent import Agent
from sandbox.cell.faults import CellFault
from sandbox.cell.host import Host
from sandbox.cell.sabotage import open_network
from sandbox.priority import weigh_sessions
from sandbox.protections import Protection
from sandbox.settings import CellSettings


def main() -> None:
    """Enter the namespaces and serve until the worker goes away."""
    settings = decode(sys.argv[1].encode(), (CellSettings,))
    namespace.enter(size=settings.broker_bytes)
    if Protection.OWN_NETWORK in settings.without:
        open_network()
    weigh_sessions([os.getpid()], os.getpriority(os.PRIO_PROCESS, 0))
    host = Host(warm_up=settings.warm_up)
    try:
        Agent(settings, host).serve()
    except CellFault as fault:
        host.tell(CellFailure(fault.code, str(fault)))
    except Exception as error:  # noqa: BLE001 (the worker must hear of any fault of ours)
        traceback.print_exc()
        host.tell(CellFailure("agent_error", f"{type(error).__name__}: {error}"))
    # Not sys.exit: the thread that reads stdin cannot be ended in order.
    sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    main()
