"""docs/deploy.md tells what to do about every alert there is."""

import re

from submissions.alerts import AlertCode
from tests.site import ROOT


def test_every_alert_has_its_advice():
    text = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    section = text.partition("## When something goes wrong")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.M)) == set(AlertCode)
