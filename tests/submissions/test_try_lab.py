import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.site import ROOT


def test_an_unknown_lab_is_named():
    with pytest.raises(CommandError, match="there is no lab 'nothing'"):
        call_command("try_lab", "nothing", "job.sql")


@pytest.mark.flink
def test_an_author_sees_the_verdict_of_a_file_in_the_working_tree():
    said = StringIO()
    file = ROOT / "labs" / "cdc-source" / "given" / "job.sql"
    call_command("try_lab", "cdc-source", str(file), "--cold", stdout=said)
    answer = json.loads(said.getvalue())
    assert answer["result"] == "failed"
    assert answer["points"] == 0
