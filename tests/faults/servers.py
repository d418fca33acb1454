"""A Redis and a Postgres of the test's own, on unix sockets, to be ended and begun.

Neither is told to keep anything safer than a real one would: Postgres runs with its
durable defaults, Redis without a file, so that it comes back empty.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

START_SECONDS = 30.0


def postgres_folder() -> Path | None:
    """Return where the newest Postgres of the system has its programs, or None."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name)
    )
    return found[-1] if found else None


class Redis:
    """One redis-server; what it held is gone with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self.broker_url = f"redis+socket://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def is_installed() -> bool:
        """Whether the server's program is there."""
        return shutil.which("redis-server") is not None

    def start(self) -> None:
        """Start an empty server and wait until it answers."""
        self._process = subprocess.Popen(
            [
                *("redis-server", "--port", "0", "--unixsocket", str(self.socket)),
                *("--save", "", "--appendonly", "no", "--dir", str(self.folder)),
            ],
            stdout=subprocess.DEVNULL,
        )
        _wait(lambda: self.ask("ping") == "PONG", "Redis")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def ask(self, *words: str) -> str:
        """Return the answer to a command; empty where nobody answers."""
        done = subprocess.run(
            ["redis-cli", "-s", str(self.socket), *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
        return done.stdout.strip()


class Postgres:
    """One cluster; killed and begun again it recovers by its own log."""

    def __init__(self, folder: Path) -> None:
        programs = postgres_folder()
        if programs is None:
            raise RuntimeError("Postgres is not installed")
        self._programs = programs
        # Postgres refuses to run as root; its package brings the account for it.
        self._as_owner = (
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            if os.geteuid() == 0
            else []
        )
        self.folder = folder
        self.data = folder / "data"
        self.url = f"postgres://potok@/postgres?host={folder}"
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """Make the cluster."""
        self.folder.mkdir(mode=0o755, exist_ok=True)
        if self._as_owner:
            shutil.chown(self.folder, "postgres", "postgres")
        subprocess.run(
            [
                *self._as_owner,
                *(self._programs / "initdb", "-D", self.data, "-U", "potok"),
                *("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"),
                "--no-sync",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            env=_environment(),
            cwd="/",
        )

    def start(self, *, clock: Path | None = None) -> None:
        """Start the server and wait until it answers.

        ``clock`` is a file that says by how many seconds its clock is off; it needs
        libfaketime and may be rewritten while the server runs.
        """
        with (self.folder.parent / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._as_owner,
                    *([] if clock is None else _jumping(clock)),
                    *(self._programs / "postgres", "-D", self.data),
                    *("-c", "listen_addresses="),
                    *("-c", f"unix_socket_directories={self.folder}"),
                    *("-c", "unix_socket_permissions=0777"),
                ],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=_environment(),
                cwd="/",
            )
        _wait(self.answers, "Postgres")

    def answers(self) -> bool:
        """Whether a connection can be made."""
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url):
            return True
        return False

    def stop(self, with_signal: signal.Signals = signal.SIGQUIT) -> None:
        """End it; SIGQUIT drops every connection at once and leaves a recovery."""
        if self._process is not None:
            self._process.send_signal(with_signal)
            self._process.wait(timeout=30)
            self._process = None


def faketime() -> Path | None:
    """Return libfaketime's library for programs with threads, or None."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else None


def _jumping(clock: Path) -> list[str]:
    """Return the command prefix of a program whose clock is off by what a file says.

    env(1), because the library keeps a semaphore under its process's id: made before
    setpriv has given up root, it would be closed to the server.
    """
    return [
        "env",
        f"LD_PRELOAD={faketime()}",
        f"FAKETIME_TIMESTAMP_FILE={clock}",
        # Else each server process keeps the first offset for ten seconds.
        "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ]


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def _wait(is_true: object, what: str) -> None:
    end = time.monotonic() + START_SECONDS
    while not is_true():  # type: ignore[operator]
        if time.monotonic() > end:
            raise TimeoutError(f"{what} does not answer")
        time.sleep(0.05)
