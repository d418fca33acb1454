"""Programs that set-up runs: real ones, and how their failures are told."""

import sys
from pathlib import Path

import pytest

from bootstrap.layout import Layout
from bootstrap.programs import ProgramError, explain, run, without_addresses


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.delenv("LAB_VAR_DIR", raising=False)
    return Layout(tmp_path)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_lines_are_shown_and_logged_without_addresses(layout: Layout) -> None:
    seen: list[str] = []
    code = "print('from http://user:word@mirror.example/x now'); print()"
    run(python(code), layout=layout, purpose="trying", on_line=seen.append)
    assert seen == ["from <address> now"]
    log = (layout.log / "setup.log").read_text()
    assert "--- trying" in log
    assert "mirror.example" not in log


def test_input_is_given_whole(layout: Layout) -> None:
    seen: list[str] = []
    code = "import sys; print(len(sys.stdin.read()))"
    run(
        python(code),
        layout=layout,
        purpose="trying",
        input_text="x" * 60_000,
        on_line=seen.append,
    )
    assert seen == ["60000"]


def test_a_program_that_reads_no_input_is_no_fault(layout: Layout) -> None:
    run(python("pass"), layout=layout, purpose="trying", input_text="x" * 60_000)


def test_the_rooms_are_not_on_an_installers_path(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "platform")
    seen: list[str] = []
    code = "import os; print(os.environ.get('PYTHONPATH', 'none'))"
    run(python(code), layout=layout, purpose="trying", on_line=seen.append)
    assert seen == ["none"]


def test_a_failure_is_told_with_its_last_line(layout: Layout) -> None:
    with pytest.raises(ProgramError) as caught:
        run(python("raise SystemExit('broken pipe organ')"), layout=layout, purpose="p")
    assert caught.value.problem == "Failed (code 1) while p: broken pipe organ"
    assert "var/log/setup.log" in caught.value.repair


def test_a_missing_program_is_named(layout: Layout) -> None:
    with pytest.raises(ProgramError, match="/nowhere/uv is missing"):
        run(["/nowhere/uv"], layout=layout, purpose="installing")


# What uv 0.13, pip 25 and requests really print, with the machine's name replaced.
@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("  Caused by: dns error", "No network"),
        (
            "failed to lookup address: Temporary failure in name resolution",
            "No network",
        ),
        ("  Caused by: tcp connect error: Connection refused (os error 111)", "No net"),
        ("NewConnectionError: [Errno 101] Network is unreachable", "No network"),
        ("ReadTimeout: read timed out. (read timeout=60)", "No network"),
        (
            "error: failed to write: No space left on device (os error 28)",
            "The disk is",
        ),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("error: Hash mismatch for `crcmod==1.7`", "Failed (code 2)"),
    ],
)
def test_known_causes_are_told_as_such(layout: Layout, line: str, problem: str) -> None:
    told = explain(2, ["Resolved 53 packages", line], purpose="p", layout=layout)
    assert told.problem.startswith(problem)


def test_addresses_of_any_scheme_are_masked() -> None:
    text = "git+ssh://a@b/c and HTTPS://x.example, then text"
    assert without_addresses(text) == "<address> and <address> then text"
