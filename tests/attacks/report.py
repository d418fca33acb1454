"""Keeps what the attacks came to, and writes docs/attacks.md from it.

Results lie in ``var/attacks/results.json`` with the day of each, so that the corpus
may be run in parts.
"""

import datetime
import fcntl
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sandbox.protections import STOPS, UNSAFE_TO_SABOTAGE, Protection
from tests.attacks.corpus import WITH_FLINK, Attack, attacks
from tests.attacks.harness import ROOT, Trial

_MEASURED = "measured:"
RESULTS = ROOT / "var" / "attacks" / "results.json"


def note_attack(
    attack: Attack, program: str, bare: Trial, rider: Trial, left: Iterable[str]
) -> None:
    """Keep one attack's two runs."""
    _keep(
        "attacks",
        f"{attack.number:02d}/{program}",
        {
            "bare": bare.ending,
            "bare_seconds": round(bare.seconds, 1),
            "rider": "passed" if rider.passed else f"not passed, {rider.ending}",
            "rider_seconds": round(rider.seconds, 1),
            "measured": _measured(bare),
            "wrong": [*bare.wrong, *rider.wrong, *left],
        },
    )


def note_check(attack: Attack, program: str, ending: str) -> None:
    """Keep the result of an attack that is not one of a box."""
    _keep("attacks", f"{attack.number:02d}/{program}", {"bare": ending, "wrong": []})


def note_jail(attack: Attack, ending: str) -> None:
    """Keep that an attack was held in a jail without Flink."""
    _keep("jail", f"{attack.number:02d}", {"bare": ending})


def note_sabotage(
    left_out: Iterable[Protection],
    attack: Attack,
    seen: Iterable[str],
    *,
    program: str = "attack",
) -> None:
    """Keep what an attack came to with protections left out."""
    names = "+".join(sorted(left_out))
    label = f"{attack.number:02d}{program.removeprefix('attack')}"
    _keep("sabotage", f"{names}/{label}", {"seen": list(seen)})


def write(root: Path) -> None:
    """Write the table from what is kept."""
    if RESULTS.exists():
        text = render(json.loads(RESULTS.read_text("utf-8")))
        (root / "docs" / "attacks.md").write_text(text, "utf-8")


def render(results: Mapping[str, Any]) -> str:
    """Return the page."""
    every = attacks()
    waiting = [attack for attack in every if attack.not_yet]
    held = [attack for attack in every if _is_held(attack, results)]
    open_ones = len(every) - len(held) - len(waiting)
    forms = sum(len(attack.programs) for attack in every)
    days = sorted({row["day"] for part in results.values() for row in part.values()})
    shown = sorted(results.get("sabotage", {}).items())
    flipped = {name for key, _ in shown for name in key.split("/")[0].split("+")}
    missing = sorted(set(Protection) - flipped - set(NOT_SABOTAGED))
    lines = [
        "# Attacks",
        "",
        "Written by the tests (`make test-all`; `tests/attacks`), by hand never. "
        f"Days of the runs: {', '.join(days)}.",
        "",
        f"{len(every)} attacks with {forms} programs: {len(held)} were held in all "
        f"their forms, {len(waiting)} aimed at a feature that does not exist yet, "
        f"{open_ones} were not run in all forms or not held (named in the table). "
        f"{len(results.get('jail', {}))} were held in a jail without Flink as well, "
        f"where they run in `make test`; beside Flink {len(WITH_FLINK)} of them do.",
        "",
        "Each attack of a box runs alone (*bare*) and swallowed by a right solution "
        "(*rider*). Afterwards nothing may be left: no canary's token in any output, "
        "no connection to a canary's port, no process, mount or file, no restarted "
        "agent. *Held by* names the protections that are meant to hold it; a star "
        "says that it got through where that one was left out.",
        "",
        "| # | tries to | held by | bare ending | rider | seconds |",
        "|---|---|---|---|---|---|",
        *(
            _row(attack, name, results)
            for attack in every
            for name in list(attack.programs) or ["attack"]
        ),
        "",
        "## Sabotage: which protection catches what",
        "",
        f"{len(flipped)} of {len(Protection)} protections were left out and let an "
        "attack through. The same attack on slots without a protection: what then was "
        "seen proves that the attack is real and that this protection holds it. Two "
        "names: either alone still holds it (defence in depth).",
        "",
        "| left out | attack | what was seen |",
        "|---|---|---|",
        *(_caught(key, row) for key, row in shown),
        "",
        "## Not switched off",
        "",
        "| protection | why |",
        "|---|---|",
        *(
            f"| {name} | {reason} |"
            for name, reason in {**NOT_SABOTAGED, **UNSAFE_TO_SABOTAGE}.items()
        ),
        *(f"| {name} | not run yet |" for name in missing),
        "",
        "What each protection stops:",
        "",
        *(f"- **{name}**: {text}" for name, text in STOPS.items()),
    ]
    return "\n".join(lines) + "\n"


def _is_held(attack: Attack, results: Mapping[str, Any]) -> bool:
    noted = results.get("attacks", {})
    names = list(attack.programs) or ["attack"]
    keys = [f"{attack.number:02d}/{name}" for name in names]
    return not attack.not_yet and all(
        key in noted and not noted[key]["wrong"] for key in keys
    )


def _row(attack: Attack, program: str, results: Mapping[str, Any]) -> str:
    """Return an attack's line of the table."""
    number = f"{attack.number:02d}"
    told = results.get("attacks", {}).get(f"{number}/{program}")
    if attack.not_yet:
        cells = [f"not yet: {attack.not_yet}", "", ""]
    elif told is None:
        alone = number in results.get("jail", {})
        cells = ["held in the jail alone; with Flink " * alone + "not run", "", ""]
    else:
        wrong = _cell("; ".join(told["wrong"]))
        seconds = [told.get("bare_seconds"), told.get("rider_seconds")]
        cells = [
            f"**{wrong}**" if wrong else _ended(told),
            told.get("rider", ""),
            " / ".join(str(second) for second in seconds if second is not None),
        ]
    form = attack.form(program)
    suffix = program.removeprefix("attack")
    starred = {
        name
        for key in results.get("sabotage", {})
        if key.endswith(f"/{number}{suffix}")
        for name in key.split("/")[0].split("+")
    }
    held_by = [f"{name}\\*" if name in starred else name for name in form.caught_by]
    label = f"{attack.number}{suffix}"
    cells = [label, form.tries, ", ".join(held_by) or "–", *cells]
    return f"| {' | '.join(cells)} |"


NOT_SABOTAGED = {
    Protection.DIE_WITH_PARENT: "the agent is process 1 of a pid namespace of its own, "
    "so the kernel ends the box with it anyway; with both left out boxes would stay on "
    "the machine",
    Protection.MEMORY_CGROUP: "needs a delegated cgroup v2, which the machine of these "
    "runs has not; the watchdog stands in",
}


def _measured(trial: Trial) -> str:
    """Return what an attack measured of itself, for a reader only."""
    lines = trial.outcome.stdout.splitlines()
    told = [line for line in lines if line.startswith(_MEASURED)]
    return told[-1].removeprefix(_MEASURED).strip()[:120] if told else ""


def _ended(row: Mapping[str, Any]) -> str:
    measured = row.get("measured")
    return f"{row['bare']} ({measured})" if measured else str(row["bare"])


def _caught(key: str, row: Mapping[str, Any]) -> str:
    names, label = key.split("/")
    seen = "; ".join(_cell(line) for line in row["seen"][:2])
    return f"| {names.replace('+', ' + ')} | {label.lstrip('0')} | {seen} |"


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ").replace(str(ROOT), "…")[:140]


def _keep(part: str, key: str, row: dict[str, Any]) -> None:
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    # `make test-fast` runs these tests in several processes.
    with RESULTS.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        results.setdefault(part, {})[key] = row | {"day": day}
        RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True), "utf-8")
