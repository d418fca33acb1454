"""The few facts about the Dockerfile that tests ask for."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Stage:
    """One FROM: the instructions as (keyword, text), lines joined."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def copies(self) -> list[tuple[list[str], str, str | None]]:
        """Each COPY as (sources, target, stage it comes from)."""
        found = []
        for keyword, text in self.steps:
            if keyword == "COPY":
                words = shlex.split(text)
                origin = [word[7:] for word in words if word.startswith("--from=")]
                paths = [word for word in words if not word.startswith("--")]
                found.append((paths[:-1], paths[-1], origin[0] if origin else None))
        return found

    def command(self) -> list[str]:
        text = next(text for keyword, text in self.steps if keyword == "CMD")
        words: list[str] = json.loads(text)
        return words


def stages() -> dict[str, Stage]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\\\n", " ", text)
    found: dict[str, Stage] = {}
    stage = None
    for line in filter(None, map(str.strip, text.splitlines())):
        keyword, _, rest = line.partition(" ")
        if keyword == "FROM":
            base, _, name = rest.partition(" AS ")
            stage = found[name] = Stage(name=name, base=base)
        else:
            assert stage is not None, line
            stage.steps.append((keyword, rest))
    return found


def lineage(name: str) -> list[Stage]:
    """The stage with all it is built on, the oldest first."""
    known = stages()
    line = [known[name]]
    while line[0].base in known:
        line.insert(0, known[line[0].base])
    return line
