"""Fences are found where they stand, with header, body and lines."""

import pytest

from curriculum.fences import (
    Engine,
    FenceKind,
    find_fences,
    parse_header,
    without_fences,
)

TEXT = """\
Текст

```sql {.run title="Первый" hl_lines="1 3-4"}
SELECT 1;
```

> ~~~python
> x = "```"
> ~~~

- пункт

    ````text {.output}
    ```
    ````

```sql
не закрыт"""


def test_fences_have_lines_and_bodies_without_their_prefix():
    fences = find_fences(TEXT, first_line=11)
    assert [(fence.line, fence.last_line, fence.body) for fence in fences] == [
        (13, 15, "SELECT 1;"),
        (17, 19, 'x = "```"'),
        (23, 25, "```"),
        (27, 28, "не закрыт"),
    ]
    assert [fence.closed for fence in fences] == [True, True, True, False]
    assert [fence.header.kind for fence in fences] == [
        FenceKind.RUN,
        FenceKind.PLAIN,
        FenceKind.OUTPUT,
        FenceKind.PLAIN,
    ]
    assert fences[0].header.title == "Первый"
    assert fences[0].header.highlighted_lines == (1, 3, 4)


def test_a_block_says_what_executes_it():
    header = parse_header('python {.run on="python"}')
    assert header.engine is Engine.PYTHON
    assert parse_header("python {.run}").engine is Engine.FLINK
    assert parse_header('python {.run on="spark"}').unknown == ('on="spark"',)


def test_fences_of_one_language_may_be_kept():
    outside = without_fences(TEXT, keep="python")
    assert 'x = "```"' in outside
    assert "SELECT" not in outside


def test_without_fences_keeps_the_number_of_lines():
    outside = without_fences(TEXT)
    assert outside.count("\n") == TEXT.count("\n")
    assert "SELECT" not in outside
    assert "- пункт" in outside


@pytest.mark.parametrize(
    ("header", "unknown"),
    [
        ("sql {.run .walk}", (".walk",)),
        ("sql {.run title=Без-кавычек}", ("title=Без-кавычек",)),
        ('sql {lines="1"}', ('lines="1"',)),
        ('sql title="x"', ('sql title="x"',)),
        ('sql {hl_lines="a"}', ('hl_lines="a"',)),
        ("sql {.plain}", (".plain",)),
    ],
)
def test_what_a_header_does_not_know_is_reported(header, unknown):
    assert parse_header(header).unknown == unknown


def test_huge_range_of_lines_stays_small():
    header = parse_header('sql {hl_lines="1-999999999"}')
    assert len(header.highlighted_lines) == 2001
