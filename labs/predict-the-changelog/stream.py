"""Four topics of a support desk: two retract streams, an upsert stream, some queries.

``labels`` has no key and equal rows in it; ``agents`` is keyed, a tombstone deletes;
``tickets`` is the changelog of a table with the primary key ``ticket``, as Flink reads
it from a topic; ``queries`` holds questions, never their answers.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from lab_protocol.messages import Event
from potok_cdc.stream import Stream, StreamBuilder

LABELS, AGENTS, TICKETS, QUERIES = "labels", "agents", "tickets", "queries"
TEAMS = ("billing", "delivery", "returns", "accounts", "partners", "apps")
WORDS = ("urgent", "refund", "waiting", "vip", "legal", "bug", "spam", "duplicate")
QUEUES = ("first_line", "second_line", "night", "phone", "chat", "mail", "claims")
STATUSES = ("free", "busy", "away", "training")
LABEL_CHANGES = 70
AGENT_CHANGES = 70
TICKET_CHANGES = 75

# What a query must be like: of each kind one is drawn, so that every mistake about
# modes shows in every stream. Source, then the operators; None stands for any.
KINDS: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = (
    ("opened", (("group_count",), ("filter", "group_count"))),
    ("tickets", (("group_count",), ("filter", "group_count"))),
    ("tickets", (("window_count",), ("union_all", "window_count"))),
    ("tickets", (("window_count", "group_count"), ("window_count", "filter"))),
    ("tickets", (("lag_over_time",), ("interval_join",), ("filter", "lag_over_time"))),
    (
        "opened",
        (("left_join",), ("filter", "left_join"), ("last_by_time",), ("top_3",)),
    ),
    ("opened", (("first_by_time",), ("inner_join",), ("first_by_time", "inner_join"))),
    ("opened", (("group_count", "group_count"), ("left_join", "group_count"))),
)

type Row = dict[str, Any]


def build_stream(seed: int) -> Stream:
    """Return the stream of ``seed``: some 350 records in four topics."""
    random = Random(seed)
    builder = StreamBuilder()
    builder.stage(LABELS, _retract(LABELS, label_changes(random)))
    builder.stage(AGENTS, agent_records(random))
    builder.stage(TICKETS, _retract(TICKETS, ticket_changes(random)))
    builder.stage(QUERIES, query_records(random))
    return builder.build()


def label_changes(random: Random) -> Iterator[tuple[str, Row]]:
    """Yield changes of a bag: rows come twice, and one of two goes away."""
    teams, words = random.sample(TEAMS, 3), random.sample(WORDS, 4)
    bag: list[Row] = []

    def new() -> Row:
        return {"team": random.choice(teams), "label": random.choice(words)}

    twice = {"team": teams[0], "label": words[0]}
    first, second = {"team": teams[1], "label": words[1]}, twice | {"label": words[2]}
    for row in (twice, twice, twice, first):
        bag.append(row)
        yield "+I", row
    for _ in range(LABEL_CHANGES):
        action = random.choice(("add", "add", "add", "change", "change", "remove"))
        if action == "add" or len(bag) < 5:
            bag.append(new())
            yield "+I", bag[-1]
        elif action == "remove":
            yield "-D", bag.pop(random.randrange(1, len(bag)))
        else:
            yield "-U", bag.pop(random.randrange(1, len(bag)))
            bag.append(new())
            yield "+U", bag[-1]
    # Whatever came before: two equal rows of which one goes, and a row that changes.
    rare = {"team": teams[2], "label": "escalated"}
    for kind, row in (("+I", rare), ("+I", rare), ("+I", rare), ("-D", rare)):
        yield kind, row
    yield "+I", second | {"label": "draft"}
    yield "-U", second | {"label": "draft"}
    yield "+U", second


def agent_records(random: Random) -> list[Event]:
    """Return an upsert stream: the key names the agent, a tombstone ends a shift."""
    names = [f"a-{number:02}" for number in random.sample(range(10, 99), 12)]
    records = [_upsert(random.choice(names[6:]), None)]
    on_shift: set[str] = set()
    for number in range(AGENT_CHANGES):
        name = names[number] if number < 6 else random.choice(names)
        if name in on_shift and random.random() < 0.25:
            on_shift.discard(name)
            records.append(_upsert(name, None))
            continue
        on_shift.add(name)
        status, desk = random.choice(STATUSES), random.randrange(1, 20)
        records.append(_upsert(name, {"agent": name, "status": status, "desk": desk}))
    leaving = f"a-{random.randrange(100, 200)}"
    records.append(_upsert(leaving, {"agent": leaving, "status": "free", "desk": 1}))
    records.append(_upsert(leaving, None))
    return records


def ticket_changes(random: Random) -> Iterator[tuple[str, Row]]:
    """Yield the changelog of the table of tickets, read from its middle.

    The first record takes away a row whose insertion nobody has seen. Queues fill and
    empty; an update moves a ticket to another queue or leaves it in its own.
    """
    queues = random.sample(QUEUES, 4)
    number = random.randrange(1_000, 9_000)
    rows: dict[int, Row] = {}

    def new(queue: str) -> Row:
        nonlocal number
        number += random.randrange(1, 7)
        rows[number] = _ticket(number, queue, random.randrange(1, 6))
        return rows[number]

    yield "-D", _ticket(number - 5, queues[3], 2)
    for queue in (*queues[:3], queues[0], queues[1]):
        yield "+I", new(queue)
    for _ in range(TICKET_CHANGES):
        action = random.choice(("open", "move", "severity", "close", "move", "close"))
        if action == "open" or len(rows) < 4:
            yield "+I", new(random.choice(queues[:3]))
            continue
        old = rows[random.choice(sorted(rows))]
        if action == "close":
            yield "-D", rows.pop(old["ticket"])
            continue
        if action == "move":
            elsewhere = [queue for queue in queues[:3] if queue != old["queue"]]
            after = old | {"queue": random.choice(elsewhere)}
        else:
            after = old | {"severity": old["severity"] % 5 + 1}
        rows[old["ticket"]] = after
        yield "-U", old
        yield "+U", after
    # Whatever came before: a queue of one ticket that changes, moves away and is gone.
    lone = new(queues[3])
    yield "+I", lone
    other = new(queues[3])
    yield "+I", other
    yield "-U", lone
    yield "+U", lone | {"severity": lone["severity"] % 5 + 1}
    yield "-U", other
    yield "+U", other | {"queue": queues[0]}
    yield "-D", lone | {"severity": lone["severity"] % 5 + 1}
    yield "+I", new(queues[3])


def query_records(random: Random) -> list[Event]:
    """Return one query of each kind in a seeded order, named q1, q2 and so on."""
    known = read_queries()
    drawn = []
    for source, chains in KINDS:
        fitting = [
            item
            for item in known
            if item["source"] == source and tuple(item["operators"]) in chains
        ]
        drawn.append(random.choice(fitting))
    left = [item for item in known if item not in drawn]
    drawn += random.sample(left, 2)
    random.shuffle(drawn)
    return [
        _event(QUERIES, None, {**item, "query": f"q{position}"})
        for position, item in enumerate(drawn, start=1)
    ]


def read_queries() -> list[Row]:
    """Return every query whose changelog mode is recorded."""
    path = Path(__file__).resolve().parent / "queries.json"
    queries: list[Row] = json.loads(path.read_text("utf-8"))
    return queries


def _ticket(ticket: int, queue: str, severity: int) -> Row:
    return {"ticket": ticket, "queue": queue, "severity": severity}


def _retract(topic: str, changes: Iterator[tuple[str, Row]]) -> list[Event]:
    return [_event(topic, None, {"row_kind": kind, **row}) for kind, row in changes]


def _upsert(name: str, value: Row | None) -> Event:
    return _event(AGENTS, {"agent": name}, value)


def _event(topic: str, key: Row | None, value: Row | None) -> Event:
    return Event(
        topic,
        None if key is None else json.dumps(key).encode(),
        None if value is None else json.dumps(value).encode(),
    )
