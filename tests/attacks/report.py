"""Keeps what the attacks came to, and writes docs/attacks.md from it.

Results lie in ``var/attacks/results.json`` with the day of each, so that the corpus
may be run in parts.
"""

import datetime
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sandbox.protections import STOPS, UNSAFE_TO_SABOTAGE, Protection
from tests.attacks.corpus import Attack, attacks
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
    noted = results.get("attacks", {})
    rows, done, waiting, jailed = [], 0, 0, 0
    for attack in attacks():
        names = list(attack.programs) or ["attack"]
        for name in names:
            told = noted.get(f"{attack.number:02d}/{name}")
            label = f"{attack.number}" + name.removeprefix("attack")
            if attack.not_yet:
                cells = [f"not yet: {attack.not_yet}", "", ""]
            elif told is None:
                alone = results.get("jail", {}).get(f"{attack.number:02d}")
                held = alone["bare"] if alone else "not run"
                cells = [f"{held}; with Flink not run" if alone else held, "", ""]
            else:
                verdict = "; ".join(told["wrong"]) or "held"
                seconds = [told.get("bare_seconds"), told.get("rider_seconds")]
                cells = [
                    _ended(told) if verdict == "held" else f"**{verdict[:200]}**",
                    told.get("rider", ""),
                    " / ".join(str(second) for second in seconds if second is not None),
                ]
            rows.append(
                f"| {label} | {attack.form(name).tries} | " + " | ".join(cells) + " |"
            )
        jailed += f"{attack.number:02d}" in results.get("jail", {})
        keys = [f"{attack.number:02d}/{name}" for name in names]
        if attack.not_yet:
            waiting += 1
        elif all(key in noted and not noted[key]["wrong"] for key in keys):
            done += 1
    days = sorted({row["day"] for part in results.values() for row in part.values()})
    shown = sorted(results.get("sabotage", {}).items())
    caught = [_caught(key, row) for key, row in shown]
    flipped = {name for key, _ in shown for name in key.split("/")[0].split("+")}
    kept = [
        f"| {name} | {reason} |"
        for name, reason in {**NOT_SABOTAGED, **UNSAFE_TO_SABOTAGE}.items()
    ]
    missing = sorted(set(Protection) - flipped - set(NOT_SABOTAGED))
    lines = [
        "# Attacks",
        "",
        "Written by the tests (`make test-all`; `tests/attacks`), by hand never. "
        f"Days of the runs: {', '.join(days)}.",
        "",
        f"Of {len(attacks())} attacks {done} were held in all their forms, {waiting} "
        f"aim at a feature that does not exist yet, {len(attacks()) - done - waiting} "
        "were not run in all forms or not held (named in the table); "
        f"{jailed} were held in "
        "a jail without Flink. Each attack of a box runs "
        "alone (*bare*) and swallowed by a right solution (*rider*). Afterwards "
        "nothing may be left: no canary's token in any output, no connection to a "
        "canary's port, no process, mount or file, no restarted agent.",
        "",
        "| # | tries to | bare ending | rider | seconds |",
        "|---|---|---|---|---|",
        *rows,
        "",
        "## Sabotage: which protection catches what",
        "",
        "The same attack on slots of which a protection was left out; what then was "
        "seen proves that the attack is real and that this protection holds it. Two "
        "names: either alone still holds it (defence in depth).",
        "",
        "| left out | attack | what was seen |",
        "|---|---|---|",
        *caught,
        "",
        "## Not switched off",
        "",
        "| protection | why |",
        "|---|---|",
        *kept,
        *(f"| {name} | not run yet |" for name in missing),
        "",
        "What each protection stops:",
        "",
        *(f"- **{name}**: {text}" for name, text in STOPS.items()),
    ]
    return "\n".join(lines) + "\n"


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
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    results.setdefault(part, {})[key] = row | {"day": day}
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True), "utf-8")
