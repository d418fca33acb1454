"""Faults of the database: restarted before a verdict is written; a lost reply."""

import re
import signal
import socket
import urllib.parse
import uuid

import pytest

from tests.bench.browser import Person
from tests.faults.stage import PASSWORD, SOLUTION, spooled
from tests.faults.table import fault
from tests.site import wait_until

pytestmark = [pytest.mark.flink, pytest.mark.process]


@fault(
    13,
    "Postgres is gone between the end of a run and its verdict",
    done="Postgres ended (SIGQUIT) while the row says running, begun again once the"
    " verdict lies in the spool",
    held="the verdict is written from the spool: one try",
    always=True,
)
def test_13_database_restarts_before_the_verdict(served):
    """Nothing is run again, and nothing is charged again."""
    stage = served.stage
    stage.worker()
    [sent] = stage.send()
    stage.wait_state(sent, frozenset({"running"}))
    served.postgres.stop(signal.SIGQUIT)
    try:
        wait_until(
            lambda: spooled(stage.site.folder), what="a spooled verdict", seconds=60
        )
    finally:
        served.postgres.start()
    stage.wait_final(sent)
    assert stage.tries(sent) == [("completed", "")]
    assert stage.verdicts(sent) == [("passed", "completed")]
    wait_until(lambda: not spooled(stage.site.folder), what="the empty spool")
    stage.check()


@fault(
    14,
    "The reply to a form is lost after the commit",
    done="the connection cut as soon as the row is there, the form sent again",
    held="the second form leads to the same attempt",
)
def test_14_reply_lost(served):
    """The form's key makes both posts one submission."""
    stage = served.stage
    stage.worker()
    name = stage.new_person()
    person = Person.signed_in(stage.site.url, name, PASSWORD)
    person.get("/labs/cdc-source/")
    form = {
        "kind": "submit",
        "language": "sql",
        "source": SOLUTION.read_text("utf-8"),
        "key": str(uuid.uuid4()),
    }
    _post_and_hang_up(stage, person, form, name)
    address = person.post("/labs/cdc-source/send/", **form)
    rows = stage.database.rows(_OF_PERSON.format(name=name))
    assert len(rows) == 1
    public_id = uuid.UUID(str(rows[0][0]))
    assert re.search(r"/attempts/([0-9a-f-]{36})/", address)[1] == str(public_id)
    stage.accept(public_id.hex)
    stage.wait_final(public_id.hex)
    stage.check()


_OF_PERSON = """
SELECT s.public_id FROM submissions_submission s
JOIN accounts_user u ON u.id = s.user_id WHERE u.username = '{name}'
"""


def _post_and_hang_up(stage, person, form, name):
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in person.cookies)
    token = next(c.value for c in person.cookies if c.name == "csrftoken")
    body = urllib.parse.urlencode(form | {"csrfmiddlewaretoken": token}).encode()
    where = urllib.parse.urlsplit(stage.site.url)
    head = (
        f"POST /labs/cdc-source/send/ HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Cookie: {cookies}\r\nReferer: {stage.site.url}/\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((where.hostname, where.port), timeout=10) as line:
        line.sendall(head.encode() + body)
        wait_until(
            lambda: stage.database.rows(_OF_PERSON.format(name=name)), what="the row"
        )
