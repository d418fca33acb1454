"""Orders with event times, one row each, in three stages and a closing pair."""

import json
import random
from dataclasses import dataclass

from lab_protocol.messages import Event, Stage

TOPIC = "orders"


@dataclass(frozen=True)
class Stream:
    stages: tuple[Stage, ...]


def build_stream(seed: int) -> Stream:
    random_numbers = random.Random(seed)

    def event(minute: int, second: int, status: str) -> Event:
        amount = random_numbers.randrange(1, 100)
        at = f"2026-01-01 00:{minute:02d}:{second:02d}.000"
        value = {"status": status, "amount": amount, "at": at}
        return Event(TOPIC, status.encode(), json.dumps(value).encode())

    live = tuple(
        event(minute, second, random_numbers.choice(["new", "paid"]))
        for minute in range(10)
        for second in range(0, 60, 3)
    )
    # Five minutes behind the watermark of the live stage: dropped by a right job.
    late = tuple(event(minute, 1, "late") for minute in range(4))
    closing = (event(30, 0, "closing"), event(50, 0, "closing"))
    return Stream(
        (Stage("live", live, 100), Stage("late", late, 100), Stage("closing", closing))
    )
