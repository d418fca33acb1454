"""A course of three lessons in a chain, a student, and clients for both kinds."""

import pytest
from django.test import Client

from tests.factories import course_content, make_catalogue, make_user

HTMX = {"HX-Request": "true"}


@pytest.fixture
def catalogue(db):
    return make_catalogue()


@pytest.fixture
def student(db):
    return make_user("student-a")


@pytest.fixture
def reader(catalogue, student):
    """A client of a signed-in student."""
    client = Client()
    client.force_login(student)
    return client


@pytest.fixture
def stranger(catalogue):
    return Client()


@pytest.fixture
def renamed(db, student):
    """A client of a student of a course whose first lesson and lab were renamed."""
    content = course_content()
    lesson = content.lessons[0].model_copy(update={"aliases": ("old-first",)})
    lab = content.labs[0]
    lab = lab.model_copy(
        update={"spec": lab.spec.model_copy(update={"aliases": ("old-lab",)})}
    )
    make_catalogue(
        content.model_copy(
            update={
                "lessons": (lesson, *content.lessons[1:]),
                "labs": (lab, content.labs[1]),
            }
        )
    )
    client = Client()
    client.force_login(student)
    return client
