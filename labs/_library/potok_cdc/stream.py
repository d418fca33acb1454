"""A seeded stream: stages of events, in the order in which a cell produces them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from lab_protocol.messages import Event, Stage


@dataclass(frozen=True, slots=True)
class Stream:
    """The stages of one seeded instance of a lab.

    ``partitions`` holds topics with another number of partitions than lab.yaml says.
    """

    stages: tuple[Stage, ...]
    partitions: dict[str, int] = field(default_factory=dict)

    @property
    def events(self) -> tuple[Event, ...]:
        """All events in order; an index into it is the number of the event."""
        return tuple(event for stage in self.stages for event in stage.events)

    def until(self, name: str) -> "Stream":
        """Return the stream as if it ended with the stage ``name``."""
        names = [stage.name for stage in self.stages]
        return replace(self, stages=self.stages[: names.index(name) + 1])

    def numbered(self, topic: str) -> list[tuple[int, str, Event]]:
        """Return (number of the event, name of its stage, event) of one topic."""
        rows = [(stage.name, event) for stage in self.stages for event in stage.events]
        return [
            (number, stage, event)
            for number, (stage, event) in enumerate(rows)
            if event.topic == topic
        ]


class StreamBuilder:
    """Collects events into stages; a stage's name may be used once."""

    def __init__(self) -> None:
        self._stages: list[Stage] = []

    def stage(self, name: str, events: Iterable[Event], *, settle_ms: int = 0) -> None:
        """Add a stage after which the producer waits ``settle_ms`` milliseconds."""
        if any(stage.name == name for stage in self._stages):
            raise ValueError(f"stage {name} exists already")
        self._stages.append(Stage(name=name, events=tuple(events), settle_ms=settle_ms))

    def build(self) -> Stream:
        """Return the stream."""
        return Stream(stages=tuple(self._stages))
