"""The first events of a lab's stream: made once a release, by a worker, in the jail."""

import pytest

from lab_protocol.author import LabStream
from lab_protocol.messages import Event, Stage
from sandbox.errors import AuthorFault
from submissions.models import StreamSample
from submissions.samples import (
    MOST_EVENTS,
    OF_A_TOPIC,
    first_events,
    make_missing_sample,
    sample_of,
)
from tests.factories import make_catalogue
from tests.submissions.scripted import ScriptedEngine


@pytest.fixture
def catalogue(db, monkeypatch, tmp_path):
    monkeypatch.setattr("submissions.samples.release_tree", lambda release: tmp_path)
    return make_catalogue()


def stream(*topics, each=20):
    return LabStream(
        stages=tuple(
            Stage(f"stage-{topic}", (Event(topic, b"1", b'{"op": "c"}'),) * each)
            for topic in topics
        )
    )


def test_each_lab_of_the_active_release_gets_its_events_once(catalogue):
    engine = ScriptedEngine()
    made = [make_missing_sample(engine) for _ in range(len(catalogue.labs) + 1)]
    assert made == [True] * len(catalogue.labs) + [False]
    assert len(engine.seeds) == len(catalogue.labs)
    lab = catalogue.labs[0]
    assert set(engine.seeds) == {lab.spec.public_seed}
    found = sample_of(release_id=catalogue.release_id, lab_id=lab.id)
    assert found[0]["number"] == 0
    assert {"topic", "key", "value", "op"} <= found[0].keys()


def test_a_lab_whose_code_fails_is_not_tried_again(catalogue):
    engine = ScriptedEngine()
    engine.lab_build = AuthorFault("first-lab", "raised", "no stream", "")
    assert make_missing_sample(engine)
    row = StreamSample.objects.get()
    assert row.events == []
    assert sample_of(release_id=catalogue.release_id, lab_id=row.lab) == []


def test_every_topic_is_seen_and_the_list_stays_short():
    chosen = first_events(stream("a", "b", "c"))
    topics = [item["topic"] for item in chosen]
    assert topics == ["a"] * OF_A_TOPIC + ["b"] * OF_A_TOPIC
    assert len(chosen) == MOST_EVENTS
    assert [item["number"] for item in chosen[:2]] == [0, 1]
    assert chosen[OF_A_TOPIC]["number"] == 20
