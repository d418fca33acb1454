"""The committed recordings: one for each lab, fitting it, small, of no machine."""

import re

import pytest
import yaml

from curriculum.specs import LabSpec
from demo.recordings import FOLDER, fits, load, trim_run, trim_verdict
from tests.test_architecture import ROOT

LABS = sorted(file.parent for file in (ROOT / "labs").glob("*/lab.yaml"))
IDS = [folder.name for folder in LABS]


def spec_of(folder) -> LabSpec:
    return LabSpec.model_validate(
        yaml.safe_load((folder / "lab.yaml").read_text("utf-8"))
    )


def test_there_are_labs():
    assert {"cdc-source", "realtime-dashboard"} <= set(IDS)


@pytest.mark.parametrize("folder", LABS, ids=IDS)
def test_every_recording_fits_its_lab(folder):
    """Otherwise `manage.py record_demo` has to be run again on a host with labs."""
    spec = spec_of(folder)
    assert [item.name for item in load(spec.id) if not fits(item, spec)] == []


@pytest.mark.parametrize("folder", LABS, ids=IDS)
def test_each_answer_of_the_lab_was_recorded_and_came_out_as_it_must(folder):
    spec = spec_of(folder)
    recordings = {item.name: item for item in load(spec.id)}
    for language in spec.languages:
        assert recordings[f"solution-{language}"].points == spec.points
        assert recordings[f"starter-{language}"].points == 0
    language = "python" if "python" in spec.languages else "sql"
    wrong = list((folder / "answers" / "wrong").iterdir())
    assert wrong
    for file in wrong:
        assert not recordings[f"{file.stem}-{language}"].is_right
    typo = recordings[f"typo-{language}"]
    assert typo.ending == "learner_error"
    assert typo.run["error"]["message"]


@pytest.mark.parametrize("folder", LABS, ids=IDS)
def test_known_mistakes_are_named_in_what_was_recorded(folder):
    spec = spec_of(folder)
    named = {item.verdict["misconception"] for item in load(spec.id)} - {None}
    assert len(named) >= 3
    assert named <= {mistake.id for mistake in spec.misconceptions}


@pytest.mark.parametrize(
    "file", sorted(FOLDER.glob("*.json")), ids=lambda file: file.name
)
def test_a_file_is_small_and_says_nothing_of_the_machine(file):
    text = file.read_text("utf-8")
    assert len(text) < 700 * 1024
    assert re.findall(r"/(?:root|home|work/main|tmp/potok)\b[^\"]*", text) == []
    assert file.stem in IDS


def test_trimming_keeps_counts_and_the_events_of_the_kept_rows():
    rows = [{"kind": "missing", "events": [number, 90]} for number in range(9)]
    report = {
        "checks": [
            {"id": "a", "diff": {"missing": 9, "rows": rows}},
            {"id": "b", "diff": None},
        ],
        "events": {str(number): {"number": number} for number in (*range(9), 90)},
    }
    trimmed = trim_verdict(report)
    assert trimmed["checks"][0]["diff"]["missing"] == 9
    assert [row["events"] for row in trimmed["checks"][0]["diff"]["rows"]] == [
        [0],
        [1],
        [2],
        [3],
    ]
    assert list(trimmed["events"]) == ["0", "1", "2", "3"]
    assert len(rows) == 9
    output = {"count": 40, "rows": list(range(40))}
    kept = trim_run({"outputs": {"out": output}, "stdout": "x"})
    assert kept["outputs"]["out"] == {"count": 40, "rows": list(range(12))}
    assert kept["stdout"] == "x"
