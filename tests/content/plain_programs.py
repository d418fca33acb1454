"""A program of a plain Python lab, run without a cell and graded as the product does.

The cell lays the same files, and what it does with the program's own is done here by
the same functions; the box around it is what ``test_labs_on_flink.py`` adds.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from lab_protocol.messages import Ending, EndRule, LearnerError, RunOutcome
from rehearsal.attempts import Attempt
from sandbox.cell.collect import collect
from sandbox.cell.plain_inputs import lay_inputs
from sandbox.cell.plain_outputs import OUTPUTS, output_file, records_of
from tests.content.labs import build_of, graded, spec_of

SECONDS = 30


def attempt(slug: str, seed: int, text: str) -> Attempt:
    """Run a program over the lab's files, with the standard library alone."""
    spec, build = spec_of(slug), build_of(slug, seed)
    with TemporaryDirectory() as folder:
        work = Path(folder)
        (work / OUTPUTS).mkdir()
        events = [event for stage in build.stages for event in stage.events]
        lay_inputs(work, [stream.topic for stream in spec.streams], events)
        (work / "job.py").write_text(text, "utf-8")
        done = subprocess.run(
            [sys.executable, "-S", "-X", "utf8", "job.py"],
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        topics = [output.topic for output in spec.outputs.values()]
        files = collect(
            work,
            map(output_file, topics),
            max_bytes=spec.limits.as_limits().output_bytes,
        )
    found = {topic: files[output_file(topic)] for topic in topics}
    last = done.stderr.strip().rpartition("\n")[2]
    outcome = RunOutcome(
        run_id="plain",
        ending=Ending.LEARNER_ERROR if done.returncode else Ending.COMPLETED,
        end_rule=EndRule.BOX_EXITED,
        records={
            topic: records_of(rows, stage=len(build.stages))
            for topic, rows in found.items()
            if isinstance(rows, bytes)
        },
        stdout=done.stdout,
        stderr=done.stderr,
        error=LearnerError("Exit", last) if done.returncode else None,
    )
    return Attempt(build, outcome, graded(slug, build, outcome))
