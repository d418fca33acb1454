"""A lab's own programs in the cell that students use, and what they must come to."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from curriculum.run_request import make_request
from curriculum.specs import LabSpec, Misconception
from grading.changelog import read_changelog, read_expected
from grading.compare import compare_tables
from grading.grader import grade, variations_due
from grading.variations import VariedRun
from grading.verdict import Result, Verdict
from lab_protocol.author import LabBuild
from lab_protocol.messages import Ending, Language, RunOutcome
from sandbox.pool import SlotPool

SUFFIXES = {
    Language.SQL: ".sql",
    Language.PYFLINK: ".py",
    Language.PYTHON: ".py",
}
ROWS_SHOWN = 3

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Program:
    """A text that could be handed in, for the stream of ``seed``."""

    text: str
    language: Language
    seed: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a program, its varied runs included."""

    build: LabBuild
    outcome: RunOutcome
    verdict: Verdict

    @property
    def failed_checks(self) -> set[str]:
        """The ids of the checks that did not pass."""
        return {item.check_id for item in self.verdict.checks if not item.passed}


def attempt(
    pool: SlotPool,
    spec: LabSpec,
    program: Program,
    build_of: Callable[[int, str | None], LabBuild],
) -> Attempt:
    """Run and grade ``program``, also on each varied stream if all checks pass.

    ``build_of`` makes the lab of a seed, with the stream of a variation if it is named.
    """
    build = build_of(program.seed, None)
    outcome = run(pool, spec, program, build)
    verdict = grade(lab=spec, build=build, outcome=outcome)
    varied = {}
    for variation in variations_due(spec, verdict):
        other = build_of(program.seed, variation.id)
        varied[variation.id] = VariedRun(other, run(pool, spec, program, other))
    if varied:
        verdict = grade(lab=spec, build=build, outcome=outcome, varied=varied)
    return Attempt(build, outcome, verdict)


def run(pool: SlotPool, spec: LabSpec, program: Program, build: LabBuild) -> RunOutcome:
    """Run the program on the stream of ``build``, within the limits of the lab."""
    name = f"job{SUFFIXES[program.language]}"
    request = make_request(
        run_id=f"rehearsal-{next(_numbers)}",
        spec=spec,
        stream=build,
        language=program.language,
        files={name: program.text},
    )
    return pool.run(
        request, on_progress=lambda progress: None, is_cancelled=lambda: False
    )


def solution_complaint(spec: LabSpec, made: Attempt) -> str | None:
    """Say what keeps a solution from full points, or None where nothing does."""
    if made.outcome.ending is not Ending.COMPLETED:
        return _ending(made)
    if wrong := [item for item in made.verdict.checks if not item.passed]:
        first = wrong[0]
        seen = first.diff.rows[:ROWS_SHOWN] if first.diff else first.code
        names = ", ".join(sorted(made.failed_checks))
        return f"fails {names}; of {first.check_id}: {seen}"
    if made.verdict.result is not Result.PASSED or made.verdict.points != spec.points:
        return f"scores {made.verdict.points} of {spec.points}"
    return None


def starter_complaint(made: Attempt) -> str | None:
    """Say why a starter is none: it must run to its end and score nothing."""
    if made.outcome.ending is not Ending.COMPLETED:
        return _ending(made)
    return f"scores {made.verdict.points}" if made.verdict.points else None


def wrong_answer_complaint(
    spec: LabSpec, known: Misconception, made: Attempt
) -> str | None:
    """Say how a wrong answer differs from what its misconception predicts."""
    if made.outcome.ending is not Ending.COMPLETED:
        return _ending(made)
    # An output that the misconception does not speak of is right.
    rows_of = {**made.build.expected, **made.build.misconceptions[known.id]}
    for name, predicted in rows_of.items():
        if name in known.unpredictable:
            continue
        output = spec.outputs[name]
        rows = read_changelog(made.outcome.records[output.topic], output).fold()
        diff = compare_tables(read_expected(predicted, output), rows, output)
        if not diff.is_empty:
            return (
                f"the output {name} is not what the misconception predicts:"
                f" {diff.rows[:ROWS_SHOWN]}"
            )
    if known.check not in made.failed_checks:
        return f"passes {known.check}, which was to catch it"
    if made.verdict.misconception != known.id:
        return f"is taken for {made.verdict.misconception or 'no known mistake'}"
    if made.verdict.result is not Result.FAILED:
        return f"ends as {made.verdict.result}"
    return None


def _ending(made: Attempt) -> str:
    error = made.outcome.error
    said = error.message.strip().splitlines() if error else []
    return f"ends as {made.outcome.ending}: {said[0] if said else 'no message'}"
