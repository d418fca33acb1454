"""What the program's jobs are doing: states, first failure, and how far sources read.

A watcher thread asks the MiniCluster five times a second; consumption of a stage is
read from the Kafka source's own ``currentOffset`` gauges over REST.
"""

import re
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable
from typing import Any

from lab_protocol.box import (
    AwaitConsumption,
    ConfirmQuiet,
    Consumed,
    JobsSeen,
    ProgramFailed,
    QuietSeen,
)
from lab_protocol.messages import LearnerError
from runner.cluster import OUT_OF_MEMORY_EXIT, Cluster
from runner.failures import describe_job
from runner.fair_clock import FairClock
from runner.rest import ENDED, ask, living_jobs
from runner.workers import PythonWorkers

INTERVAL = 0.2
# A source that will never read a topic to its end (latest-offset, a bounded scan, a
# job that stands still) must not hold the stream for ever. Counted from the last job
# that appeared: the stream waits for a program that does something else first (a right
# solution whose job came after 8 s read the late events together with the others).
# These and the seconds below are those of the box's own clock.
CONSUMPTION_SECONDS = 4.0
# A source stands still while the workers behind it start, one after the other: two of
# them took 5 s on a machine at work.
WORKER_SECONDS = 8.0
# So long a job may need from its start until its sources have found their partitions,
# and looks quiet meanwhile: a query with a wrong port and timeouts of 3 s ended as
# completed and did not tell of the port.
START_SECONDS = 6.0
# The cluster fetches its metrics anew when they are 10 ms old.
_ASK_AGAIN_SECONDS = 0.012
# While a program still plans, nothing can have been read: a hundred questions a second
# to a Java machine that has just begun cost its planner a fifth of its time.
_STILL_PLANNING_SECONDS = 0.25
# A program that neither ended nor waits: planning one more INSERT takes up to 0.7 s.
SETTLED_SECONDS = 1.5

_WAITING_CALLS = {
    ("table_result.py", "wait"),
    ("table_result.py", "print"),
    ("table_result.py", "collect"),
    ("stream_execution_environment.py", "execute"),
    ("job_client.py", "get_job_execution_result"),
    ("completable_future.py", "result"),
}

# A call that never returns where its table is endless, whatever rows went by.
_ENDLESS_CALLS = {("table.py", "to_pandas")}
# What each Kafka source tells of itself from its start on.
_READER = "KafkaSourceReader."
_FETCHES = 10

_GAUGE = re.compile(
    r"KafkaSourceReader\.topic\.(?P<topic>.+)\.partition\.(?P<partition>\d+)"
    r"\.currentOffset$"
)

Send = Callable[[object], None]


class JobWatch:
    """Reports job states and failures to the agent for as long as the box lives."""

    def __init__(self, cluster: Cluster, send: Send) -> None:
        self._cluster = cluster
        self._send = send
        self._ignored: set[str] = set()
        self._before: frozenset[str] = frozenset()
        self._gave_up = False
        self._jobs_seen: frozenset[str] = frozenset()
        self._jobs_changed_at: float | None = None
        self._gauges: dict[str, dict[str, str]] = {}
        self._gauges_of: set[str] = set()
        self._clock = FairClock()
        self._program = ProgramState(self._clock)
        self._workers = PythonWorkers(self._clock)

    @property
    def program(self) -> "ProgramState":
        """What is known about the program's text; told to it by who runs it."""
        return self._program

    def start(self) -> None:
        """Take the jobs so far (the warm-up) out of the count and begin to watch."""
        self._ignored = {name for name, _ in self._states()}
        self._before = frozenset(self._ignored)
        threading.Thread(target=self._watch, name="job-watch", daemon=True).start()

    def prepare_workers(self, texts: Iterable[str]) -> None:
        """Begin to make workers ready where the program's files may need them."""
        self._workers.prepare(texts)

    def is_own(self, job: str) -> bool:
        """Tell whether a job is the program's and not that of the warm-up."""
        return job not in self._before

    def await_consumption(self, asked: AwaitConsumption) -> None:
        """Answer ``asked`` from a thread of its own."""
        threading.Thread(target=self._consume, args=(asked,), daemon=True).start()

    def confirm_quiet(self, asked: ConfirmQuiet) -> None:
        """Answer ``asked`` from a thread of its own."""
        threading.Thread(target=self._confirm, args=(asked,), daemon=True).start()

    def _confirm(self, asked: ConfirmQuiet) -> None:
        try:
            is_quiet = self._is_settled()
        except (OSError, ValueError, KeyError, TypeError):
            is_quiet = True
        self._send(QuietSeen(asked.number, is_quiet))

    def _is_settled(self) -> bool:
        """Tell whether nothing is under way that needs no processor."""
        if _main_thread_is_in(_ENDLESS_CALLS) or self._workers.are_importing():
            return False
        began = self._jobs_changed_at
        if began is None or self._clock.seconds() - began >= START_SECONDS:
            return True
        return all(map(_has_started, living_jobs() - self._ignored))

    def _watch(self) -> None:
        last = None
        while True:
            try:
                states = self._states()
            except Exception:  # noqa: BLE001 (any py4j error means the machine is gone)
                self._report_death()
                return
            own = [state for name, state in states if name not in self._ignored]
            self._note_jobs(name for name, _ in states if name not in self._ignored)
            for name, state in states:
                if state == "FAILED" and name not in self._ignored:
                    self._ignored.add(name)
                    self._send(ProgramFailed(self._failure(name)))
            seen = JobsSeen(
                running=sum(s not in ENDED for s in own),
                finished=sum(s in ("FINISHED", "CANCELED") for s in own),
            )
            if seen != last:
                self._send(seen)
                last = seen
            time.sleep(INTERVAL)

    def _note_jobs(self, names: Iterable[str]) -> None:
        jobs = frozenset(names)
        if jobs - self._jobs_seen:
            self._jobs_changed_at = self._clock.seconds()
        self._jobs_seen |= jobs

    def _states(self) -> list[tuple[str, str]]:
        jobs = self._cluster.mini.listJobs().get()
        return [(str(job.getJobId()), str(job.getJobState())) for job in jobs]

    def _failure(self, name: str) -> LearnerError:
        flink = self._cluster.gateway.jvm.org.apache.flink
        identity = flink.api.common.JobID.fromHexString(name)
        graph = self._cluster.mini.getArchivedExecutionGraph(identity).get()
        info = graph.getFailureInfo()
        text = str(info.getExceptionAsString()) if info is not None else "job failed"
        return describe_job(text, job=str(graph.getJobName()), task=_failed_task(graph))

    def _report_death(self) -> None:
        self._send(ProgramFailed(machine_death(self._cluster)))

    def _consume(self, asked: AwaitConsumption) -> None:
        began = self._clock.seconds()
        asked_at = time.monotonic()
        seen = False
        while not seen and not self._gave_up and self._has_patience(began):
            time.sleep(_ASK_AGAIN_SECONDS)
            if (
                self._program.is_planning
                and time.monotonic() - asked_at < _STILL_PLANNING_SECONDS
            ):
                continue
            asked_at = time.monotonic()
            try:
                seen = self._has_consumed(asked.offsets)
            except (OSError, ValueError, KeyError):
                seen = False
        self._gave_up = self._gave_up or not seen
        if seen:
            self._workers.wait_until_idle()
        self._send(Consumed(asked.number, seen))

    def _has_patience(self, began: float) -> bool:
        """Tell whether to go on waiting since ``began``, with functions for longer."""
        moments = (self._jobs_changed_at, self._program.ended_at)
        begun = [moment for moment in moments if moment is not None]
        if not begun:
            return True
        more = WORKER_SECONDS if self._workers.has_functions else 0.0
        return self._clock.seconds() - max(began, *begun) < CONSUMPTION_SECONDS + more

    def _has_consumed(self, offsets: dict[str, int]) -> bool:
        """Tell whether each Kafka source of each running job has read its share.

        A source that reads none of the topics in ``offsets`` is no obstacle, one
        that has not reported anything yet is.
        """
        running = living_jobs() - self._ignored
        if not running or not self._program.submits_no_more(running):
            return False
        if running != self._gauges_of:
            gauges = _gauges(running)
            if gauges is None:
                return False
            self._gauges, self._gauges_of = gauges, running
        if not all(_names_all(places, offsets) for places in self._gauges.values()):
            # A partition is read later than its sister: its gauge is still to come.
            self._gauges_of = set()
            return False
        return all(
            _has_reached(path, places, offsets) for path, places in self._gauges.items()
        )


def _failed_task(graph: Any) -> str:
    """Return the name of the part of a job that failed; the others were cancelled."""
    vertices = graph.getAllExecutionVertices().iterator()
    while vertices.hasNext():
        vertex = vertices.next()
        if str(vertex.getExecutionState()) == "FAILED":
            return str(vertex.getTaskNameWithSubtaskIndex())
    return ""


class ProgramState:
    """Whether the program may still submit a job that wants the stream from its start.

    A stage must not be fed between two INSERTs of one script: the second job would
    read both stages at once and could not see that events were late.
    """

    def __init__(self, clock: FairClock) -> None:
        self._clock = clock
        self.ended_at: float | None = None
        self._jobs: set[str] = set()
        self._stable_since = clock.seconds()

    def end(self) -> None:
        """Note that the text has run to its end."""
        self.ended_at = self._clock.seconds()

    @property
    def is_planning(self) -> bool:
        """Tell whether its text still runs and does not wait for a job."""
        return self.ended_at is None and not _main_thread_is_in(_WAITING_CALLS)

    def submits_no_more(self, running: set[str]) -> bool:
        """Tell whether the program has ended, waits for a job, or seems settled."""
        if running != self._jobs:
            self._jobs = running
            self._stable_since = self._clock.seconds()
        if not self.is_planning:
            return True
        return self._clock.seconds() - self._stable_since >= SETTLED_SECONDS


def _main_thread_is_in(calls: set[tuple[str, str]]) -> bool:
    """Tell whether the main thread stands in one of ``calls``: (file, function)."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        place = (frame.f_code.co_filename.rpartition("/")[2], frame.f_code.co_name)
        if place in calls:
            return True
        frame = frame.f_back
    return False


def machine_death(cluster: Cluster) -> LearnerError:
    """Describe a Java machine that ended under the program."""
    code = cluster.wait_gone(2)
    if code == OUT_OF_MEMORY_EXIT:
        return LearnerError("OutOfMemoryError", "the Java heap of the box is full")
    return LearnerError("MachineEnded", f"the Java machine ended with {code}")


def _gauges(jobs: set[str]) -> dict[str, dict[str, str]] | None:
    """Return the gauges of every Kafka source of ``jobs``, None while some are missing.

    By the path of the vertex: name of the gauge → ``topic:partition`` that it tells of.
    """
    found: dict[str, dict[str, str]] = {}
    for job in jobs:
        vertices = ask(f"/jobs/{job}")["vertices"]
        # A job that is being set up has no vertices yet.
        if not vertices or any(one["status"] != "RUNNING" for one in vertices):
            return None
        for vertex in vertices:
            if "Source" not in vertex["name"]:
                continue
            path = f"/jobs/{job}/vertices/{vertex['id']}/metrics"
            places = {}
            for metric in ask(path):
                if gauge := _GAUGE.search(metric["id"]):
                    places[metric["id"]] = f"{gauge['topic']}:{gauge['partition']}"
            if not places:
                return None
            found[path] = places
    return found


def _has_started(job: str) -> bool:
    """Tell whether a job runs and each of its Kafka sources knows where to read."""
    vertices = ask(f"/jobs/{job}")["vertices"]
    if any(one["status"] not in ("RUNNING", "FINISHED") for one in vertices):
        return False
    return all(
        _knows_where_to_read(f"/jobs/{job}/vertices/{one['id']}/metrics")
        for one in vertices
        if "Source" in one["name"] and one["status"] == "RUNNING"
    )


def _knows_where_to_read(path: str) -> bool:
    # The cluster begins to fetch a job's metrics when it is first asked for them.
    for _ in range(_FETCHES):
        if names := [metric["id"] for metric in ask(path)]:
            break
        time.sleep(_ASK_AGAIN_SECONDS)
    return not any(_READER in name for name in names) or any(
        _GAUGE.search(name) for name in names
    )


def _names_all(places: dict[str, str], offsets: dict[str, int]) -> bool:
    """Tell whether ``places`` has every partition of its topics that has events."""
    topics = {place.rpartition(":")[0] for place in places.values()}
    events = {place for place in offsets if place.rpartition(":")[0] in topics}
    return events <= set(places.values())


def _has_reached(path: str, places: dict[str, str], offsets: dict[str, int]) -> bool:
    wanted = {name for name, place in places.items() if place in offsets}
    if not wanted:
        return True
    chosen = urllib.parse.quote(",".join(sorted(wanted)), safe=",")
    values = ask(f"{path}?get={chosen}")
    reached = [
        float(value["value"]) >= offsets[places[value["id"]]] for value in values
    ]
    return len(reached) == len(wanted) and all(reached)
