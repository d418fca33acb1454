"""Many submissions while one random fault after the other is done to their site."""

import os
import random
import signal
import time

import pytest

from tests.faults.table import fault
from tests.faults.test_cells import is_broker

pytestmark = [pytest.mark.flink, pytest.mark.process, pytest.mark.timeout(600)]

SUBMISSIONS = 40
SECONDS = 150.0
PAUSE_SECONDS = 5.0


class Chaos:
    """The faults that may happen at any moment, on one stage."""

    def __init__(self, served, dice):
        self.stage = served.stage
        self.redis = served.redis
        self.postgres = served.postgres
        self.dice = dice
        self.done = []

    def strike(self):
        """Do one of them, and note its name."""
        name = self.dice.choice(
            [
                "worker_killed",
                "worker_hung",
                "worker_ended",
                "broker_killed",
                "redis_killed",
                "redis_flushed",
                "postgres_killed",
                "web_killed",
            ]
        )
        self.done.append(name)
        getattr(self, name)()

    def worker_killed(self):
        self.stage.end_worker(self._worker())

    def worker_ended(self):
        self.stage.end_worker(self._worker(), signal.SIGTERM)

    def worker_hung(self):
        worker = self._worker()
        os.kill(worker.pid, signal.SIGSTOP)
        time.sleep(self.dice.uniform(1, 10))
        os.kill(worker.pid, signal.SIGCONT)

    def broker_killed(self):
        for cell in self.stage.cells(self._worker()):
            if is_broker(cell):
                cell.kill()

    def redis_killed(self):
        self.redis.kill()
        time.sleep(self.dice.uniform(0, 3))
        self.redis.start()

    def redis_flushed(self):
        self.redis.ask("flushall")

    def postgres_killed(self):
        self.postgres.stop(signal.SIGQUIT)
        time.sleep(self.dice.uniform(0, 3))
        self.postgres.start()

    def web_killed(self):
        self.stage.site.kill_web(signal.SIGKILL)
        self.stage.site.start_web()

    def _worker(self):
        living = self.stage.living_workers()
        return living[0] if living else self.stage.new_worker(wait=False)


@fault(
    0,
    "Everything at once",
    done=f"{SUBMISSIONS} submissions, a random fault of eight kinds every"
    f" {PAUSE_SECONDS:.0f} s for at most {SECONDS:.0f} s",
    held="each has its verdict; none of them says that the program was wrong",
)
def test_00_chaos(served):
    """Whatever comes in whatever order: the invariants hold at the end."""
    seed = int(os.environ.get("POTOK_CHAOS_SEED") or time.time())
    chaos = Chaos(served, random.Random(seed))
    stage = served.stage
    stage.worker()
    sent = stage.send(SUBMISSIONS)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and stage.count_open(sent):
        time.sleep(PAUSE_SECONDS)
        chaos.strike()
        if not stage.living_workers():
            stage.new_worker(wait=False)
    stage.wait_final(*sent, seconds=240)
    results = [stage.verdicts(one) for one in sent]
    faulty = results.count([("none", "platform_fault")])
    right = results.count([("passed", "completed")])
    assert right + faulty == SUBMISSIONS, results
    stage.note(
        f"seed {seed}: {len(chaos.done)} faults, {right} passed, {faulty} ended as the"
        " platform's fault after three tries"
    )
    stage.check()
