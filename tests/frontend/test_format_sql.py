"""Format SQL moves white space and the case of keywords, and nothing else."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import { formatSql } from "./format_sql.js";
let text = "";
for await (const part of process.stdin) text += part;
console.log(JSON.stringify(JSON.parse(text).map(formatSql)));
"""
COURSE = sorted(ROOT.glob("labs/*/given/*.sql")) + sorted(
    ROOT.glob("labs/*/answers/**/*.sql")
)

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")


def formatted(*texts):
    done = subprocess.run(
        ["node", "--input-type=module", "-e", PROGRAM],
        cwd=ROOT / "frontend",
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def bare(text):
    return re.sub(r"\s+", "", text).lower()


def test_programs_of_the_course_stay_what_they_are():
    texts = [path.read_text(encoding="utf-8") for path in COURSE]
    assert len(texts) > 10
    once = formatted(*texts)
    assert [bare(text) for text in once] == [bare(text) for text in texts]
    assert formatted(*once) == once


def test_clauses_get_lines_and_names_keep_their_case():
    [text] = formatted(
        "insert into t select Status, count(*) as n from orders o left join p"
        " on o.x>=p.x where o.deleted='false  from' and a<1 group by Status, `order`;"
    )
    assert text == (
        "INSERT INTO t\n"
        "SELECT Status,\n"
        "  count(*) AS n\n"
        "FROM orders o\n"
        "LEFT JOIN p ON o.x >= p.x\n"
        "WHERE o.deleted = 'false  from'\n"
        "  AND a < 1\n"
        "GROUP BY Status, `order`;\n"
    )


def test_comments_and_unfinished_text_survive():
    texts = (
        "SELECT 1, -- one\n 2 /* two\n lines */ FROM t; -- end",
        "SELECT 'never closed FROM t",
        "SELECT (((",
        ")))",
        "",
    )
    for before, after in zip(texts, formatted(*texts), strict=True):
        assert bare(after) == bare(before)
    assert "-- one\n" in formatted(texts[0])[0]
