"""Submits through the whole product: cold, warm, and sixty students at once."""

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db.models import Count, Max

from accounts.models import User
from submissions.models import Submission, Verdict, WorkerSign
from submissions.selectors import workers_answering
from tests.bench.browser import Person
from tests.bench.meter import CpuMeter, cells_mib
from tests.bench.numbers import percentile
from tests.bench.pages import LESSON
from tests.bench.runs import Timed, send, submit
from tests.factories import let_into
from tests.site import Site, wait_until

BURST_SECONDS = 10.0
_BURST_LIMIT = 400.0


def cold(
    site: Site, person: Person, lab: str, source: str, times: int
) -> dict[str, float]:
    """Time a submit that finds a worker which has only just said that it is there."""
    seconds = []
    for _ in range(times):
        start_worker(site)
        seconds.append(submit(person, lab, source).seconds)
        site.kill_worker(15)
    return {"cold_p50_s": statistics.median(seconds)}


def warm(
    site: Site, person: Person, lab: str, source: str, times: int
) -> tuple[dict[str, float], list[Timed]]:
    """Time submits that find a warm box, each after all cells are warm again."""
    meter = CpuMeter()
    start_worker(site, meter=meter)
    if site.web is not None:
        meter.add(site.web.pid)
    await_warm()
    submit(person, lab, source)  # also pays for the worker's first use of everything
    await_warm()
    runs = []
    before = meter.seconds()
    for _ in range(times):
        runs.append(submit(person, lab, source))
        await_warm()
    used = meter.seconds() - before
    memory = cells_mib(site.worker.pid) if site.worker is not None else []
    site.kill_worker(15)
    meter.close()
    seconds = [run.seconds for run in runs]
    return {
        "warm_n": len(runs),
        "warm_found_warm": sum(run.warm for run in runs),
        "warm_p50_s": statistics.median(seconds),
        "warm_p95_s": percentile(seconds, 95),
        "core_seconds_per_grading": used / times,
        "warm_box_mib": max(memory, default=0.0),
    }, runs


def burst(
    site: Site, lab: str, source: str, students: int, pages: tuple[str, ...]
) -> dict[str, float]:
    """Send a submit for each of ``students`` within ten seconds; read pages meanwhile.

    Each student's attempt page asks for its status as often as it would in a browser.
    """
    users = [
        User.objects.create_user(f"burst-{number:02}") for number in range(students)
    ]
    for user in users:
        let_into(user, LESSON)
    people = [Person.known(site.url, user) for user in users]
    start_worker(site)
    await_warm()
    done = threading.Event()
    times: list[float] = []
    sent: dict[str, float] = {}
    lock = threading.Lock()

    def one(number: int) -> None:
        time.sleep(number * BURST_SECONDS / students)
        public_id, moment = send(people[number], lab, source)
        with lock:
            sent[public_id] = moment
        while not done.is_set():
            seconds = people[number].asks_again(public_id)
            if seconds is None:
                return
            done.wait(seconds)

    def read() -> None:
        reader, turn = people[0], 0
        while not done.wait(0.25):
            begin = time.perf_counter()
            reader.get(pages[turn % len(pages)])
            times.append(time.perf_counter() - begin)
            turn += 1

    reading = threading.Thread(target=read)
    reading.start()
    with ThreadPoolExecutor(students) as pool:
        futures = [pool.submit(one, number) for number in range(students)]
        _until(
            lambda: (
                len(sent) == students
                and not Submission.objects.filter(public_id__in=sent, finished_at=None)
            )
        )
        done.set()
        for future in futures:
            future.result()
    reading.join()
    site.kill_worker(15)
    verdicts = Verdict.objects.filter(submission__public_id__in=sent)
    each = verdicts.values("submission").annotate(count=Count("pk"))
    last = verdicts.aggregate(last=Max("created_at"))["last"]
    return {
        "burst60_last_verdict_s": last.timestamp() - min(sent.values()),
        "burst60_lost": students - len(each),
        "burst60_doubled": sum(row["count"] > 1 for row in each),
        "burst60_not_passed": verdicts.exclude(result=Verdict.Result.PASSED).count(),
        "burst60_page_p95_ms": percentile(times, 95) * 1000,
        "burst60_pages_read": len(times),
    }


def start_worker(site: Site, *, meter: CpuMeter | None = None) -> None:
    """Start a worker and wait until it says that it can run labs."""
    WorkerSign.objects.all().delete()
    site.start_worker(wait=False)
    if meter is not None and site.worker is not None:
        meter.add(site.worker.pid)
    try:
        wait_until(workers_answering, what="the worker", seconds=90)
    except TimeoutError as error:
        raise RuntimeError(site.log("worker")[-3000:]) from error


def await_warm() -> None:
    """Wait until the pool says, after the last run, that all its cells are warm."""
    last = Submission.objects.aggregate(last=Max("finished_at"))["last"]

    def is_warm() -> bool:
        signs = WorkerSign.objects.all()
        if last is not None:
            signs = signs.filter(seen_at__gt=last)
        sign = signs.first()
        return bool(sign and sign.pool and sign.pool["warm"] >= sign.pool["target"])

    wait_until(is_warm, what="warm cells", seconds=120)


def _until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _BURST_LIMIT
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.2)
