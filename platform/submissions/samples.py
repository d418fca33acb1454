"""The first events of each lab's public stream, which its page shows beforehand.

A lab's own code makes them, so a worker does it in the jail, between runs: the web
process never executes code of a release.
"""

import logging
from collections import defaultdict
from typing import Any

from curriculum.archive import BadArchive
from curriculum.models import Release
from curriculum.releases import catalogue_of, release_tree
from grading.report import event_report
from lab_protocol.author import LabStream
from sandbox.errors import AuthorFault
from submissions.execution import Engine
from submissions.models import StreamSample

# Enough for a snapshot's first rows and the first changes, short enough to be read.
OF_A_TOPIC = 6
MOST_EVENTS = 12

logger = logging.getLogger(__name__)


def make_missing_sample(engine: Engine) -> bool:
    """Store the events of one lab of the active release that has none; say if so."""
    release = Release.objects.active().first()
    if release is None:
        return False
    made = set(
        StreamSample.objects.filter(release=release).values_list("lab", flat=True)
    )
    lab = next(
        (item for item in catalogue_of(release.pk).labs if item.id not in made), None
    )
    if lab is None:
        return False
    try:
        build = engine.build(
            tree=release_tree(release), lab=lab.id, seed=lab.spec.public_seed
        )
        events = first_events(build.stream)
    except (AuthorFault, BadArchive, ValueError):
        logger.exception("no events of lab %s can be shown", lab.id)
        events = []
    StreamSample.objects.get_or_create(
        release=release, lab=lab.id, defaults={"events": events}
    )
    return True


def first_events(stream: LabStream) -> list[dict[str, Any]]:
    """Return the first events of each topic, in the stream's order."""
    chosen: list[dict[str, Any]] = []
    taken: defaultdict[str, int] = defaultdict(int)
    number = -1  # as results count: from 0
    for stage in stream.stages:
        for event in stage.events:
            number += 1
            if taken[event.topic] < OF_A_TOPIC and len(chosen) < MOST_EVENTS:
                taken[event.topic] += 1
                chosen.append(event_report(number, stage.name, event))
    return chosen


def sample_of(*, release_id: int, lab_id: str) -> list[dict[str, Any]]:
    """Return the first events of a lab's public stream; none if not made yet."""
    row = StreamSample.objects.filter(release=release_id, lab=lab_id).first()
    return [] if row is None else row.events
