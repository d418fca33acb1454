"""Postgres, Kafka and Kafka Connect for one recording, on loopback only.

Each is started, awaited and ended by its own id; leaving the ``with`` ends it, also
after a failure or Ctrl-C.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from recording.settings import POSTGRES_SETTINGS, properties

# For two cores that do other work too; on quiet ones the longest wait is 10 s.
_PATIENCE_SECONDS = 120.0
# What Connect's own limit for its tasks is; the process gets as long again.
STOP_SECONDS = 45
_LAST_LINES = 5


class RecordingError(RuntimeError):
    """A part of the recording is missing or did not do what it should."""


@dataclass(frozen=True, slots=True)
class Database:
    """A running Postgres; the user and the database are both called ``shop``."""

    port: int
    password: str
    program: "Program"

    def connect(self) -> psycopg.Connection:
        """Return a connection that commits by itself."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="shop",
            password=self.password,
            dbname="shop",
            autocommit=True,
        )


@dataclass(frozen=True, slots=True)
class Broker:
    """A running Kafka."""

    port: int
    program: "Program"


def postgres_binaries() -> Path | None:
    """Return the folder of the newest Postgres with initdb, or None."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: int(path.parent.parent.name), default=None)
    if newest is not None:
        return newest.parent
    command = shutil.which("initdb")
    return None if command is None else Path(command).resolve().parent


def free_port() -> int:
    """Return a port of loopback that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Program:
    """One process that was started, and the file that its output goes to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    # SIGINT is ignored by what a shell starts in the background, Java included: Connect
    # was then ended by force, before it had written down how far it was.
    ends_by: signal.Signals = signal.SIGTERM

    def failure(self, what: str) -> RecordingError:
        """Return an error in one line: who, what, and the end of the log.

        One line, because reports of tests show only the first.
        """
        code = self.process.poll()
        state = "runs" if code is None else f"ended with code {code}"
        lines = self.log.read_text("utf-8", errors="replace").splitlines()
        # Java's stack says where in Kafka; the line before it says what.
        told = [line for line in lines if line.strip() and not line.startswith("\tat ")]
        last = " | ".join(told[-_LAST_LINES:]) or "empty"
        return RecordingError(f"{self.name} ({state}): {what}; its log ends: {last}")

    def kill(self) -> None:
        """End it at once, as a failure of its machine would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> bool:
        """Ask it to end, with force after a while.

        Returns False if force was needed.
        """
        if self.process.poll() is None:
            self.process.send_signal(self.ends_by)
            try:
                self.process.wait(2 * STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                return False
        return True

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        """Block until ``holds``; RecordingError after 120 s or when it has ended."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not holds():
            if self.process.poll() is not None:
                raise self.failure(f"ended before {what}")
            if time.monotonic() > deadline:
                raise self.failure(f"not within {_PATIENCE_SECONDS:.0f} s: {what}")
            time.sleep(0.1)


@contextmanager
def running(
    name: str,
    command: Sequence[str | Path],
    log: Path,
    *,
    account: str | None = None,
    ends_by: signal.Signals = signal.SIGTERM,
) -> Iterator[Program]:
    """Run a program until the block is left; its output goes to ``log``."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            user=account,
            group=account,
            extra_groups=None if account is None else [],
            start_new_session=True,
        )
    program = Program(name, process, log, ends_by)
    try:
        yield program
    finally:
        program.stop()


@contextmanager
def postgres(folder: Path) -> Iterator[Database]:
    """Run a fresh Postgres with logical decoding."""
    binaries = postgres_binaries()
    if binaries is None:
        raise RecordingError("no initdb: install the package postgresql")
    # Postgres refuses to run as root; its package brings the account for it.
    account = "postgres" if os.geteuid() == 0 else None
    home = folder / "postgres"
    home.mkdir(mode=0o700)
    secret = home / "password"
    port, password = free_port(), secrets.token_hex(16)
    secret.write_text(password, "ascii")
    if account is not None:
        owner = pwd.getpwnam(account)
        for path in (home, secret):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    made = subprocess.run(
        [
            binaries / "initdb",
            f"--pgdata={home / 'data'}",
            "--username=shop",
            "--auth=scram-sha-256",
            f"--pwfile={secret}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        capture_output=True,
        check=False,
        cwd=home,
        user=account,
        group=account,
        extra_groups=None if account is None else [],
    )
    if made.returncode != 0:
        said = " | ".join(made.stderr.decode(errors="replace").splitlines())
        raise RecordingError(f"initdb (ended with code {made.returncode}): {said}")
    settings = POSTGRES_SETTINGS | {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "timezone": "UTC",
        # The data live for one recording.
        "fsync": "off",
        "max_wal_senders": "20",
        "max_replication_slots": "20",
    }
    command: list[str | Path] = [binaries / "postgres", "-D", home / "data"]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    log = home / "log"
    # A fast shutdown; after SIGTERM it waits for its clients. It listens to SIGINT even
    # where that was ignored.
    with running(
        "Postgres", command, log, account=account, ends_by=signal.SIGINT
    ) as program:
        address = f"host=127.0.0.1 port={port} user=shop dbname=postgres"

        def answers() -> bool:
            try:
                with psycopg.connect(
                    address, password=password, autocommit=True
                ) as connection:
                    connection.execute("CREATE DATABASE shop")
            except psycopg.OperationalError:
                return False
            return True

        program.wait_until(answers, "it let a client in")
        yield Database(port, password, program)


@contextmanager
def kafka(folder: Path, *, java: Path, jars: Path) -> Iterator[Broker]:
    """Run one broker in KRaft mode."""
    port, controller = free_port(), free_port()
    home = folder / "kafka"
    home.mkdir()
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(home / "log"),
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
    }
    file = home / "server.properties"
    file.write_text(properties(settings), "utf-8")
    program: list[str | Path] = [
        java,
        "-Xmx300m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
    ]
    program += ["-cp", f"{jars}/*"]
    formatting = [*program, "kafka.tools.StorageTool", "format", "--config", file]
    formatting += ["--cluster-id", "cG90b2stcmVjb3JkaW5nMQ"]
    with running("Kafka's storage tool", formatting, home / "format.out") as tool:
        if tool.process.wait(_PATIENCE_SECONDS) != 0:
            raise tool.failure("the storage was not formatted")
    command = [*program, "kafka.Kafka", file]
    with running("Kafka", command, home / "broker.out") as broker:
        broker.wait_until(lambda: _listens(port), "it listened")
        yield Broker(port, broker)


@contextmanager
def connect(
    folder: Path,
    *,
    java: Path,
    jars: Path,
    worker: dict[str, str],
    connectors: Sequence[dict[str, str]],
) -> Iterator[Program]:
    """Run a standalone Kafka Connect worker with these connectors."""
    home = folder / "connect"
    home.mkdir(exist_ok=True)
    files = []
    for settings in [worker, *connectors]:
        file = home / f"{settings.get('name', 'worker')}.properties"
        file.touch(mode=0o600)
        file.write_text(properties(settings), "utf-8")
        files.append(file)
    program: list[str | Path] = [java, "-Xmx512m", "-XX:+UseSerialGC"]
    program += ["-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*"]
    program.append("org.apache.kafka.connect.cli.ConnectStandalone")
    command = [*program, *files]
    with running("Kafka Connect", command, home / "worker.out") as started:
        yield started


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return True
    except OSError:
        return False
