"""Protections can be left out by code only, and never where people are served."""

from dataclasses import replace
from pathlib import Path

import pytest

from lab_protocol.messages import Limits
from lab_protocol.wire import decode, encode
from sandbox import selfcheck
from sandbox.cell.limits import relaxed
from sandbox.errors import SandboxUnavailable
from sandbox.image.manifest import Image
from sandbox.jail import Jail
from sandbox.pool import SlotPool
from sandbox.protections import STOPS, UNSAFE_TO_SABOTAGE, Protection, left_out
from sandbox.settings import CellSettings, SandboxSettings, settings_from_environment

IMAGE = Image(Path("/nowhere"), {})


def test_every_protection_says_what_it_stops() -> None:
    assert set(STOPS) == set(Protection)
    assert all(UNSAFE_TO_SABOTAGE.values())


@pytest.mark.parametrize("protection", Protection)
def test_a_pool_without_a_protection_takes_no_work(protection: Protection) -> None:
    settings = SandboxSettings(image=IMAGE, without=frozenset({protection}))
    with pytest.raises(SandboxUnavailable, match=protection):
        selfcheck.require_proof(SlotPool(settings))


def test_no_environment_reaches_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LAB_WITHOUT", "LAB_SABOTAGE", "WITHOUT", "POTOK_WITHOUT"):
        monkeypatch.setenv(name, "seccomp")
    monkeypatch.setattr("sandbox.settings.load_image", lambda runtime: IMAGE)
    assert settings_from_environment(Path("/nowhere")).without == frozenset()


def test_the_agent_is_told_which() -> None:
    settings = SandboxSettings(image=IMAGE, without=left_out(["seccomp", "kafka_acl"]))
    told = decode(encode(settings.cell()), (CellSettings,))
    assert set(told.without) == settings.without
    with pytest.raises(ValueError, match="nothing"):
        left_out(["nothing"])


@pytest.mark.parametrize(
    ("protection", "word"),
    [
        (Protection.SECCOMP, "--seccomp"),
        (Protection.DISABLED_USERNS, "--disable-userns"),
        (Protection.CLEAR_ENVIRONMENT, "--clearenv"),
        (Protection.OWN_PID_NAMESPACE, "--unshare-pid"),
        (Protection.OWN_IPC_NAMESPACE, "--unshare-ipc"),
        (Protection.DIE_WITH_PARENT, "--die-with-parent"),
        (Protection.CAPABILITIES, "--cap-drop"),
        (Protection.READ_ONLY_IMAGE, "--remount-ro"),
    ],
)
def test_a_jail_lacks_what_is_left_out_and_nothing_else(
    protection: Protection, word: str
) -> None:
    jail = Jail(mounts=(), environment={}, folder="/")
    whole = jail.command(["true"], seccomp_fd=3)
    less = replace(jail, without=frozenset({protection})).command(
        ["true"], seccomp_fd=3
    )
    assert word in whole
    assert word not in less
    lost = {item for item in whole if item.startswith("--")} - set(less)
    assert lost == {word}


def test_a_filter_that_is_left_out_is_not_handed_over_either() -> None:
    jail = Jail(mounts=(), environment={}, folder="/")
    assert jail.read_by_bubblewrap(3) == (3,)
    without = replace(jail, without=frozenset({Protection.SECCOMP}))
    assert without.read_by_bubblewrap(3) == ()


def test_a_limit_left_out_is_never_reached() -> None:
    limits = relaxed(Limits(), {Protection.WALL_LIMIT, Protection.OUTPUT_ROWS})
    assert limits.wall_seconds > 1e9
    assert limits.output_rows > 1e9
    assert limits.cpu_seconds == Limits().cpu_seconds
    assert relaxed(Limits(), ()) == Limits()
