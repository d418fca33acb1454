"""The document of faults is what the tests have written, and names what is missing."""

from tests.faults.table import DOCUMENT, EXPECTED, document, lines_of_document

LINE = "| {} | name | done | held | I1–I6 | 1 | 2026-01-01 |"


def test_the_document_was_not_edited_by_hand():
    assert DOCUMENT.read_text("utf-8") == document(lines_of_document())


def test_a_fault_without_a_line_is_named():
    rows = [
        LINE.format(number)
        for number, tests in sorted(EXPECTED.items())
        for _ in range(tests)
    ]
    assert "Each fault of the list has passed." in document(rows)
    assert "Not passed here yet: 27 (1 of its 2 tests)." in document(rows[:-1])
    assert "Not passed here yet: 0." in document(rows[1:])
