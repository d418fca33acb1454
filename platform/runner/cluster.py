"""The Java machine of the box: gateway, MiniCluster, and where PyFlink finds them.

One MiniCluster lives as long as the box and is reached over REST
(``execution.target=remote``). A stock PyFlink starts one per job, which costs 0.7 s and
170 MiB more. ``TableEnvironment.create`` and ``get_execution_environment`` of an
unchanged student's file pick the cluster up from the context set here.
"""

import contextlib
import os
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab_protocol.messages import JobSetup, StateBackend
from runner.places import WORK
from runner.rest import REST_PORT

OUT_OF_MEMORY_EXIT = 3

_JAVA = "/rt/java/bin/java"
_JARS = Path("/rt/jars")
_LOGGING = "/rt/conf/log4j2.properties"
_TEMPORARY = Path("/tmp")  # noqa: S108 (the box's own tmpfs)
_CONNECTION = _TEMPORARY / "gateway"

# The packages that Flink opens to itself in its own start scripts, as far as this
# runtime has the modules.
_OPENS = (
    "java.lang",
    "java.net",
    "java.io",
    "java.nio",
    "java.lang.reflect",
    "java.text",
    "java.time",
    "java.util",
    "java.util.concurrent",
    "java.util.concurrent.atomic",
    "java.util.concurrent.locks",
    "sun.nio.ch",
)

_JVM_FLAGS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    # The code cache never fills in a box's life; its growth alone made two full
    # collections of 0.1 s each before the first job was done.
    "-XX:-UseCodeCacheFlushing",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:MaxMetaspaceSize=256m",
    "-XX:MaxDirectMemorySize=160m",
    "-Xmx384m",
    # A third of the heap by default, and every page of it is touched before the first
    # collection: 466 MiB at the end of a run of cdc-source, 400 MiB with this.
    "-Xmn48m",
    "-Xss512k",
    "-XX:ErrorFile=/dev/null",
    "-XX:-CreateCoredumpOnCrash",
)

_CLUSTER = {
    "rest.address": "localhost",
    "rest.bind-address": "localhost",
    "rest.port": str(REST_PORT),
    "rest.bind-port": str(REST_PORT),
    # 1 CPU core of threads instead of one set per core: the box has one job.
    "rest.server.numThreads": "2",
    "jobmanager.rpc.address": "localhost",
    "taskmanager.memory.network.min": "32m",
    "taskmanager.memory.network.max": "32m",
    "taskmanager.memory.managed.size": "64m",
    "taskmanager.numberOfTaskSlots": "8",
    "io.tmp.dirs": str(_TEMPORARY),
    "web.tmpdir": str(_TEMPORARY),
    "web.submit.enable": "false",
    # Consumption of a stage is read from metrics; the default of 10 s would make each
    # stage last as long, and 0 would turn metrics off.
    "metrics.fetcher.update-interval": "10ms",
    # A cluster of many jobs gathers requests for slots for 50 ms; here is one job.
    "slotmanager.requirement-check.delay": "0ms",
    "slotmanager.declare-needed-resource.delay": "0ms",
    # A task that starts before its upstream neighbour asks again after 100 ms.
    "taskmanager.network.request-backoff.initial": "10",
    # How old the states of tasks may be that REST tells; the default is 3 s.
    "web.refresh-interval": "20",
    "classloader.check-leaked-classloader": "false",
}

_JOBS = {
    "execution.target": "remote",
    "execution.attached": "true",
    "execution.shutdown-on-attached-exit": "false",
    "rest.address": "localhost",
    "rest.port": str(REST_PORT),
    "rest.retry.delay": "100",
    "parallelism.default": "1",
    "restart-strategy.type": "none",
    "pipeline.auto-watermark-interval": "20ms",
    "execution.buffer-timeout.interval": "5ms",
    "table.local-time-zone": "UTC",
    "python.executable": "/rt/py/bin/python3.12",
    "python.client.executable": "/rt/py/bin/python3.12",
    "python.fn-execution.bundle.time": "20",
    "classloader.check-leaked-classloader": "false",
}

CHECKPOINTS = WORK / "checkpoints"


def _setup_options(setup: JobSetup) -> dict[str, str]:
    options: dict[str, str] = {}
    if setup.state_backend is StateBackend.ROCKSDB:
        options |= {
            "state.backend.type": "rocksdb",
            # One of eight slots would get 8 MiB of managed memory, less than the
            # block cache and write buffers that RocksDB takes by itself.
            "state.backend.rocksdb.memory.managed": "false",
            "state.backend.rocksdb.localdir": f"{_TEMPORARY}/rocksdb",
            "execution.checkpointing.incremental": "true",
        }
    if setup.checkpoint_interval_ms:
        options |= {
            "execution.checkpointing.interval": f"{setup.checkpoint_interval_ms}ms",
            "execution.checkpointing.dir": f"file://{CHECKPOINTS}",
        }
    if setup.kill_during:
        options |= {
            "restart-strategy.type": "fixed-delay",
            # One lost task manager can fail a job more than once: by the tasks that
            # it takes along, and by slots that are not there yet.
            "restart-strategy.fixed-delay.attempts": str(5 * len(setup.kill_during)),
            "restart-strategy.fixed-delay.delay": "100ms",
        }
    return options


class Cluster:
    """The gateway process and the MiniCluster in it."""

    def __init__(self, *, extra_flags: list[str]) -> None:
        """Start the Java machine; returns at once."""
        jars = sorted(str(path) for path in _JARS.glob("*.jar"))
        opens = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in _OPENS]
        self._process = subprocess.Popen(
            [
                _JAVA,
                *_JVM_FLAGS,
                *extra_flags,
                *opens,
                f"-Dlog4j2.configurationFile={_LOGGING}",
                "-Dlog4j2.disableJmx=true",
                "-cp",
                ":".join(jars),
                "org.apache.flink.client.python.PythonGatewayServer",
            ],
            # The gateway ends when its stdin does; the pipe is never written to.
            stdin=subprocess.PIPE,
            env={**os.environ, "_PYFLINK_CONN_INFO_PATH": str(_CONNECTION)},
        )
        self._mini: Any = None
        self.gateway: Any = None

    @property
    def pid(self) -> int:
        """Process id of the Java machine, as the box counts."""
        return self._process.pid

    @property
    def mini(self) -> Any:
        """The MiniCluster (a Java object)."""
        return self._mini

    def exit_code(self) -> int | None:
        """Exit code of the Java machine, None while it lives."""
        return self._process.poll()

    def wait_gone(self, seconds: float) -> int | None:
        """Wait a moment for the Java machine to end; its exit code or None."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def start(self) -> None:
        """Attach to the gateway and start the MiniCluster; blocks until it serves."""
        self._wait_for(lambda: _CONNECTION.exists() and _CONNECTION.stat().st_size >= 4)
        port = struct.unpack("!I", _CONNECTION.read_bytes()[:4])[0]
        os.environ["PYFLINK_GATEWAY_PORT"] = str(port)
        from pyflink.java_gateway import get_gateway

        self.gateway = get_gateway()
        flink = self.gateway.jvm.org.apache.flink
        configuration = self._configuration(_CLUSTER)
        settings = (
            flink.runtime.minicluster.MiniClusterConfiguration.Builder()
            .setConfiguration(configuration)
            .setNumTaskManagers(1)
            .setNumSlotsPerTaskManager(8)
            .build()
        )
        # Left alone, the cluster would look for its RPC system in the jar inside
        # flink-dist; the image has that jar on the class path.
        suppliers = flink.shaded.guava33.com.google.common.base.Suppliers
        remote_calls = flink.runtime.rpc.pekko.PekkoRpcSystem()
        self._mini = flink.runtime.minicluster.MiniCluster(
            settings, suppliers.ofInstance(flink.util.Reference.borrowed(remote_calls))
        )
        self._mini.start()
        self.configure(JobSetup())

    def configure(self, setup: JobSetup) -> None:
        """Set what jobs begin with; a program's own settings stand above it."""
        flink = self.gateway.jvm.org.apache.flink
        context = self._configuration(_JOBS | _setup_options(setup))
        loader = self.gateway.jvm.Thread.currentThread().getContextClassLoader()
        flink.client.program.StreamContextEnvironment.setAsContext(
            flink.core.execution.DefaultExecutorServiceLoader(),
            context,
            loader,
            False,  # a program may submit more than one job
            True,  # and its stdout is its own: no "Job has been submitted"
        )

    def exit_in_order(self) -> None:
        """Let the Java machine write its class archive and end (closing does not)."""
        # The call itself dies with the machine, in one of several ways.
        with contextlib.suppress(Exception):
            self.gateway.jvm.System.exit(0)
        self._process.wait(120)

    def _configuration(self, values: dict[str, str]) -> Any:
        result = self.gateway.jvm.org.apache.flink.configuration.Configuration()
        for key, value in values.items():
            result.setString(key, value)
        return result

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        while not condition():
            if self._process.poll() is not None:
                raise RuntimeError(f"java ended with {self._process.returncode}")
            time.sleep(0.005)
