"""The whole site as real processes on a state folder of its own, for tests and bench.

Web (gunicorn) and worker (Celery, real engine) are started as `make run` starts them;
database and queue are the embedded ones unless DATABASE_URL and CELERY_BROKER_URL say
otherwise. Everything listens on loopback and is ended with the block.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PLATFORM = ROOT / "platform"
BIN = Path(sys.executable).parent
START_SECONDS = 60.0


class Site:
    """One site; ``url`` is set once the web process answers."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.url = ""
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._started: list[subprocess.Popen[bytes]] = []
        self.environment = (
            os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "LAB_VAR_DIR": str(folder),
                # Shared: compressing costs each site 18 core-seconds.
                "LAB_STATIC_DIR": str(ROOT / "var" / "test-static" / "static"),
                "LAB_DEMO": "0",
                "PYTHONPATH": str(PLATFORM),
                "SECRET_KEY": secrets.token_hex(32),
                "PYTHONUNBUFFERED": "1",
            }
            | environment
        )
        for name in ("queue", "control", "log", "mail"):
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """Run a management command and return what it printed."""
        done = subprocess.run(
            [BIN / "python", ROOT / "manage.py", *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {arguments[0]}: {done.stderr[-2000:]}")
        return done.stdout

    def python(self, code: str) -> Any:
        """Run ``code`` in a Django process; return the JSON that it prints last."""
        return json.loads(
            self.manage("shell", "--no-imports", "-c", code).splitlines()[-1]
        )

    def prepare(self) -> None:
        """Migrate, collect static files and import the course."""
        self.manage("prepare_site")

    def start_web(self) -> None:
        """Start gunicorn and wait until it answers; a second start keeps the port."""
        port = self._port = self._port or free_port()
        self.web = self._start(
            "web",
            [
                *("gunicorn", "--pythonpath", str(PLATFORM), "config.wsgi"),
                *("--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"),
                *("--worker-class", "gthread", "--no-control-socket"),
            ],
        )
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(f"{url}/healthz"), what="the web process")
        self.url = url

    def start_worker(
        self, *, wait: bool = True, launcher: Sequence[str] = (), **environment: str
    ) -> None:
        """Start a Celery worker; wait until it says that it can run labs.

        ``worker`` is the latest one; all that were started end with the site.
        ``launcher`` is a command that ends in becoming the one given to it.
        """
        self.worker = self._start(
            "worker",
            [
                *("celery", "--workdir", str(PLATFORM), "-A", "config", "worker"),
                *("-P", "threads", "-c", "3", "--without-gossip", "--without-mingle"),
                *("--without-heartbeat", "--loglevel", "INFO"),
            ],
            environment,
            launcher,
        )
        if wait:
            wait_until(self.worker_is_ready, what="the worker")

    def worker_is_ready(self) -> bool:
        """Whether a worker has signed as ready in the last seconds."""
        return bool(
            self.python(
                "import json;from submissions.selectors import workers_answering as w;"
                "print(json.dumps(w()))"
            )
        )

    def kill_worker(self, with_signal: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to the worker and wait for its end."""
        if self.worker is None:
            raise RuntimeError("there is no worker")
        self.worker.send_signal(with_signal)
        code = self.worker.wait(timeout=60)
        self.worker = None
        return code

    def kill_web(self, with_signal: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the web process and wait until nobody listens any more.

        Gunicorn's children end by themselves once their parent is gone.
        """
        if self.web is None:
            raise RuntimeError("there is no web process")
        self.web.send_signal(with_signal)
        self.web.wait(timeout=60)
        self.web = None
        wait_until(
            lambda: not _answers(f"{self.url}/healthz"), what="the web process's end"
        )

    def stop(self) -> None:
        """End what is running, gently first."""
        running = [process for process in self._started if process.poll() is None]
        for process in running:
            process.terminate()
            # One that was stopped would never see the request to end.
            process.send_signal(signal.SIGCONT)
        for process in running:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self, name: str) -> str:
        """Return what a process has written."""
        return (self.folder / "log" / f"{name}.log").read_text(errors="replace")

    def _start(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str] | None = None,
        launcher: Sequence[str] = (),
    ) -> subprocess.Popen[bytes]:
        with (self.folder / "log" / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [*launcher, BIN / command[0], *command[1:]],
                env=self.environment | (environment or {}),
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._started.append(process)
        return process


@contextmanager
def running_site(
    folder: Path, *, worker: bool = True, **environment: str
) -> Iterator[Site]:
    """Prepare and start a site; end it with the block."""
    site = Site(folder, **environment)
    try:
        site.prepare()
        site.start_web()
        if worker:
            site.start_worker()
        yield site
    finally:
        site.stop()


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_true: Any, *, what: str, seconds: float = START_SECONDS) -> None:
    """Ask again and again until ``is_true()``; raise TimeoutError naming ``what``."""
    end = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not after {seconds:.0f} s")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False
