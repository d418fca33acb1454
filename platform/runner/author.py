"""Runs a lab's stream, oracle and misconceptions: ``python -m runner.author FD``.

Reads ``{"lab", "seed", "variation", "with_states", "explain", "keep", "files"}`` from
stdin, lays the files under /release/labs, and writes to the descriptor two lines of
JSON: a LabStream as soon as it is known, and LabRows. Knows no Flink and no package.
"""

import importlib
import importlib.util
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from lab_protocol.author import (
    Divergence,
    ExpectedRow,
    LabBuild,
    LabRows,
    LabStream,
    Outputs,
)
from lab_protocol.messages import Stage
from lab_protocol.wire import to_jsonable

RELEASE = Path("/release/labs")
# Loaded before the order comes, because a jail is started before it is needed.
_OFTEN_IMPORTED = ("base64", "datetime", "decimal", "enum", "hashlib", "random")


def main() -> None:
    """Build the lab; an exception ends the process with its traceback."""
    for name in _OFTEN_IMPORTED:
        importlib.import_module(name)
    order = json.load(sys.stdin)
    for name, text in order["files"].items():
        path = RELEASE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    sys.path.insert(0, str(RELEASE / "_library"))
    build_lab(
        RELEASE / order["lab"],
        order["seed"],
        variation=order["variation"],
        with_states=order["with_states"],
        explain=order["explain"],
        keep=order["keep"],
        tell=_write,
    )


def _write(half: LabStream | LabRows) -> None:
    text = json.dumps(to_jsonable(half), ensure_ascii=False, allow_nan=False)
    data = text.encode() + b"\n"
    while data:
        data = data[os.write(int(sys.argv[1]), data) :]


def build_lab(
    folder: Path,
    seed: int,
    *,
    variation: str | None = None,
    with_states: bool = False,
    explain: str | None = None,
    keep: Collection[int] | None = None,
    tell: Callable[[LabStream | LabRows], None] = lambda half: None,
) -> LabBuild:
    """Call the lab's own functions for ``seed`` and put the answers together.

    ``variation`` names the form of the stream; ``with_states`` asks for the rows after
    each stage; ``explain`` names a mistake whose first divergence is looked for;
    ``keep`` holds the numbers of the events that are left, which are numbered anew.
    ``tell`` gets each half as soon as it is known.
    Raises LookupError for a variation or a mistake that the lab's code has not.
    """
    sys.path.insert(0, str(folder))
    sys.path.insert(0, str(folder / "answers"))
    stream = _build_stream(_load("stream", folder / "stream.py"), seed, variation)
    if keep is not None:
        stream = _only(stream, frozenset(keep))
    half = LabStream(
        stages=_stages(stream.stages),
        partitions=dict(getattr(stream, "partitions", {})),
        library_version=_library_version(),
    )
    tell(half)
    oracle = _load("oracle", folder / "answers" / "oracle.py")
    known: dict[str, Any] = {}
    path = folder / "answers" / "misconceptions.py"
    if path.exists():
        known = _load("misconceptions", path).MISCONCEPTIONS
    rows = LabRows(
        expected=_rows(oracle.expected(stream)),
        misconceptions={name: _rows(make(stream)) for name, make in known.items()},
        after=_states(oracle, stream) if with_states else {},
        divergence=_divergence(oracle, known, stream, explain) if explain else None,
    )
    tell(rows)
    return LabBuild.of(half, rows)


def _build_stream(module: ModuleType, seed: int, variation: str | None) -> Any:
    if variation is None:
        return module.build_stream(seed)
    return module.VARIATIONS[variation](seed)


def _states(oracle: ModuleType, stream: Any) -> dict[str, Outputs]:
    """Return the rows after each stage, none where the oracle does not say."""
    expected_after = getattr(oracle, "expected_after", None)
    if expected_after is None:
        return {}
    return {
        stage.name: _rows(expected_after(stream, stage.name)) for stage in stream.stages
    }


def _divergence(
    oracle: ModuleType, known: dict[str, Any], stream: Any, mistake: str
) -> Divergence | None:
    """Return the first event that makes the oracle and the mistake differ.

    Both are asked what they say of a stream that ends earlier: at the end of each
    stage, then by halves within the first stage that ends in a difference. A
    difference that comes and goes within one stage is thus not looked for. The closing
    events only make windows fire, which both do for every stream.
    """
    make = known[mistake]

    def differ(count: int) -> tuple[Outputs, Outputs]:
        part = _first(stream, count)
        wrong = _rows(make(part))
        right = _rows(oracle.expected(part))
        return _without_twins({name: right[name] for name in wrong}, wrong)

    def is_apart(count: int) -> bool:
        return any(any(side.values()) for side in differ(count))

    before = 0
    for stage in stream.stages:
        end = before + len(stage.events)
        if is_apart(end):
            break
        before = end
    else:
        return None
    while end - before > 1:
        middle = (before + end) // 2
        if is_apart(middle):
            end = middle
        else:
            before = middle
    expected, mistaken = differ(end)
    return Divergence(mistake, end - 1, expected, mistaken)


def _first(stream: Any, count: int) -> Any:
    """Return the stream as if it ended after ``count`` events."""
    stages = []
    for stage in stream.stages:
        stages.append(replace(stage, events=stage.events[:count]))
        count = max(0, count - len(stage.events))
    return replace(stream, stages=tuple(stages))


def _only(stream: Any, keep: Collection[int]) -> Any:
    """Return the stream with these events alone; no stage goes, even an empty one."""
    stages = []
    number = 0
    for stage in stream.stages:
        numbered = enumerate(stage.events, number)
        left = tuple(event for place, event in numbered if place in keep)
        stages.append(replace(stage, events=left))
        number += len(stage.events)
    return replace(stream, stages=tuple(stages))


def _without_twins(left: Outputs, right: Outputs) -> tuple[Outputs, Outputs]:
    """Return, by output, the rows that one side has and the other has not."""
    return (
        {name: _surplus(left[name], right[name]) for name in left},
        {name: _surplus(right[name], left[name]) for name in left},
    )


def _surplus(
    rows: tuple[ExpectedRow, ...], others: tuple[ExpectedRow, ...]
) -> tuple[ExpectedRow, ...]:
    there = Counter(_text(row) for row in others)
    result = []
    for row in rows:
        if there[_text(row)]:
            there[_text(row)] -= 1
        else:
            result.append(row)
    return tuple(result)


def _text(row: ExpectedRow) -> str:
    return json.dumps(row.values, sort_keys=True)


def _load(name: str, path: Path) -> ModuleType:
    loading = importlib.util.spec_from_file_location(name, path)
    if loading is None or loading.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(loading)
    sys.modules[name] = module
    loading.loader.exec_module(module)
    return module


def _stages(stages: Iterable[Any]) -> tuple[Stage, ...]:
    result = tuple(stages)
    for stage in result:
        if not isinstance(stage, Stage):
            raise TypeError(f"stream.stages holds {type(stage).__name__}, not Stage")
    return result


def _rows(outputs: dict[str, Iterable[Any]]) -> Outputs:
    result = {name: tuple(rows) for name, rows in outputs.items()}
    for name, rows in result.items():
        for row in rows:
            if not isinstance(row, ExpectedRow):
                raise TypeError(
                    f"output {name} holds {type(row).__name__}, not ExpectedRow"
                )
    return result


def _library_version() -> str:
    library = sys.modules.get("potok_cdc")
    return str(getattr(library, "__version__", ""))


if __name__ == "__main__":
    main()
