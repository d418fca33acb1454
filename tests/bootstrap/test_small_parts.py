"""Locks, disk, namespaces' repairs, the site's secret, the browser."""

import multiprocessing
import shutil
import stat
from io import StringIO
from pathlib import Path

import pytest

from bootstrap.browser import find_browser
from bootstrap.bubblewrap import repair_for_namespaces
from bootstrap.cleaning import clean
from bootstrap.disk import free_mib, require_space
from bootstrap.errors import SetupError
from bootstrap.layout import Layout
from bootstrap.listening import Address
from bootstrap.locks import is_running, one_site
from bootstrap.screen import Screen
from bootstrap.site import ensure_state, site_environment

ADDRESS = Address("127.0.0.1", 8123)


def _try_lock(path: Path, answers: "multiprocessing.Queue[str]") -> None:
    try:
        with one_site(path, ADDRESS):
            answers.put("")
    except SetupError as error:
        answers.put(error.problem)


def ask_another_process(path: Path) -> str:
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[str] = context.Queue()
    process = context.Process(target=_try_lock, args=(path, answers))
    process.start()
    answer = answers.get(timeout=20)
    process.join()
    answers.close()
    answers.join_thread()
    return answer


def test_one_site_runs_from_one_folder(tmp_path: Path) -> None:
    lock = tmp_path / "run.lock"
    assert not is_running(lock)
    with one_site(lock, ADDRESS):
        assert is_running(lock)
        problem = ask_another_process(lock)
        assert "already runs here: process" in problem
        assert "http://127.0.0.1:8123/" in problem
    assert not is_running(lock)
    assert ask_another_process(lock) == ""


def test_a_full_disk_is_told_before_it_is_needed(tmp_path: Path) -> None:
    require_space(tmp_path / "not" / "yet", 1, purpose="trying")
    with pytest.raises(SetupError, match=r"too full for the moon: \d+ MB free"):
        require_space(tmp_path, free_mib(tmp_path) + 10**6, purpose="the moon")


@pytest.mark.parametrize(
    ("switch", "value", "expected"),
    [
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1\n",
            "kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        (
            "kernel/unprivileged_userns_clone",
            "0\n",
            "kernel.unprivileged_userns_clone=1",
        ),
        ("user/max_user_namespaces", "0\n", "user.max_user_namespaces=15000"),
        ("user/max_user_namespaces", "100\n", "docs/deploy.md"),
    ],
)
def test_the_switch_that_forbids_namespaces_is_named(
    tmp_path: Path, switch: str, value: str, expected: str
) -> None:
    (tmp_path / switch).parent.mkdir(parents=True)
    (tmp_path / switch).write_text(value)
    assert expected in repair_for_namespaces(tmp_path)


def test_state_is_the_owners_and_the_secret_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_VAR_DIR", raising=False)
    layout = Layout(tmp_path)
    ensure_state(layout)
    secret = layout.secret_key.read_text()
    assert len(secret.strip()) >= 64
    ensure_state(layout)
    assert layout.secret_key.read_text() == secret
    modes = {
        name: stat.S_IMODE((layout.state / name).stat().st_mode)
        for name in ("secret-key", "db.sqlite3", "queue", "control", "log")
    }
    assert modes == {
        "secret-key": 0o600,
        "db.sqlite3": 0o600,
        "queue": 0o700,
        "control": 0o700,
        "log": 0o700,
    }


def test_an_open_address_closes_sign_up_and_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LAB_DEMO", raising=False)
    monkeypatch.setenv("LAB_SIGNUP_OPEN", "1")
    told = site_environment(Address("192.0.2.1", 8000))
    assert told["LAB_DEMO"] == "0"
    assert told["LAB_SIGNUP_OPEN"] == "1"
    assert "LAB_DEMO" not in site_environment(ADDRESS)


def test_clean_removes_what_was_made_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_VAR_DIR", raising=False)
    monkeypatch.delenv("LAB_RUNTIME_DIR", raising=False)
    layout = Layout(tmp_path)
    for folder in (layout.tools, layout.site, layout.runner, layout.var / "runtime/py"):
        folder.mkdir(parents=True)
        (folder / "file").touch()
    (layout.var / "runtime/py").chmod(0o500)
    (tmp_path / "Makefile").touch()
    ensure_state(layout)
    clean(layout, Screen(StringIO()))
    assert [path.name for path in tmp_path.iterdir()] == ["Makefile"]


def test_a_named_browser_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POTOK_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(SetupError, match="POTOK_CHROMIUM=/nowhere/chromium"):
        find_browser()
    monkeypatch.setenv("POTOK_CHROMIUM", shutil.which("sh") or "")
    assert find_browser() == shutil.which("sh")
