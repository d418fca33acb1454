"""What real Flink says to the questions of the lab ``predict-the-changelog``.

``python -m tests.content.recorded_modes`` records the modes anew; a test holds
the committed record to real Flink, and the oracle's count to what its operator emits.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rehearsal.snippets import printed_lines, run_session
from sandbox.image.build import build_image
from sandbox.image.manifest import Image, runtime_dir
from sandbox.settings import settings_from_environment
from tests.content.labs import LABS, ROOT

FOLDER = LABS / "predict-the-changelog"
RECORDED = FOLDER / "answers" / "recorded.json"
_PROGRAM = """
import json
import re

from pyflink.table import (
    EnvironmentSettings, ExplainDetail, TableDescriptor, TableEnvironment
)
from pyflink.util.exceptions import TableException

table_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
columns = "ticket BIGINT, queue STRING, severity INT, seen_at TIMESTAMP(3),"
columns += " WATERMARK FOR seen_at AS seen_at - INTERVAL '5' SECOND"
for name in ("opened", "calls"):
    table_env.execute_sql(
        f"CREATE TABLE {name} ({columns}) WITH ('connector' = 'datagen')"
    )
table_env.execute_sql(
    f"CREATE TABLE tickets ({columns}, PRIMARY KEY (ticket) NOT ENFORCED) WITH ("
    "'connector' = 'filesystem', 'path' = 'none', 'format' = 'debezium-json')"
)
accepts_all = TableDescriptor.for_connector("print").build()


def mode_of(query):
    try:
        pipeline = table_env.sql_query(query).insert_into(accepts_all)
        plan = pipeline.explain(ExplainDetail.CHANGELOG_MODE)
    except TableException as error:
        assert "doesn't support consuming update" in str(error), error
        return "refused"
    return re.findall(r"changelogMode=\\[(.*?)\\]", plan)[1]


print(json.dumps({name: mode_of(sql) for name, sql in json.loads(QUERIES).items()}))
"""


_COUNT = """
import json
from pathlib import Path

from pyflink.table import EnvironmentSettings, TableEnvironment

table_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
table_env.get_config().set("parallelism.default", "1")


def count_changes(number, events):
    path = Path(f"changes-{number}.json").resolve()
    path.write_text("".join(json.dumps(event) + "\\n" for event in events))
    table_env.execute_sql(
        f"CREATE TABLE tickets_{number} (ticket BIGINT, queue STRING, severity INT)"
        f" WITH ('connector' = 'filesystem', 'path' = '{path.as_uri()}',"
        " 'format' = 'debezium-json')"
    )
    query = f"SELECT queue, COUNT(*) FROM tickets_{number} GROUP BY queue"
    with table_env.execute_sql(query).collect() as rows:
        return [[str(row.get_row_kind()), *row] for row in rows]


print(json.dumps([count_changes(*item) for item in enumerate(json.loads(STREAMS))]))
"""


def count_on_flink(
    streams: list[list[dict[str, Any]]], folder: Path, *, image: Image
) -> list[list[list[Any]]]:
    """Return the rows [kind, queue, tickets] of the count over each changelog.

    A changelog is a list of records as in the topic ``tickets``.
    """
    wanted = json.dumps([list(_events(records)) for records in streams])
    program = f"STREAMS = {wanted!r}\n{_COUNT}"
    [result] = run_session([("python", program)], folder, image=image)
    assert result.error is None, result.error
    changes: list[list[list[Any]]] = json.loads(printed_lines(result.printed)[-1])
    return changes


def _events(records: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Turn row kinds back into Debezium's events; an update is two records."""
    before = None
    for record in records:
        row = dict(record)
        match row.pop("row_kind"):
            case "+I":
                yield {"op": "c", "before": None, "after": row}
            case "-D":
                yield {"op": "d", "before": row, "after": None}
            case "-U":
                before = row
            case "+U":
                yield {"op": "u", "before": before, "after": row}


def ask_flink(folder: Path, *, image: Image) -> dict[str, str]:
    """Return the mode of every query of the lab, or ``refused``, by its name."""
    queries = json.loads((FOLDER / "queries.json").read_text("utf-8"))
    wanted = json.dumps({item["query"]: item["sql"] for item in queries})
    program = f"QUERIES = {wanted!r}\n{_PROGRAM}"
    [result] = run_session([("python", program)], folder, image=image)
    assert result.error is None, result.error
    modes: dict[str, str] = json.loads(printed_lines(result.printed)[-1])
    return modes


def main() -> None:
    """Write the record."""
    build_image(root=ROOT, runtime=runtime_dir(ROOT), report=lambda line: None)
    image = settings_from_environment(ROOT).image
    with tempfile.TemporaryDirectory() as folder:
        modes = ask_flink(Path(folder), image=image)
    RECORDED.write_text(json.dumps(modes, indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{len(modes)} modes recorded\n")


if __name__ == "__main__":
    main()
