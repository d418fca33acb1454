"""The real engine closes where its jail leaks, says why, and opens once mended."""

import pytest

from sandbox.image.manifest import load_image, runtime_dir, save_image
from submissions.engine import CellEngine
from tests.sandbox.images import leaks_of_an_open_filter, linked, with_open_filter
from tests.site import ROOT

pytestmark = pytest.mark.flink


@pytest.fixture
def engine(settings):
    settings.LAB_SLOTS = 1
    settings.LAB_SPARE_CELLS = 0
    engine = CellEngine()
    yield engine
    engine.stop()


def test_a_leak_closes_the_engine_until_it_is_mended(engine, tmp_path, monkeypatch):
    sound = load_image(runtime_dir(ROOT))
    leaking = with_open_filter(sound, tmp_path)
    monkeypatch.setenv("LAB_RUNTIME_DIR", str(leaking.runtime))
    engine.start()
    assert (engine.is_ready, engine.is_closed) == (False, True)
    # What the health page shows and the alert stores: 300 characters of it.
    told = engine.detail[:300]
    assert told.startswith("jail_leaks: the jail does not refuse ")
    assert any(name in told for name in leaks_of_an_open_filter(sound))
    assert "filter forbids" in told
    assert "Repair: make clean" in told

    again = tmp_path / "again"
    again.mkdir()
    save_image(linked(sound, again))
    monkeypatch.setenv("LAB_RUNTIME_DIR", str(again))
    engine.renew()
    assert engine.is_closed, "it tries again only after a while"
    engine._start_after = 0.0
    engine.renew()
    assert (engine.is_ready, engine.detail) == (True, "")
