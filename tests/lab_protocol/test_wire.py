"""Messages survive the wire, and nothing malformed is half-understood."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_protocol.box import FROM_RUNNER, TO_RUNNER, AwaitConsumption, Consumed
from lab_protocol.messages import (
    ClosingRow,
    Ending,
    EndRule,
    Event,
    Language,
    LearnerError,
    Record,
    RunOutcome,
    RunRequest,
    Stage,
    Topic,
)
from lab_protocol.wire import (
    MAX_LINE_BYTES,
    PROTOCOL_VERSION,
    ProtocolError,
    decode,
    encode,
)

REQUEST = RunRequest(
    run_id="r1",
    language=Language.SQL,
    files={"job.sql": "SELECT 'я';\n"},
    entry="job.sql",
    inputs=(Topic("orders", 3),),
    outputs=(Topic("totals"),),
    stages=(Stage("live", (Event("orders", None, b"\x00\xff", 2),), 5),),
    closing=(ClosingRow("totals", "id", "z"),),
)
OUTCOME = RunOutcome(
    run_id="r1",
    ending=Ending.LEARNER_ERROR,
    end_rule=EndRule.STOPPED,
    records={
        "totals": (Record(0, 1, 2, None, None, 3), Record(0, 2, 2, b"k", b"v", 3))
    },
    error=LearnerError("E", "m", line=3),
)


@pytest.mark.parametrize("message", [REQUEST, OUTCOME])
def test_a_message_survives_as_one_line(message: RunRequest | RunOutcome) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode(line, (RunRequest, RunOutcome)) == message


@given(
    st.one_of(st.none(), st.binary()),
    st.one_of(st.none(), st.binary()),
    st.integers(0, 2**40),
)
def test_any_record_survives(key: bytes | None, value: bytes | None, at: int) -> None:
    record = Record(0, at, at, key, value, 0)
    assert decode(encode(record), (Record,)) == record


def altered(path: list[str], value: object) -> bytes:
    """Return the request's line with one place changed; ``...`` removes it."""
    data = json.loads(encode(REQUEST))
    place = data
    for step in path[:-1]:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "expected exactly"),
        (altered(["protocol"], PROTOCOL_VERSION + 1), "protocol"),
        (altered(["type"], "RunOutcome"), "not expected"),
        (altered(["extra"], 1), "expected exactly"),
        (altered(["body", "extra"], 1), "unknown field 'extra'"),
        (altered(["body", "entry"], ...), "'entry' is missing"),
        (altered(["body", "run_id"], 7), "run_id"),
        (altered(["body", "files"], []), "files"),
        (altered(["body", "language"], "cobol"), "cobol"),
        (altered(["body", "stages"], {}), "stages"),
        (altered(["body", "stages", "0", "settle_ms"], True), "settle_ms"),
        (altered(["body", "stages", "0", "events", "0", "value"], "%%"), "base64"),
        (altered(["body", "limits", "wall_seconds"], "30"), "wall_seconds"),
    ],
)
def test_a_malformed_line_is_refused_with_its_place(line: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        decode(line, (RunRequest,))


def test_an_oversized_line_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProtocolError, match="over"):
        decode(b" " * (MAX_LINE_BYTES + 1), (RunRequest,))


def test_a_number_that_json_does_not_know_is_refused() -> None:
    line = encode(REQUEST).replace(b'"wall_seconds": 30.0', b'"wall_seconds": NaN')
    assert b"NaN" in line
    with pytest.raises(ProtocolError, match="NaN"):
        decode(line, (RunRequest,))


def test_the_box_and_the_agent_do_not_understand_each_others_orders() -> None:
    with pytest.raises(ProtocolError):
        decode(encode(Consumed(1, True)), TO_RUNNER)
    with pytest.raises(ProtocolError):
        decode(encode(AwaitConsumption(1, {"orders:0": 4})), FROM_RUNNER)
    assert decode(encode(AwaitConsumption(1, {"o:0": 4})), TO_RUNNER).offsets == {
        "o:0": 4
    }
