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

_START_SECONDS = 60.0


class RecordingError(RuntimeError):
    """A part of the recording is missing or did not do what it should."""


@dataclass(frozen=True, slots=True)
class Database:
    """A running Postgres; the user and the database are both called ``shop``."""

    port: int
    password: str

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


def wait_until(
    holds: Callable[[], bool], what: str, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Block until ``holds``; RecordingError after 60 s or when the process ends."""
    deadline = time.monotonic() + _START_SECONDS
    while not holds():
        if process is not None and process.poll() is not None:
            raise RecordingError(f"{what}: the process ended ({process.returncode})")
        if time.monotonic() > deadline:
            raise RecordingError(f"{what}: not within {_START_SECONDS:.0f} s")
        time.sleep(0.1)


@contextmanager
def running(
    command: Sequence[str | Path], log: Path, *, account: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
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
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process: politely (of Postgres: a fast shutdown), by force after 15 s."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


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
    database = Database(free_port(), secrets.token_hex(16))
    secret.write_text(database.password, "ascii")
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
        raise RecordingError(f"initdb: {made.stderr.decode(errors='replace')}")
    settings = POSTGRES_SETTINGS | {
        "port": str(database.port),
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
    with running(command, log, account=account) as process:
        address = f"host=127.0.0.1 port={database.port} user=shop dbname=postgres"

        def answers() -> bool:
            try:
                with psycopg.connect(
                    address, password=database.password, autocommit=True
                ) as connection:
                    connection.execute("CREATE DATABASE shop")
            except psycopg.OperationalError:
                return False
            return True

        wait_until(answers, "Postgres", process)
        yield database


@contextmanager
def kafka(folder: Path, *, java: Path, jars: Path) -> Iterator[int]:
    """Run one broker in KRaft mode; yields its port."""
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
    with running(formatting, home / "format.out") as process:
        if process.wait(_START_SECONDS) != 0:
            raise RecordingError("Kafka: the storage was not formatted")
    with running([*program, "kafka.Kafka", file], home / "broker.out") as process:
        wait_until(lambda: _listens(port), "Kafka", process)
        yield port


@contextmanager
def connect(
    folder: Path,
    *,
    java: Path,
    jars: Path,
    worker: dict[str, str],
    connectors: Sequence[dict[str, str]],
) -> Iterator[subprocess.Popen[bytes]]:
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
    with running([*program, *files], home / "worker.out") as process:
        yield process


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return True
    except OSError:
        return False
