"""Folds of all three modes, also over any order that keeps each key's own."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.specs import Column, Output, Text
from grading.changelog import RowKind, read_changelog, row_identity
from grading.compare import DiffKind, compare_tables, tables_equal
from tests.grading.labs import record

TITLE = Text(ru="Выход")
COLUMNS = (Column(name="id", type="bigint"), Column(name="n", type="bigint"))


def output(mode, encoding="json"):
    return Output(
        topic="out",
        title=TITLE,
        mode=mode,
        encoding=encoding,
        columns=COLUMNS,
        key=("id",),
    )


UPSERT = output("upsert")
DEBEZIUM = output("retract", "debezium-json")
ROW_KIND = output("retract", "row-kind")


def plain(rows):
    """Return rows as sorted (id, n)."""
    return sorted((row["id"], row["n"]) for row in rows)


def debezium(op, before=None, after=None):
    return record({"op": op, "before": before, "after": after})


def row(number, n):
    return {"id": number, "n": n}


def test_flinks_debezium_sink_folds_to_the_last_rows():
    # What Flink writes for +I(1,1) -U(1,1) +U(1,2) +I(2,1) -D(2,1).
    changelog = read_changelog(
        [
            debezium("c", after=row(1, 1)),
            debezium("d", before=row(1, 1)),
            debezium("c", after=row(1, 2)),
            debezium("c", after=row(2, 1)),
            debezium("d", before=row(2, 1)),
        ],
        DEBEZIUM,
    )
    assert [change.kind for change in changelog.changes] == [
        "+I",
        "-D",
        "+I",
        "+I",
        "-D",
    ]
    assert plain(changelog.fold()) == [(1, 2)]
    assert changelog.orphans == []


def test_an_update_with_both_sides_is_two_changes():
    changelog = read_changelog(
        [
            debezium("r", after=row(1, 1)),
            debezium("u", before=row(1, 1), after=row(1, 5)),
        ],
        DEBEZIUM,
    )
    assert [change.kind for change in changelog.changes] == ["+I", "-U", "+U"]
    assert plain(changelog.fold()) == [(1, 5)]


def test_row_kinds_stand_in_their_own_field():
    records = [
        record({"row_kind": "+I", **row(1, 1)}),
        record({"row_kind": "-U", **row(1, 1)}),
        record({"row_kind": "+U", **row(1, 2)}),
    ]
    changelog = read_changelog(records, ROW_KIND)
    assert plain(changelog.fold()) == [(1, 2)]


def test_a_bag_holds_equal_rows_as_often_as_they_came():
    twice = [record({"row_kind": "+I", **row(1, 1)})] * 2
    once = [record({"row_kind": "-D", **row(1, 1)})]
    assert plain(read_changelog(twice + once, ROW_KIND).fold()) == [(1, 1)]


def test_taking_away_what_is_not_there_is_an_orphan():
    changelog = read_changelog(
        [record({"row_kind": "+I", **row(1, 1)}), debezium("d"), record(None)],
        ROW_KIND,
    )
    assert len(changelog.undecodable) == 2
    changelog = read_changelog([debezium("d", before=row(1, 7))], DEBEZIUM)
    assert [change.row for change in changelog.orphans] == [row(1, 7)]


@pytest.mark.parametrize(
    "value",
    [
        {"op": "t"},
        {"op": "c", "before": row(1, 1), "after": None},
        {"op": "d", "after": row(1, 1)},
        {"op": ["c"], "after": row(1, 1)},
        {"op": "c", "after": [1]},
    ],
)
def test_an_envelope_without_its_row_cannot_be_read(value):
    changelog = read_changelog([record(value)], DEBEZIUM)
    assert changelog.changes == ()
    assert len(changelog.undecodable) == 1


@pytest.mark.parametrize(
    ("key", "keyless"),
    [({"id": 1}, 0), (None, 1), ({"id": None}, 1), ({"x": 1}, 1), (b"text", 1)],
)
def test_records_without_their_key_are_noted(key, keyless):
    changelog = read_changelog([record(row(1, 1), key)], UPSERT)
    assert len(changelog.keyless) == keyless
    assert plain(changelog.fold()) == [(1, 1)]


def test_a_fold_until_a_stage_leaves_later_records_out():
    records = [
        record({"id": 1, "n": 1}, {"id": 1}, stage=1),
        record({"id": 1, "n": 2}, {"id": 1}, stage=2),
        record(None, {"id": 1}, stage=3),
    ]
    changelog = read_changelog(records, UPSERT)
    assert plain(changelog.fold(until_stage=1)) == [(1, 1)]
    assert plain(changelog.fold(until_stage=2)) == [(1, 2)]
    assert changelog.fold() == []


histories = st.dictionaries(
    st.integers(1, 4), st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=6)
)


def interleaved(lists, random):
    """Return the members of all lists in some order that keeps each list's own."""
    pending = [list(items) for items in lists if items]
    while pending:
        chosen = random.choice(pending)
        yield chosen.pop(0)
        pending = [items for items in pending if items]


@given(histories, st.randoms())
def test_upsert_fold_depends_on_the_order_within_a_key_only(history, random):
    per_key = [
        [record(None if n is None else row(number, n), {"id": number}) for n in changes]
        for number, changes in history.items()
    ]
    last = {
        (number, changes[-1])
        for number, changes in history.items()
        if changes and changes[-1] is not None
    }
    for _ in range(3):
        records = list(interleaved(per_key, random))
        assert plain(read_changelog(records, UPSERT).fold()) == sorted(last)


@given(histories, st.randoms())
def test_retract_fold_equals_the_sum_of_its_changes(history, random):
    per_key = []
    for number, changes in history.items():
        records, current = [], None
        for n in changes:
            if current is not None:
                kind = "-D" if n is None else "-U"
                records.append(record({"row_kind": kind, **row(number, current)}))
            if n is not None:
                kind = "+I" if current is None else "+U"
                records.append(record({"row_kind": kind, **row(number, n)}))
            current = n
        per_key.append(records)
    changelog = read_changelog(interleaved(per_key, random), ROW_KIND)
    count: Counter[tuple[object, ...]] = Counter()
    for change in changelog.changes:
        sign = -1 if change.kind in (RowKind.UPDATE_BEFORE, RowKind.DELETE) else 1
        count[change.row["id"], change.row["n"]] += sign
    assert plain(changelog.fold()) == sorted(count.elements())
    assert changelog.orphans == []


tables = st.lists(st.builds(row, st.integers(1, 3), st.integers(0, 3)), max_size=10)


@given(tables, tables)
def test_comparison_is_symmetric_and_pairs_as_much_as_it_can(left, right):
    one = compare_tables(left, right, ROW_KIND)
    other = compare_tables(right, left, ROW_KIND)
    assert one.count(DiffKind.DIFFERENT) == other.count(DiffKind.DIFFERENT)
    assert one.count(DiffKind.MISSING) == other.count(DiffKind.UNEXPECTED)
    assert tables_equal(left, right, ROW_KIND) is tables_equal(right, left, ROW_KIND)
    assert compare_tables(left, left, ROW_KIND).is_empty
    there = Counter(row_identity(item, ROW_KIND) for item in left)
    here = Counter(row_identity(item, ROW_KIND) for item in right)
    gone = sum((there - here).values())
    assert one.count(DiffKind.DIFFERENT) + one.count(DiffKind.MISSING) == gone


def test_many_rows_of_one_key_are_compared_in_linear_time():
    # Pairwise this would be 4 * 10^9 comparisons; the test then never ends.
    left = [row(1, n) for n in range(60_000)]
    right = [row(1, n) for n in range(1, 60_001)]
    diff = compare_tables(left, right, ROW_KIND)
    assert len(diff.rows) == 1


def test_of_rows_with_doubles_a_bounded_number_is_tried_against_each_other():
    columns = (Column(name="id", type="bigint"), Column(name="x", type="double"))
    near = ROW_KIND.model_copy(update={"columns": columns})
    left = [{"id": 1, "x": float(n)} for n in range(20_000)]
    right = [{"id": 1, "x": n + 0.5} for n in range(20_000)]
    assert compare_tables(left, right, near).count(DiffKind.DIFFERENT) == 20_000
    close = [{"id": 1, "x": n * (1 + 1e-12)} for n in range(100)]
    assert tables_equal(left[:100], close[::-1], near)
