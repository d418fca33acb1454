"""docker-compose.yml without a Docker engine: schema, references, exposure."""

import json
import re
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
import yaml

from tests.deploy.dockerfile import ROOT, stages

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("prepare", "web", "worker")


def schema() -> dict[str, Any]:
    """The Compose specification's own schema, as check-jsonschema carries it."""
    folder = files("check_jsonschema.builtin_schemas") / "vendor"
    loaded: dict[str, Any] = json.loads((folder / "compose-spec.json").read_text())
    return loaded


def test_it_follows_the_compose_specification() -> None:
    jsonschema.Draft202012Validator(schema()).validate(COMPOSE)


def test_the_schema_does_refuse() -> None:
    broken = {"services": {"web": {"imagee": "postgres:17"}}}
    with pytest.raises(jsonschema.ValidationError, match="imagee"):
        jsonschema.Draft202012Validator(schema()).validate(broken)


def test_every_build_target_is_a_stage() -> None:
    for name, service in SERVICES.items():
        if "build" in service:
            assert service["build"]["target"] in stages(), name
            assert (ROOT / service["build"]["context"]).is_dir()


def test_foreign_images_are_pinned_and_name_no_registry() -> None:
    for name, service in SERVICES.items():
        if "build" in service:
            continue
        image = service["image"]
        assert re.fullmatch(r"(?:[a-z]+/)?[a-z]+:\d[\w.-]*", image), f"{name}: {image}"


def test_references_lead_somewhere() -> None:
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in SERVICES, f"{name} depends on {needed}"
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed], needed
            same = set(SERVICES[needed].get("profiles", []))
            assert not same or same & set(service.get("profiles", [])), name
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"], f"{name}: {volume}"
        for config in service.get("configs", []):
            assert config["source"] in COMPOSE["configs"], name


def test_every_port_is_published_on_loopback_and_once() -> None:
    published = [
        port for service in SERVICES.values() for port in service.get("ports", [])
    ]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
    outer = [port.removeprefix("127.0.0.1:").rsplit(":", 1)[0] for port in published]
    assert len(set(outer)) == len(outer)


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_one_that_the_settings_read(name: str) -> None:
    settings = (ROOT / "platform/config/settings.py").read_text()
    for variable in SERVICES[name]["environment"]:
        assert f'"{variable}"' in settings, f"{name}: nothing reads {variable}"


@pytest.mark.parametrize("name", OURS)
def test_no_secret_has_a_default(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert environment["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert "${POSTGRES_PASSWORD:?" in environment["DATABASE_URL"]
    assert environment["LAB_DEMO"] == "${LAB_DEMO:-0}"


def test_only_the_worker_has_looser_confinement() -> None:
    loose = {name for name, service in SERVICES.items() if "security_opt" in service}
    assert loose == {"worker"}
    assert not any(service.get("privileged") for service in SERVICES.values())
    assert SERVICES["worker"]["cap_drop"] == ["ALL"]
