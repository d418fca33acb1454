"""The few configuration files of a jail: /etc, logging, and the Python worker's start.

Everything here is fixed text: nothing of the host (its users, name servers, host
name) is carried into a jail.
"""

import hashlib
from pathlib import Path

from sandbox.jail import JAIL_UID

_ETC = {
    "passwd": f"learner:x:{JAIL_UID}:{JAIL_UID}::/work:/bin/false\n",
    "group": f"learner:x:{JAIL_UID}:\n",
    "hosts": "127.0.0.1 localhost lab broker author\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}

# Warnings and errors go to the student's stderr, and the story of a run: what becomes
# of jobs and tasks, checkpoints, partitions that a source has found. All of Flink at
# INFO would be thousands of lines. The loggers that are off speak in every healthy run:
# the Kafka client's application-info bean is registered once for each source and
# complains from the second on, and misses its version file in a box that was not warmed
# up; its configuration dump lists keys of the connector that the client itself does not
# know, and a source without a group id is told that it commits no offsets. The client
# lies in the connector's jar under a name of its own.
_KAFKA = "org.apache.flink.kafka.shaded.org.apache.kafka"
_LOG4J = f"""\
status = off
rootLogger.level = WARN
rootLogger.appenderRef.console.ref = console
appender.console.name = console
appender.console.type = CONSOLE
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %-5p %c{{1}}: %m%n%throwable{{short.message}}
logger.clientinfo.name = {_KAFKA}.common.utils.AppInfoParser
logger.clientinfo.level = OFF
logger.clientconfig.name = {_KAFKA}.clients.admin.AdminClientConfig
logger.clientconfig.level = ERROR
logger.consumerconfig.name = {_KAFKA}.clients.consumer.ConsumerConfig
logger.consumerconfig.level = ERROR
logger.producerconfig.name = {_KAFKA}.clients.producer.ProducerConfig
logger.producerconfig.level = ERROR
logger.sourcebuilder.name = org.apache.flink.connector.kafka.source.KafkaSourceBuilder
logger.sourcebuilder.level = ERROR
logger.sourcereader.name = org.apache.flink.connector.kafka.source.reader
logger.sourcereader.level = ERROR
logger.akka.name = org.apache.pekko
logger.akka.level = OFF
logger.minicluster.name = org.apache.flink.runtime
logger.minicluster.level = ERROR
logger.taskcancel.name = org.apache.flink.runtime.taskmanager.Task
logger.taskcancel.level = OFF
logger.configuration.name = org.apache.flink.configuration
logger.configuration.level = ERROR
logger.tasks.name = org.apache.flink.runtime.executiongraph.ExecutionGraph
logger.tasks.level = INFO
logger.checkpoints.name = org.apache.flink.runtime.checkpoint.CheckpointCoordinator
logger.checkpoints.level = INFO
logger.partitions.name = \
org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumerator
logger.partitions.level = INFO
"""

# Flink starts a Python worker by this name. The original wants bash, env and tee; this
# one needs only the interpreter, so that /bin of the box can stay empty. It stands for
# a worker that was forked with all imports done (runner/worker_nursery.py), and becomes
# one itself where no nursery serves. A worker that was there once is not made again:
# its id is used up, and Flink knows what to do about one that ended.
PYTHON_WORKER_SCRIPT = """\
#!/rt/py/bin/python3.12
import os
import socket
import sys

if folder := os.environ.get("_PYTHON_WORKING_DIR"):
    os.chdir(folder)
line = socket.socket(socket.AF_UNIX)
born = code = b""
try:
    line.connect("/tmp/workers")
    import json

    asked = {
        "arguments": sys.argv,
        "environment": dict(os.environ),
        "folder": os.getcwd(),
    }
    socket.send_fds(line, [json.dumps(asked).encode()], [0, 1, 2])
    born = line.recv(1)
    code = line.recv(1)
except OSError:
    pass
if born:
    os._exit(code[0] if code else 1)
else:
    import runpy

    runpy.run_module(
        "pyflink.fn_execution.beam.beam_boot", run_name="__main__", alter_sys=True
    )
"""


def digest() -> str:
    """Return a digest over all texts of this module."""
    parts = [*_ETC.items(), _LOG4J]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def write_files(folder: Path) -> None:
    """Write ``etc/`` and the logging configuration into ``folder``."""
    (folder / "etc").mkdir()
    for name, text in _ETC.items():
        (folder / "etc" / name).write_text(text, "utf-8")
    (folder / "log4j2.properties").write_text(_LOG4J, "utf-8")
    (folder / "bin").mkdir()


def write_python_worker_script(folder: Path) -> None:
    """Replace Flink's shell script in ``folder`` by one that needs no shell."""
    script = folder / "pyflink-udf-runner.sh"
    script.unlink()  # a hard link: writing through it would change the environment
    script.write_text(PYTHON_WORKER_SCRIPT, "utf-8")
    script.chmod(0o755)
