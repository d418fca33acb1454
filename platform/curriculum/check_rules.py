"""What a check may say in lab.yaml: each kind has its fields and its kind of output."""

from collections.abc import Iterator

from curriculum.course import LabDraft
from curriculum.problems import Problems, Rule
from curriculum.specs import Check, LabSpec

# Kind → the mode of output it can judge; a kind that is not here judges every mode.
MODE_OF_KIND = {
    "append_only": "append",
    "upsert_keys": "upsert",
    "retractions": "retract",
}
# Field of a check → the kinds that read it.
KINDS_OF_FIELD = {
    "aspect": ("rows_equal", "late_events", "advances", "counted_once"),
    "after": ("rows_equal",),
    "side": ("late_events",),
}


def check_checks(lab: LabDraft, spec: LabSpec, problems: Problems) -> None:
    """Report outputs, stages and fields that do not fit a check, and odd encodings."""
    for location, rule, message, fix in _found(spec):
        problems.error(lab.file, lab.line(*location), rule, message, fix)


type _Found = tuple[tuple[str | int, ...], Rule, str, str]


def _found(spec: LabSpec) -> Iterator[_Found]:
    known = "Known: " + (", ".join(spec.outputs) or "none") + "."
    for name, output in spec.outputs.items():
        if (output.mode == "retract") is (output.encoding == "json"):
            yield (
                ("outputs", name, "mode"),
                Rule.ENCODING_MODE,
                f"the output {name!r} has mode {output.mode} with encoding"
                f" {output.encoding}",
                "retract needs encoding debezium-json or row-kind; the other modes have"
                " json.",
            )
    for index, check in enumerate(spec.checks):
        place = ("checks", index)
        for field, output_name in (("output", check.output), ("side", check.side)):
            if output_name is not None and output_name not in spec.outputs:
                yield (
                    (*place, field),
                    Rule.UNKNOWN_OUTPUT,
                    f"there is no output {output_name!r}",
                    known,
                )
        yield from _of_check(check, spec, place)


def _of_check(
    check: Check, spec: LabSpec, place: tuple[str | int, ...]
) -> Iterator[_Found]:
    mode = MODE_OF_KIND.get(check.kind)
    output = spec.outputs.get(check.output)
    if mode is not None and output is not None and output.mode != mode:
        yield (
            (*place, "kind"),
            Rule.CHECK_MODE,
            f"{check.kind} judges {mode} outputs, and {check.output!r} is"
            f" {output.mode}",
            "Choose another kind of check, or another output.",
        )
    for field, kinds in KINDS_OF_FIELD.items():
        if getattr(check, field) is not None and check.kind not in kinds:
            yield (
                (*place, field),
                Rule.CHECK_FIELD,
                f"{check.kind} does not read {field!r}",
                f"Remove it; it belongs to {', '.join(kinds)}.",
            )
    if check.aspect is not None and check.after is not None:
        yield (
            (*place, "after"),
            Rule.CHECK_FIELD,
            "a check has either 'after' or 'aspect'",
            "Make two checks of it: tags belong to the final rows only.",
        )
    stages = [stage.name for stage in spec.stages]
    if check.after is not None and check.after not in stages:
        yield (
            (*place, "after"),
            Rule.UNKNOWN_STAGE,
            f"there is no stage {check.after!r}",
            "Known under `stages`: " + (", ".join(stages) or "none") + ".",
        )
