"""Runs an attack and lists everything that is wrong afterwards.

An attack prints ``through: …`` where something succeeded that must be refused; the
harness believes that word against the jail, never for it, and looks for itself at
what can be seen from outside: tokens, ports, processes, mounts and files.
"""

import json
import os
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from lab_protocol.author import LabBuild
from lab_protocol.messages import Ending, Language, RunOutcome, RunRequest
from sandbox.cell.process_table import command_name, descendants
from sandbox.pool import SlotPool
from sandbox.protections import CANARY
from tests.attacks.corpus import Attack
from tests.sandbox.programs import PY_TABLES, TUMBLE

ROOT = Path(__file__).resolve().parents[2]
SECRET_VARIABLE = "POTOK_ATTACK_SECRET"
_THROUGH = "through:"
_PLACES = ("/tmp", "/dev/shm", "/var/tmp")
_SECONDS_TO_SETTLE = 10.0


class Canaries:
    """Tokens in files and variables of the host, and listeners on its loopback."""

    def __init__(self, folder: Path) -> None:
        self.word = f"canary-{secrets.token_hex(8)}"
        self.secret = folder / "secret"
        self.expected = folder / "expected.jsonl"
        for path in (self.secret, self.expected):
            path.write_text(f"{path.name} {self.word}\n")
            path.chmod(0o644)
        os.environ[SECRET_VARIABLE] = self.word
        self.seen: list[str] = []
        self._abstract = f"potok-hidden-{secrets.token_hex(8)}"
        hidden = socket.socket(socket.AF_UNIX)
        hidden.bind("\0" + self._abstract)
        hidden.listen()
        self._listeners = [
            socket.create_server(("127.0.0.1", 0)),
            socket.create_server(("127.0.0.1", 0)),
            hidden,
        ]
        for listener in self._listeners:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    @property
    def ports(self) -> list[int]:
        """Ports on the host's loopback that nobody in a box may reach."""
        return [listener.getsockname()[1] for listener in self._listeners[:2]]

    def targets(self) -> str:
        """Return what an attack is told, as JSON; the word stands in it backwards."""
        return json.dumps(
            {
                "ports": self.ports,
                "abstract": self._abstract,
                "secret": str(self.secret),
                "expected": str(self.expected),
                "root": str(ROOT),
                "word": self.word[::-1],
            }
        )

    def close(self) -> None:
        """Stop listening and take the variable away."""
        for listener in self._listeners:
            listener.close()
        del os.environ[SECRET_VARIABLE]

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.seen.append(str(listener.getsockname()))
            connection.close()


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of an attack and what was wrong with it; nothing, where it was held."""

    outcome: RunOutcome
    passed: bool
    seconds: float
    wrong: tuple[str, ...]

    @property
    def ending(self) -> str:
        detail = f"/{self.outcome.detail}" if self.outcome.detail else ""
        return f"{self.outcome.ending}{detail}"


class Scene:
    """A pool of slots with canaries around it."""

    def __init__(
        self,
        *,
        pool: SlotPool,
        canaries: Canaries,
        build: LabBuild,
        make_request: Callable[..., RunRequest],
        first_uid: int,
    ) -> None:
        self.pool = pool
        self.canaries = canaries
        self._build = build
        self._make_request = make_request
        self._first_uid = first_uid
        self._mounts = _host_mounts()

    def bare(self, attack: Attack, name: str) -> Trial:
        """Run the attack alone."""
        program = attack.programs[name]
        trial = self._run(attack, program, attack.language)
        wrong = list(trial.wrong)
        if not is_allowed(trial.outcome, attack.bare):
            said = trial.outcome.error
            wrong.append(f"ending {trial.ending} {said and said.message[:300]}")
        if trial.passed:
            wrong.append("the attack alone passed")
        return replace(trial, wrong=tuple(wrong))

    def rider(self, attack: Attack, name: str) -> Trial:
        """Run a right solution that first runs the attack and swallows its errors."""
        trial = self._run(attack, rider_program(), Language.PYFLINK, name)
        wrong = list(trial.wrong)
        outcome = trial.outcome
        if attack.rider == "passed" and not trial.passed:
            said = outcome.error.message[:300] if outcome.error else ""
            wrong.append(f"the solution did not pass: {trial.ending} {said}")
        if attack.rider in ("ended", "not_passed") and trial.passed:
            wrong.append("the solution passed although it was spoilt")
        return replace(trial, wrong=tuple(wrong))

    def solve(self) -> bool:
        """Run the solution alone; whether it passes."""
        request = self._make_request(TUMBLE)
        return self._has_passed(self._send(request))

    def traces(self, *, seconds: float = _SECONDS_TO_SETTLE) -> list[str]:
        """Return what an attack has left on the host, after it had time to go."""
        deadline = time.monotonic() + seconds
        while (found := self._traces()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def _run(
        self, attack: Attack, program: str, language: Language, name: str = ""
    ) -> Trial:
        request = self._make_request(program, language=language, limits=attack.limits)
        files = {**request.files, "canaries.json": self.canaries.targets()}
        if name:
            suffix = "sql" if attack.language is Language.SQL else "py"
            files[f"attack.{suffix}"] = attack.programs[name]
        request = replace(request, files=files)
        began = time.monotonic()
        outcome = self._send(request)
        if attack.twice:
            outcome = self._send(request)
        seconds = time.monotonic() - began
        wrong = told(outcome) + self._tokens(outcome)
        if outcome.ending is Ending.PLATFORM_FAULT:
            wrong.append(f"platform fault {outcome.detail} {outcome.stderr[-300:]}")
        return Trial(outcome, self._has_passed(outcome), seconds, tuple(wrong))

    def _send(self, request: RunRequest) -> RunOutcome:
        outcome = self.pool.run(
            request, on_progress=lambda progress: None, is_cancelled=lambda: False
        )
        assert outcome.run_id == request.run_id
        return outcome

    def _has_passed(self, outcome: RunOutcome) -> bool:
        """Compare with the oracle's rows, the closing ones aside."""
        if outcome.ending is not Ending.COMPLETED:
            return False
        expected = Counter(
            _row(row.values) for row in self._build.expected.get("totals", ())
        )
        found: Counter[tuple[str, ...]] = Counter()
        for record in outcome.records["totals"]:
            try:
                row = json.loads(record.value or b"null")
            except (ValueError, RecursionError):
                return False
            if not isinstance(row, dict) or row.get("status") != "closing":
                found[_row(row)] += 1
        return found == expected

    def _tokens(self, outcome: RunOutcome) -> list[str]:
        rows = b"".join(
            (row.key or b"") + (row.value or b"")
            for rows in outcome.records.values()
            for row in rows
        ).decode("utf-8", "replace")
        error = "" if outcome.error is None else repr(outcome.error)
        places = {
            "stdout": outcome.stdout,
            "stderr": outcome.stderr,
            "rows": rows,
            "error": error,
        }
        return [
            f"canary {token} in {place}"
            for place, text in places.items()
            for token in (self.canaries.word, CANARY)
            if token in text
        ]

    def _traces(self) -> list[str]:
        found = [f"canary port reached {name}" for name in self.canaries.seen]
        found += [
            f"left {path}"
            for place in _PLACES
            for path in Path(place).glob("potok-at*")
        ]
        if (mounts := _host_mounts()) != self._mounts:
            found.append(f"{mounts} mounts on the host, before {self._mounts}")
        inside: set[int] = set()
        for root in self.pool.pids():
            below = descendants(root)
            inside |= {root, *below}
            names = Counter(command_name(pid) for pid in below)
            # A cell at rest: agent and runner, broker and box.
            for name in ("python3.12", "java"):
                if names[name] > 2:
                    found.append(f"{names[name]} processes {name} in a slot")
            strange = set(names) - {"python3.12", "java", "bwrap", "unshare", None, ""}
            if strange - {"prlimit", "setpriv", "sh", "python", "java:main"}:
                found.append(f"strange processes {sorted(map(str, strange))}")
            found += _cell_mounts(below)
        if os.geteuid() == 0:
            uids = {self._first_uid + n for n in range(len(self.pool.pids()))}
            found += [
                f"process {pid} of a slot's user outside of it"
                for pid in _of_users(uids)
                if pid not in inside
            ]
        return found


def rider_program() -> str:
    """Return the right solution with the attack in front of it, swallowed."""
    head = PY_TABLES + (
        "import pathlib\n\n"
        "try:\n"
        "    if pathlib.Path('attack.py').exists():\n"
        "        text = pathlib.Path('attack.py').read_text()\n"
        "        scope = {'__name__': '__main__'}\n"
        "        exec(compile(text, 'attack.py', 'exec'), scope)\n"
        "    else:\n"
        "        from runner.sql_program import _run\n"
        "        from runner.sql_script import split_script\n"
        "        for unit in split_script(pathlib.Path('attack.sql').read_text()):\n"
        "            _run(tables, unit)\n"
        "except BaseException as error:\n"
        "    print('swallowed', type(error).__name__, flush=True)\n"
    )
    return f'{head}tables.execute_sql("""{TUMBLE.rstrip().rstrip(";")}""").wait()\n'


def _row(row: object) -> tuple[str, ...]:
    if not isinstance(row, dict):
        return (repr(row),)
    start = str(row.get("window_start")).replace(" ", "T")[:16]
    return (start, str(row.get("status")), str(row.get("total")))


def is_allowed(outcome: RunOutcome, endings: tuple[str, ...]) -> bool:
    """Tell whether a run ended as one of ``endings`` says, with its detail if given."""
    whole = f"{outcome.ending}/{outcome.detail}"
    return outcome.ending in endings or whole in endings


def told(outcome: RunOutcome) -> list[str]:
    """Return what an attack says got through."""
    error = "" if outcome.error is None else outcome.error.message
    lines = f"{outcome.stdout}\n{error}".splitlines()
    return [line.strip()[:300] for line in lines if line.startswith(_THROUGH)] + [
        "a function got through"
        for line in lines
        if f"RuntimeError: {_THROUGH}" in line
    ]


def _host_mounts() -> int:
    return len(Path("/proc/self/mountinfo").read_text().splitlines())


def _cell_mounts(pids: list[int]) -> list[str]:
    """Return a finding where an agent still holds folders of a box that is gone."""
    for pid in pids:
        if command_name(pid) != "python3.12":
            continue
        try:
            lines = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
        except OSError:
            continue
        boxes = [line for line in lines if "/dev/shm/box-" in line.split(" - ")[0]]
        return [f"{len(boxes)} box mounts in a cell"] if len(boxes) > 3 else []
    return []


def _of_users(uids: set[int]) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and folder.stat().st_uid in uids:
                found.append(int(folder.name))
        except OSError:
            continue
    return found
