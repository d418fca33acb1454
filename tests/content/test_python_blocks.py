"""What lessons without Flink show of plain Python is what Python prints."""

import pytest

from rehearsal.python_blocks import execute
from rehearsal.snippets import needs_flink
from tests.content.labs import LESSONS

TEXTS = [
    path
    for lesson in LESSONS
    if not needs_flink(lesson)
    for path in sorted(lesson.glob("*.md"))
]
NAMES = [f"{path.parent.name}/{path.name}" for path in TEXTS]


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
def test_every_block_does_what_the_page_shows(text):
    complaints = [
        f"{text}:{block.fence.line}: {block.complaint}"
        for block in execute(text)
        if block.complaint
    ]
    assert not complaints, "\n\n".join(complaints)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ('```python {.run on="python"}\nprint(1)\n```\n', "the page shows\nNone"),
        (
            "```python {.run on=\"python\"}\nx = {}['a']\n```\n",
            "failed: KeyError: 'a'",
        ),
        ('```python {.fails on="python"}\nx = 1\n```\n', "ended well"),
        ('```python {.run on="python"}\nimport pandas\n```\n', "ModuleNotFoundError"),
    ],
)
def test_a_page_that_shows_something_else_is_told(tmp_path, block, said):
    text = tmp_path / "ru.md"
    text.write_text(block, "utf-8")
    assert said in execute(text)[0].complaint


def test_blocks_share_what_they_define_and_outputs_are_compared_whole(tmp_path):
    text = tmp_path / "ru.md"
    text.write_text(
        '```python {.run on="python"}\nx = 1\n```\n\n'
        '```python {.fails on="python"}\nprint(x)\nx["a"]\n```\n\n'
        "```text {.output}\n1\nTypeError: 'int' object is not subscriptable\n```\n",
        "utf-8",
    )
    assert [block.complaint for block in execute(text)] == ["", ""]
