"""Write what the blocks of a lesson really print into its texts.

``python -m tests.content.record_snippets lessons/02-dynamic-tables`` executes the
Russian text and puts each output below its block, in every language. Messages of blocks
that fail are shown only in part, so they are printed here and left to the author.
"""

import sys
import tempfile
from pathlib import Path

from curriculum.labels import LANGUAGES
from rehearsal.snippets import complaint, execute, printed_lines, shown_fences
from sandbox.image.build import build_image
from sandbox.image.manifest import runtime_dir
from sandbox.settings import settings_from_environment
from tests.content.labs import ROOT


def main(lesson: Path) -> None:
    """Execute the lesson and rewrite its outputs where they differ."""
    build_image(root=ROOT, runtime=runtime_dir(ROOT), report=lambda line: None)
    image = settings_from_environment(ROOT).image
    with tempfile.TemporaryDirectory() as folder:
        run = execute(lesson, Path(folder), image=image)
    wrong = [
        (number, block, executed)
        for number, (block, executed) in enumerate(run)
        if complaint(block, executed) is not None
    ]
    for _, block, executed in wrong:
        if block.fails or executed.error or block.shown is None:
            sys.stdout.write(f"{block.name}\n{executed.error}\n{executed.printed}\n")
    for language in LANGUAGES:
        path = lesson / f"{language}.md"
        if not path.exists():
            continue
        lines = path.read_text("utf-8").split("\n")
        outputs = shown_fences(lesson, language)
        for number, block, executed in reversed(wrong):
            output = outputs[number]
            if output is not None and not block.fails and not executed.error:
                new = printed_lines(executed.printed)
                lines[output.line : output.last_line - 1] = new
        path.write_text("\n".join(lines), "utf-8")
    sys.stdout.write(f"{len(run)} executed, {len(wrong)} differed\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
