"""What a run of a lab's program is told: one rule for students, authors and tests."""

from curriculum.specs import LabSpec
from lab_protocol.author import LabBuild, LabStream
from lab_protocol.messages import ClosingRow, Language, RunRequest, Topic


def make_request(
    *,
    run_id: str,
    spec: LabSpec,
    stream: LabStream | LabBuild,
    language: str,
    files: dict[str, str],
) -> RunRequest:
    """Return all that the cell may know: program, topics, events, closing keys."""
    return RunRequest(
        run_id=run_id,
        language=Language(language),
        files=files,
        entry=next(iter(files)),
        inputs=tuple(
            Topic(item.topic, stream.partitions.get(item.topic, item.partitions))
            for item in spec.streams
        ),
        outputs=tuple(Topic(output.topic) for output in spec.outputs.values()),
        stages=stream.stages,
        closing=tuple(
            ClosingRow(output.topic, output.closing.column, output.closing.value)
            for output in spec.outputs.values()
            if output.closing is not None
        ),
        limits=spec.limits.as_limits(),
        setup=spec.setup.as_setup(),
    )
