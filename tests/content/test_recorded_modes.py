"""The right answers of ``predict-the-changelog`` are what real Flink says today."""

import json

import pytest

from sandbox.settings import SandboxSettings
from tests.content.labs import build_of
from tests.content.recorded_modes import RECORDED, ask_flink, count_on_flink

pytestmark = pytest.mark.flink


def test_the_record_is_what_the_planner_says(settings: SandboxSettings, tmp_path):
    recorded = json.loads(RECORDED.read_text("utf-8"))
    assert ask_flink(tmp_path, image=settings.image) == recorded
    assert set(recorded.values()) == {"I", "I,UB,UA", "I,UB,UA,D", "refused"}


def test_the_count_puts_out_what_flinks_operator_does(
    settings: SandboxSettings, tmp_path
):
    builds = [build_of("predict-the-changelog", seed) for seed in range(5)]
    streams = [
        [json.loads(event.value or b"") for event in stage.events]
        for build in builds
        for stage in build.stages
        if stage.name == "tickets"
    ]
    expected = [
        [
            [row.values[name] for name in ("kind", "queue", "tickets")]
            for row in build.expected["queue_changes"]
        ]
        for build in builds
    ]
    assert count_on_flink(streams, tmp_path, image=settings.image) == expected
