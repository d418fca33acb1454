"""Cutting a SQL script into statements with their lines."""

import pytest

from runner.sql_script import ScriptError, Statement, StatementSet, split_script


def flat(script: str) -> list[tuple[str, int]]:
    return [
        (unit.text, unit.line)
        for unit in split_script(script)
        if isinstance(unit, Statement)
    ]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", []),
        ("  \n;;\n -- nothing\n", []),
        ("SELECT 1", [("SELECT 1", 1)]),
        ("SELECT 1;SELECT 2;", [("SELECT 1", 1), ("SELECT 2", 1)]),
        ("\n\nSELECT\n 1 ;\n\nSELECT 2", [("SELECT\n 1", 3), ("SELECT 2", 6)]),
        ("-- a; b\nSELECT 1;", [("SELECT 1", 2)]),
        ("/* a;\nb */ SELECT 1;", [("SELECT 1", 2)]),
        ("SELECT 1 -- ; no\n, 2;", [("SELECT 1 -- ; no\n, 2", 1)]),
        ("SELECT ';' , 'it''s; ok';", [("SELECT ';' , 'it''s; ok'", 1)]),
        ('SELECT `a;b`, "c;d";', [('SELECT `a;b`, "c;d"', 1)]),
        ("SELECT '--', '/*';SELECT 2", [("SELECT '--', '/*'", 1), ("SELECT 2", 1)]),
        ("/*+ H(a) */ SELECT 1", [("/*+ H(a) */ SELECT 1", 1)]),
        ("SELECT /*+ H('a;b') */ 1;", [("SELECT /*+ H('a;b') */ 1", 1)]),
        ("SELECT 1;\r\nSELECT 2;\r\n", [("SELECT 1", 1), ("SELECT 2", 2)]),
        ("SELECT 'a\nb;c';\nSELECT 2", [("SELECT 'a\nb;c'", 1), ("SELECT 2", 3)]),
        ("SELECT 'я;я'; -- конец", [("SELECT 'я;я'", 1)]),
    ],
)
def test_statements_end_at_semicolons_that_are_code(
    script: str, expected: list[tuple[str, int]]
) -> None:
    assert flat(script) == expected


@pytest.mark.parametrize(
    ("begin", "line"),
    [
        ("EXECUTE STATEMENT SET BEGIN", 2),
        ("execute  statement\nset\nbegin", 4),
        ("EXECUTE STATEMENT SET AS BEGIN", 2),
        ("BEGIN STATEMENT SET;", 2),
    ],
)
def test_both_spellings_of_a_statement_set_are_one_unit(begin: str, line: int) -> None:
    script = (
        f"{begin}\nINSERT INTO a SELECT 1;\n-- why\nINSERT INTO b SELECT 2;\nEND;\n"
    )
    (unit,) = split_script(script)
    assert isinstance(unit, StatementSet)
    assert [(one.text, one.line, one.number) for one in unit.inserts] == [
        ("INSERT INTO a SELECT 1", line, 1),
        ("INSERT INTO b SELECT 2", line + 2, 2),
    ]


def test_statements_are_numbered_across_sets() -> None:
    units = split_script(
        "CREATE VIEW v AS SELECT 1;\n"
        "BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END;\nSHOW TABLES;"
    )
    assert [
        unit.number
        for unit in (units[0], *units[1].inserts, units[2])  # type: ignore[union-attr]
    ] == [1, 2, 3]


@pytest.mark.parametrize(
    ("script", "line", "words"),
    [
        ("SELECT 1;\nSELECT 'open", 2, "quote"),
        ("SELECT 1;\n\n/* open", 3, "comment"),
        ("\nBEGIN STATEMENT SET;\nINSERT INTO a SELECT 1;", 2, "END"),
        (
            "BEGIN STATEMENT SET;\nEXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;",
            2,
            "inside",
        ),
    ],
)
def test_what_is_not_closed_is_told_with_its_line(
    script: str, line: int, words: str
) -> None:
    with pytest.raises(ScriptError, match=words) as caught:
        split_script(script)
    assert caught.value.line == line


def test_a_case_expression_does_not_end_a_set() -> None:
    (unit,) = split_script(
        "BEGIN STATEMENT SET;\n"
        "INSERT INTO a SELECT CASE WHEN x THEN 1 END FROM t;\nEND;"
    )
    assert isinstance(unit, StatementSet)
    assert len(unit.inserts) == 1
