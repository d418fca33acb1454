"""What the engine itself says of a run has a sentence in both languages.

Flink's and Python's own messages are without number; those that this code base words,
and the limits that it holds, are few, and none of them may reach a page bare.
"""

import ast
import re
from pathlib import Path

import pytest

from classroom.explanations import explain_ending, explain_error
from lab_protocol.messages import Ending, EndRule, LearnerError, RunOutcome
from runner.sql_script import ScriptError, split_script
from submissions.doubt import as_own_fault

PLATFORM = Path(__file__).resolve().parents[2] / "platform"
LANGUAGES = pytest.mark.parametrize("language", ["ru", "en"])
SCRIPTS = (
    "SELECT 'a;",
    "SELECT /* a;",
    "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;",
    "BEGIN STATEMENT SET;\nBEGIN STATEMENT SET;\nEND;",
)
LIMITS = {Ending.TIME_LIMIT, Ending.MEMORY_LIMIT, Ending.OUTPUT_LIMIT}


def script_error(text: str) -> LearnerError:
    with pytest.raises(ScriptError) as caught:
        split_script(text)
    return LearnerError("ScriptError", str(caught.value))


def refusals() -> list[str]:
    """Return what is said of a result file that is refused.

    Read, not imported: the agent's code stands on packages that the site has not.
    """
    [found] = [
        node.value
        for node in ast.parse((PLATFORM / "sandbox/cell/plain.py").read_text()).body
        if isinstance(node, ast.Assign)
        and getattr(node.targets[0], "id", "") == "_REFUSALS"
    ]
    assert isinstance(found, ast.Dict)
    return [str(value.value) for value in found.values]


def own_errors() -> list[LearnerError]:
    """Return an example of every error whose kind stands in the code."""
    fault = RunOutcome("run", Ending.PLATFORM_FAULT, EndRule.STOPPED, {})
    ended = as_own_fault(fault).error
    assert ended is not None
    return [
        ended,
        LearnerError("EnvironmentEnded", "the program ended its own environment"),
        LearnerError("BrokerHeld", "the program kept the run's Kafka broker from"),
        LearnerError("MachineEnded", "the Java machine ended with 3"),
        LearnerError("OutOfMemoryError", "the Java heap of the box is full"),
        LearnerError("ScriptError", "the statement set is empty"),
        *(
            LearnerError("OutputFile", f"/work/out/totals.jsonl {words}")
            for words in refusals()
        ),
        *(script_error(text) for text in SCRIPTS),
    ]


def trees() -> list[ast.Module]:
    return [
        ast.parse(path.read_text("utf-8"))
        for room in ("sandbox", "runner", "submissions")
        for path in sorted((PLATFORM / room).rglob("*.py"))
    ]


def kinds_in_the_code() -> set[str]:
    """Return the kinds that ``LearnerError(…)`` is given as a text."""
    calls = [
        node
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "LearnerError"
    ]
    first = [call.args[0] for call in calls if call.args]
    return {str(arg.value) for arg in first if isinstance(arg, ast.Constant)}


def limits_in_the_code() -> set[tuple[Ending, str]]:
    """Return each limit's ending with its detail, as ``cell`` has them side by side."""
    found = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Tuple):
                parts = node.elts
            elif isinstance(node, ast.Call):
                parts = node.args
            else:
                continue
            names = {
                part.attr
                for part in parts
                if isinstance(part, ast.Attribute)
                and getattr(part.value, "id", "") == "Ending"
            }
            if len(names) == 1 and isinstance(parts[-1], ast.Constant):
                found.add((Ending[names.pop()], str(parts[-1].value)))
    return {(ending, detail) for ending, detail in found if ending in LIMITS}


def is_in(language: str, text: str) -> bool:
    return bool(re.search("[а-я]{3}", text)) is (language == "ru")


def test_the_examples_are_all_kinds_of_the_code():
    known = {error.kind for error in own_errors()}
    assert kinds_in_the_code() <= known, kinds_in_the_code() - known


@LANGUAGES
@pytest.mark.parametrize("error", own_errors(), ids=lambda one: one.message[:40])
def test_every_error_of_the_engine_is_explained(error, language):
    told = {"kind": error.kind, "message": error.message}
    view = explain_error(told, files={"job.sql": ""}, language=language)
    assert view.code, error
    for words in (view.says, view.next_step):
        assert is_in(language, "".join(piece.text for piece in words)), error


@LANGUAGES
def test_every_limit_is_explained(language):
    limits = limits_in_the_code()
    assert len(limits) >= 7
    files = {(Ending.OUTPUT_LIMIT, "files"), (Ending.OUTPUT_LIMIT, "scratch")}
    # A full heap comes with the error that told of it, which is explained itself.
    heap = {(Ending.MEMORY_LIMIT, "heap")}
    for ending, detail in sorted((limits | files) - heap):
        view = explain_ending(ending, detail, files={}, language=language)
        assert view is not None, (ending, detail)
        assert is_in(language, "".join(piece.text for piece in view.says)), detail
