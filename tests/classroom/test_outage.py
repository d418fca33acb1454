"""Pages while the database does not answer."""

from uuid import uuid4

import pytest
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.db import OperationalError
from django.test import Client

from classroom.views import labs

FORM = {"kind": "submit", "language": "sql", "key": str(uuid4())}


def refuse(*arguments, **named):
    raise OperationalError("database or disk is full")


@pytest.fixture
def patient(catalogue, student):
    """A client that gets the error's page instead of the error."""
    client = Client(raise_request_exception=False)
    client.force_login(student)
    return client


def test_a_form_that_cannot_be_stored_is_refused_with_its_text(patient, monkeypatch):
    monkeypatch.setattr(labs, "send_in", refuse)
    form = FORM | {"source": "SELECT <2>;"}
    answer = patient.post("/labs/first-lab/send/", form)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert "SELECT &lt;2&gt;;</textarea>" in answer.text


def test_the_page_itself_asks_the_database_nothing(patient, monkeypatch):
    monkeypatch.setattr(AuthenticationMiddleware, "process_request", refuse)
    assert patient.get("/course/").status_code == 503


def test_another_fault_stays_a_500(patient, monkeypatch):
    def fail(**named):
        raise ZeroDivisionError

    monkeypatch.setattr(labs, "send_in", fail)
    form = FORM | {"source": "SELECT 2;"}
    answer = patient.post("/labs/first-lab/send/", form)
    assert answer.status_code == 500
    assert "503" not in answer.text
