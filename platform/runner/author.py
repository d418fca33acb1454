"""Runs a lab's stream, oracle and misconceptions: ``python -m runner.author FD``.

Reads ``{"lab", "seed", "files"}`` from stdin, lays the files under /release/labs, and
writes one LabBuild as JSON to the descriptor. Knows no Flink and no package.
"""

import importlib.util
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from lab_protocol.author import ExpectedRow, LabBuild
from lab_protocol.messages import Stage
from lab_protocol.wire import to_jsonable

RELEASE = Path("/release/labs")


def main() -> None:
    """Build the lab; an exception ends the process with its traceback."""
    order = json.load(sys.stdin)
    for name, text in order["files"].items():
        path = RELEASE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    sys.path.insert(0, str(RELEASE / "_library"))
    build = build_lab(RELEASE / order["lab"], order["seed"])
    answer = json.dumps(to_jsonable(build), ensure_ascii=False, allow_nan=False)
    data = answer.encode()
    while data:
        data = data[os.write(int(sys.argv[1]), data) :]


def build_lab(folder: Path, seed: int) -> LabBuild:
    """Call the lab's own functions for ``seed`` and put the answers together."""
    sys.path.insert(0, str(folder))
    sys.path.insert(0, str(folder / "answers"))
    stream = _load("stream", folder / "stream.py").build_stream(seed)
    oracle = _load("oracle", folder / "answers" / "oracle.py")
    known: dict[str, Any] = {}
    path = folder / "answers" / "misconceptions.py"
    if path.exists():
        known = _load("misconceptions", path).MISCONCEPTIONS
    return LabBuild(
        stages=_stages(stream.stages),
        expected=_rows(oracle.expected(stream)),
        misconceptions={name: _rows(make(stream)) for name, make in known.items()},
        library_version=_library_version(),
    )


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


def _rows(outputs: dict[str, Iterable[Any]]) -> dict[str, tuple[ExpectedRow, ...]]:
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
