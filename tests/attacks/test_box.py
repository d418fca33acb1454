"""Every attack of a box, bare and as a rider on a right solution."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lab_protocol.messages import Ending, Language, Limits
from tests.attacks import report
from tests.attacks.corpus import RUNS_ALL, Attack, attack, chosen
from tests.attacks.harness import Scene

pytestmark = [pytest.mark.flink, pytest.mark.timeout(200)]
NEIGHBOURS = (1, 4, 15, 23, 80) if RUNS_ALL else ()


def name_of(case: object) -> str:
    return case.slug if isinstance(case, Attack) else str(case)


@pytest.mark.parametrize(("hostile", "program"), chosen("box"), ids=name_of)
def test_deny_attack(
    scene: Scene, threads: ThreadPoolExecutor, hostile: Attack, program: str
) -> None:
    restarts = [slot.restarts for slot in scene.pool.health().slots]
    alone = threads.submit(scene.bare, hostile, program)
    riding = threads.submit(scene.rider, hostile, program)
    bare, rider = alone.result(), riding.result()
    left = scene.traces()
    if restarts != [slot.restarts for slot in scene.pool.health().slots]:
        left.append("an agent was restarted")
    report.note_attack(hostile, program, bare, rider, left)
    assert (bare.wrong, rider.wrong, left) == ((), (), []), (
        bare.outcome.stdout[-800:],
        rider.outcome.stdout[-800:],
    )


@pytest.mark.parametrize("number", NEIGHBOURS)
def test_deny_harm_to_a_neighbour(
    scene: Scene, threads: ThreadPoolExecutor, number: int
) -> None:
    hostile = attack(number)
    alone = threads.submit(scene.bare, hostile, "attack")
    beside = threads.submit(scene.solve)
    assert beside.result()
    assert alone.result().wrong == ()
    assert scene.solve()


ALLOWED = {
    "threads": """
import threading
done = []
threads = [threading.Thread(target=done.append, args=(n,)) for n in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("works" if len(done) == 20 else done)
""",
    "temporary-files": """
import tempfile, pathlib
with tempfile.NamedTemporaryFile() as file:
    file.write(b"x" * 10_000_000)
pathlib.Path("notes.txt").write_text("kept")
print("works")
""",
    "child-process": """
import subprocess, sys
done = subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True)
print("works" if done.stdout == b"42\\n" else done)
""",
    "own-broker": """
import socket
socket.create_connection(("localhost", 9092), timeout=5).close()
print("works")
""",
    "shared-memory": """
from multiprocessing import shared_memory
one = shared_memory.SharedMemory(create=True, size=1_000_000)
one.close(); one.unlink()
print("works")
""",
    "loopback-server": """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), timeout=5).close()
print("works")
""",
}


@pytest.mark.parametrize("what", ALLOWED if RUNS_ALL else ())
def test_allow_what_students_need(scene: Scene, what: str) -> None:
    request = scene._make_request(
        ALLOWED[what], language=Language.PYFLINK, limits=Limits(wall_seconds=25.0)
    )
    outcome = scene._send(request)
    assert (outcome.ending, outcome.stdout) == (Ending.COMPLETED, "works\n"), outcome
