"""What a lab may say about how Flink keeps its state, and about plain Python."""

from collections.abc import Iterator

from curriculum.course import LabDraft
from curriculum.problems import Problems, Rule
from curriculum.specs import LabSetup, LabSpec
from lab_protocol.messages import Language

type _Found = tuple[tuple[str | int, ...], Rule, str, str]


def check_setup(lab: LabDraft, spec: LabSpec, problems: Problems) -> None:
    """Report interruptions that cannot take place and settings without a Flink."""
    for location, rule, message, fix in _found(spec):
        problems.error(lab.file, lab.line(*location), rule, message, fix)


def _found(spec: LabSpec) -> Iterator[_Found]:
    setup = spec.setup
    named = [stage.name for stage in spec.stages]
    for index, name in enumerate(setup.kill_during):
        place = ("setup", "kill_during", index)
        if name not in named:
            yield (
                place,
                Rule.UNKNOWN_STAGE,
                f"no entry of `stages` has the name {name!r}",
                "Known: " + (", ".join(named) or "none") + ".",
            )
        elif name in (named[0], named[-1]):
            yield (
                place,
                Rule.SETUP_FIELD,
                f"{name!r} is the first or the last stage",
                "Name one in between: a checkpoint comes before it, the job's return "
                "after it.",
            )
    if setup.kill_during and not setup.checkpoint_interval_ms:
        yield (
            ("setup", "kill_during"),
            Rule.SETUP_FIELD,
            "the job is killed without a checkpoint to come back to",
            "Set `checkpoint_interval_ms`.",
        )
    if Language.PYTHON not in spec.languages:
        return
    if len(spec.languages) > 1:
        yield (
            ("starters",),
            Rule.SETUP_FIELD,
            "plain Python stands beside a language that needs Flink",
            "Make two labs of it; their inputs and outputs are of different kinds.",
        )
    if setup != LabSetup():
        yield (
            ("setup",),
            Rule.SETUP_FIELD,
            "plain Python has no Flink to set up",
            "Remove `setup`.",
        )
    for name, output in spec.outputs.items():
        if output.mode != "append" and output.encoding == "json":
            yield (
                ("outputs", name, "mode"),
                Rule.ENCODING_MODE,
                "a program in plain Python writes files, whose lines have no key",
                "Choose mode append, or retract with encoding row-kind.",
            )
