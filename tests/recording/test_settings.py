"""docker-compose.yml offers the pipeline that is recorded, with its settings."""

import json
import re
from pathlib import Path

import yaml

from recording.settings import (
    CONVERTERS,
    POSTGRES_SETTINGS,
    VARIANTS,
    connector_settings,
)

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))


def test_compose_has_the_worker_s_settings():
    text = COMPOSE["configs"]["connect"]["content"]
    settings = dict(line.split("=", 1) for line in text.splitlines())
    assert CONVERTERS.items() <= settings.items()


def test_compose_has_the_database_s_settings():
    command = COMPOSE["services"]["source"]["command"]
    for name, value in POSTGRES_SETTINGS.items():
        assert f"{name}={value}" in command


def test_the_documented_connector_is_the_recorded_one():
    text = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    shown = json.loads(re.search(r"/connectors -d '(.+?)'\n", text, flags=re.S)[1])
    recorded = connector_settings(VARIANTS[0], port=5432, password="shop")
    # Where its database is and what it is called, and which tables it reads.
    own = {"database.hostname", "topic.prefix", "table.include.list"}
    assert shown["config"].keys() <= recorded.keys()
    for name in shown["config"].keys() - own:
        assert shown["config"][name] == recorded[name], name
    assert shown["config"]["table.include.list"] in recorded["table.include.list"]


def test_compose_runs_the_connector_of_the_lock():
    lock = (ROOT / "requirements" / "jars-recording.txt").read_text("utf-8")
    assert "io.debezium:debezium-connector-postgres:3.4.0.Final " in lock
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert "/var/jars-recording/ /opt/connect/" in dockerfile
