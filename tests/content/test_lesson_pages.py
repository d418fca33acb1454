"""What a page of each lesson of the course weighs, and what it asks the database."""

import gzip
import re
from pathlib import Path

from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext

from curriculum.releases import activate, catalogue_of, import_tree
from tests.classroom.test_attempts import client_of
from tests.content.labs import ROOT
from tests.factories import make_user

STATIC = re.compile(r'(?:src|href)="/static/([^"#]+)')
# Without diagrams: Mermaid comes when the first one is near.
MOST_BYTES = 100_000
MOST_QUERIES = 8


def test_a_lesson_is_light_in_every_language(db):
    release = import_tree(root=ROOT)
    activate(release=release)
    weights, queries = {}, {}
    for language in ("ru", "en"):
        reader = client_of(make_user(language=language, is_staff=True))
        for lesson in catalogue_of(release.pk).lessons:
            url = f"/lessons/{lesson.id}/"
            reader.post(f"{url}note/", {"section": "", "text": "x"})
            reader.get(url)
            with CaptureQueriesContext(connection) as asked:
                answer = reader.get(url)
            assert answer.status_code == 200
            queries[url, language] = len(asked)
            parts = {*STATIC.findall(answer.text)} - {"vendor/mermaid/mermaid.tiny.js"}
            weights[url, language] = len(gzip.compress(answer.content)) + sum(
                len(gzip.compress(Path(finders.find(part)).read_bytes()))
                for part in parts
            )
    assert len(weights) >= 8
    assert {key: n for key, n in weights.items() if n > MOST_BYTES} == {}
    assert {key: n for key, n in queries.items() if n > MOST_QUERIES} == {}
