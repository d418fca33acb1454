"""What a student's program must not reach: other topics, other runs, other people."""

from collections.abc import Callable

import pytest

from lab_protocol.messages import Ending, Language, RunRequest
from sandbox.pool import SlotPool

pytestmark = pytest.mark.flink

SINK = """
CREATE TABLE elsewhere (status STRING) WITH (
  'connector' = 'kafka', 'topic' = '{topic}', 'format' = 'json',
  'properties.bootstrap.servers' = 'localhost:{port}',
  'scan.startup.mode' = 'earliest-offset'
);
"""


@pytest.mark.parametrize(
    ("topic", "statement"),
    [
        ("orders", "INSERT INTO elsewhere SELECT 'forged';"),
        (
            "totals",
            "INSERT INTO totals SELECT `at`, e.status, 1 FROM elsewhere e, orders;",
        ),
        ("warm_in", "INSERT INTO elsewhere SELECT 'forged';"),
        ("__consumer_offsets", "INSERT INTO elsewhere SELECT 'forged';"),
        ("unknown", "INSERT INTO elsewhere SELECT 'forged';"),
    ],
    ids=["write-input", "read-output", "write-warm-up", "internal", "unknown"],
)
def test_the_access_list_refuses_all_but_the_runs_own_rights(
    run, topic: str, statement: str
) -> None:
    outcome = run(SINK.format(topic=topic, port=9092) + statement, closing=())
    assert outcome.ending is Ending.LEARNER_ERROR, outcome
    assert outcome.error is not None
    assert "authoriz" in (outcome.error.kind + outcome.error.message).lower()
    assert outcome.records["totals"] == ()


def test_the_agents_door_wants_a_password(run_python) -> None:
    """An unauthenticated client on the agent's port gets nothing, not even metadata."""
    outcome = run_python(
        "import socket, struct\n"
        "for port in (9093, 9094):\n"
        "    s = socket.create_connection(('127.0.0.1', port), timeout=2)\n"
        "    body = struct.pack('>hhih', 3, 1, 7, -1) + struct.pack('>i', -1)\n"
        "    s.sendall(struct.pack('>i', len(body)) + body)\n"
        "    try:\n"
        "        print(port, len(s.recv(100)))\n"
        "    except OSError as error:\n"
        "        print(port, 0)\n"
    )
    assert outcome.stdout.split() == ["9093", "0", "9094", "0"]


def test_a_box_sees_nothing_of_the_run_before(
    pool: SlotPool, make_request: Callable[..., RunRequest]
) -> None:
    leave = (
        "import pathlib\n"
        "for place in ('/tmp', '/work', '/dev/shm'):\n"
        "    pathlib.Path(place, 'left-behind').write_text('x')\n"
        "print('left')\n"
    )
    look = (
        "import pathlib\n"
        "print([str(p) for f in ('/tmp', '/work', '/dev/shm')\n"
        "       for p in pathlib.Path(f).rglob('left*')])\n"
    )
    # More runs than slots, so that the second half meets slots that the first used.
    said = [
        pool.run(
            make_request(text, language=Language.PYFLINK),
            on_progress=lambda progress: None,
            is_cancelled=lambda: False,
        ).stdout
        for text in (leave, leave, look, look)
    ]
    assert said == ["left\n", "left\n", "[]\n", "[]\n"]


def test_status_lines_forged_by_a_program_win_nothing(run_python) -> None:
    outcome = run_python(
        "import os, stat\n"
        "for fd in range(3, 64):\n"
        "    try:\n"
        "        if stat.S_ISFIFO(os.fstat(fd).st_mode):\n"
        '            os.write(fd, b\'{"protocol": 1, "type": "RunOutcome"}\\n\'\n'
        "                     + b'\\xff' * 40_000 + b'\\n' + b'{\"type\": 1\\n')\n"
        "            print('forged')\n"
        "    except OSError:\n"
        "        pass\n"
    )
    assert "forged" in outcome.stdout
    assert (outcome.ending, outcome.detail) == (Ending.COMPLETED, "no_job")
    assert outcome.records == {"totals": ()}


def test_file_names_cannot_leave_the_working_folder(
    pool: SlotPool, make_request: Callable[..., RunRequest]
) -> None:
    from dataclasses import replace

    request = make_request("print('ran')", language=Language.PYFLINK)
    request = replace(
        request, files={**request.files, "../../rt/app/runner/evil.py": "x = 1"}
    )
    outcome = pool.run(
        request, on_progress=lambda progress: None, is_cancelled=lambda: False
    )
    assert (outcome.ending, outcome.stdout) == (Ending.COMPLETED, "ran\n")
