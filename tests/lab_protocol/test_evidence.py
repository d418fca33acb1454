"""A box that forges its evidence gets little of it read, and harms nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_protocol.evidence import (
    MAX_BYTES,
    MAX_DESCRIPTION,
    MAX_JOBS,
    MAX_VERTICES,
    read_evidence,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
)
FIELDS = [
    "name",
    "state",
    "restarts",
    "checkpoints",
    "vertices",
    "id",
    "inputs",
    "read",
    "watermark",
    "description",
    "completed",
]


def told(**vertex: Any) -> str:
    return json.dumps({"jobs": [{"name": "j", "vertices": [vertex]}]})


def test_an_honest_text_is_read() -> None:
    [job] = read_evidence(
        json.dumps(
            {
                "jobs": [
                    {
                        "name": "insert",
                        "state": "RUNNING",
                        "restarts": 1,
                        "checkpoints": {"completed": 2, "size": 10},
                        "vertices": [
                            {"id": "a", "description": "Scan<br/>+- Calc(a &lt; 1)"},
                            {
                                "id": "b",
                                "read": 4,
                                "watermark": -1,
                                "inputs": [{"id": "a", "ship": "HASH"}, {"id": "x"}],
                            },
                        ],
                    }
                ]
            }
        )
    )
    assert job.plan == "Scan\n+- Calc(a < 1)\n"
    assert (job.restarts, job.vertices[1].read, job.vertices[1].watermark) == (1, 4, -1)
    assert job.vertices[1].inputs == ((1, "HASH"),)
    assert job.checkpoints is not None
    assert (job.checkpoints.completed, job.checkpoints.failed) == (2, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        "[" * 100_000,
        '{"jobs":' * 20_000,
        '{"jobs": 7}',
        '{"jobs": [7, null, "x"]}',
        "x" * 10_000_000,
        f'{{"jobs": [{{"restarts": {"9" * 5000}}}]}}',
    ],
    ids=lambda text: text[:12],
)
def test_what_cannot_be_read_is_nothing(text: str) -> None:
    assert read_evidence(text) == ()


def test_lists_and_texts_are_cut() -> None:
    assert len(read_evidence(json.dumps({"jobs": [{}] * 1000}))) == MAX_JOBS
    many = {"jobs": [{"vertices": [{}] * 1000}]}
    assert len(read_evidence(json.dumps(many))[0].vertices) == MAX_VERTICES
    [job] = read_evidence(told(description="x" * (MAX_BYTES // 2)))
    assert len(job.vertices[0].description) == MAX_DESCRIPTION


@pytest.mark.parametrize("value", [True, 1.5, 2**70, "1", [], {}, float("nan")])
def test_a_number_that_is_none_is_left_out(value: object) -> None:
    [job] = read_evidence(told(read=value, watermark=value))
    assert (job.vertices[0].read, job.vertices[0].watermark) == (None, None)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_shape_raises(parts: dict[str, Any]) -> None:
    for body in ({"jobs": [parts]}, {"jobs": [{"vertices": [parts]}]}, parts):
        read_evidence(json.dumps(body))
