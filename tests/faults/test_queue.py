"""Faults of Redis: gone, empty, full, evicting, delivering twice."""

import os
import re
import uuid
from collections import Counter

import pytest

from tests.bench.browser import Person
from tests.faults.conftest import TIMES, site_folder, without_services
from tests.faults.database import Database
from tests.faults.servers import Redis
from tests.faults.stage import PASSWORD, SOLUTION, Stage
from tests.faults.table import fault
from tests.site import PLATFORM, ROOT, running_site

pytestmark = [pytest.mark.flink, pytest.mark.process]


def post_solution(stage, person):
    """Send the solution by the product's own form; return the public id."""
    address = person.post(
        "/labs/cdc-source/send/",
        kind="submit",
        language="sql",
        source=SOLUTION.read_text("utf-8"),
        key=str(uuid.uuid4()),
    )
    public_id = re.search(r"/attempts/([0-9a-f-]{36})/", address)[1].replace("-", "")
    stage.accept(public_id)
    return public_id


def new_person(stage):
    return Person.signed_in(stage.site.url, stage.new_person(), PASSWORD)


@fault(
    8,
    "Redis restarts empty",
    done="SIGKILL to Redis with one row running and two queued, then a new empty one",
    held="all three are run, by the rows of the database",
    always=True,
)
def test_08_redis_restarts_empty(served):
    """The lost messages cost seconds; no submission needs another wake-up by hand."""
    stage = served.stage
    stage.worker()
    sent = stage.send(3)
    stage.wait_state(sent[0])
    served.redis.kill()
    served.redis.start()
    stage.wait_final(*sent)
    assert [stage.verdicts(one) for one in sent] == [[("passed", "completed")]] * 3
    assert {len(stage.tries(one)) for one in sent} == {1}
    stage.check()


@fault(
    9,
    "Redis is flushed",
    done="three rows queued without a worker, FLUSHALL, then a worker",
    held="all three are run",
)
def test_09_flushall(served):
    """A worker looks into the database, whatever the queue holds."""
    stage = served.stage
    stage.end_workers()
    sent = stage.send(3)
    assert served.redis.ask("flushall") == "OK"
    stage.worker()
    stage.wait_final(*sent)
    assert {len(stage.tries(one)) for one in sent} == {1}
    stage.check()


@fault(
    10,
    "Redis has no memory left",
    done="maxmemory 1 without eviction while a student sends in, later lifted",
    held="the form is accepted, the row waits and is run",
)
def test_10_redis_out_of_memory(served):
    """The wake-up is refused by Redis; the row is committed all the same."""
    stage = served.stage
    stage.worker()
    person = new_person(stage)
    assert served.redis.ask("config", "set", "maxmemory", "1") == "OK"
    try:
        public_id = post_solution(stage, person)
        assert stage.column(public_id, "state") is not None
    finally:
        served.redis.ask("config", "set", "maxmemory", "0")
    stage.wait_final(public_id)
    assert stage.verdicts(public_id) == [("passed", "completed")]
    stage.check()


@fault(
    11,
    "Redis evicts the queue's keys",
    done="allkeys-random at 1 byte with three rows queued, then lifted, then a worker",
    held="all three are run, and one that is sent afterwards",
)
def test_11_eviction(served):
    """Messages and kombu's bindings are gone; both come back by themselves."""
    stage = served.stage
    stage.end_workers()
    sent = stage.send(3)
    redis = served.redis
    redis.ask("config", "set", "maxmemory-policy", "allkeys-random")
    redis.ask("config", "set", "maxmemory", "1")
    redis.ask("set", "one-more", "key")
    redis.ask("config", "set", "maxmemory", "0")
    redis.ask("config", "set", "maxmemory-policy", "noeviction")
    evicted = int(re.search(r"evicted_keys:(\d+)", redis.ask("info", "stats"))[1])
    assert evicted > 0
    stage.note(f"{evicted} keys evicted")
    stage.worker()
    sent += stage.send()
    stage.wait_final(*sent)
    assert {len(stage.tries(one)) for one in sent} == {1}
    stage.check()


@fault(
    12,
    "Redis is down when a student sends in",
    done="SIGKILL to Redis, a form sent over HTTP, later a new empty Redis",
    held="the form is accepted, its page says that it waits; it is run",
    always=True,
)
def test_12_redis_down_at_submit(served):
    """The row is the truth: it is committed, and a wake-up comes later."""
    stage = served.stage
    stage.worker()
    person = new_person(stage)
    served.redis.kill()
    try:
        public_id = post_solution(stage, person)
        assert stage.column(public_id, "state") in {
            "queued",
            "leased",
            "preparing",
            "running",
            "checking",
            "finished",
        }
        assert person.get(f"/attempts/{uuid.UUID(public_id)}/")
    finally:
        served.redis.start()
    stage.wait_final(public_id)
    assert stage.verdicts(public_id) == [("passed", "completed")]
    stage.check()


@fault(
    7,
    "The queue's visibility timeout fires in the middle of a run",
    done="kombu's timeout at 1 s, one worker whose three threads all run programs, so"
    " that further wake-ups lie unacknowledged; fifteen rows",
    held="Redis delivers wake-ups again, nothing is run twice",
)
def test_07_visibility_timeout():
    """The same message comes twice; it finds leases and finished rows.

    With a thread more than slots, as the product has it, a wake-up is acknowledged at
    once: the fault needs three slots for three threads. kombu looks every ten seconds.
    """
    if not Redis.is_installed():
        pytest.skip("needs redis-server")
    with site_folder() as folder:
        redis = Redis(folder)
        redis.start()
        try:
            with running_site(
                folder,
                worker=False,
                **(
                    without_services()
                    | TIMES
                    | {
                        "CELERY_BROKER_URL": redis.broker_url,
                        "DJANGO_SETTINGS_MODULE": "tests.faults.short_visibility",
                        "PYTHONPATH": f"{PLATFORM}{os.pathsep}{ROOT}",
                        "LAB_SLOTS": "3",
                    }
                ),
            ) as site:
                stage = Stage(site, Database(file=str(folder / "db.sqlite3")))
                stage.worker()
                sent = stage.send(15)
                # 15 runs of seven core-seconds: a minute where nothing else runs.
                stage.wait_final(*sent, seconds=240)
                assert {len(stage.tries(one)) for one in sent} == {1}
                tasks = Counter(
                    re.findall(r"wake\[([0-9a-f-]{36})\] received", site.log("worker"))
                )
                again = sum(count - 1 for count in tasks.values())
                assert again > 0, "no message was delivered again"
                stage.note(f"{again} deliveries were repeated")
                stage.check()
                stage.end_workers()
        finally:
            redis.kill()
