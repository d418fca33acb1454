"""Checkpoint questions: the ``question`` block of a lesson, as a value and as HTML.

A question is answered on the page, at once and without a script: each option is a
radio button (a checkbox where several options are right) and CSS shows its reason when
it is chosen. docs/authoring.md has the grammar.
"""

from collections.abc import Callable
from html import escape
from typing import Annotated

from pydantic import Field, StringConstraints

from curriculum.labels import Labels
from curriculum.problems import Problems, Rule
from curriculum.specs import Slug, Spec
from curriculum.yaml_source import read_yaml, validate

Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

_PARAGRAPH = ("<p>", "</p>")


class Option(Spec):
    """One answer to choose, with the reason why it is right or wrong: Markdown."""

    text: Words
    why: Words
    correct: bool = False


class Question(Spec):
    """A question with its options; ``id`` is unique in the lesson and never changes.

    Of ``text`` the first paragraph is the question itself, what follows (code, say)
    stands below it.
    """

    id: Slug
    text: Words
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=6)]

    @property
    def right(self) -> tuple[bool, ...]:
        """Which options are right, in their order."""
        return tuple(option.correct for option in self.options)


def read_question(
    body: str, *, file: str, first_line: int, problems: Problems
) -> Question | None:
    """Return the question written in a block, None with problems where it is none.

    ``first_line`` is the line of the block's first line in ``file``, from 1.
    """
    source = read_yaml(body, file=file, problems=problems, first_line=first_line)
    question = validate(Question, source, problems) if source else None
    if source and question and len(set(question.right)) < 2:
        found = "every option is" if all(question.right) else "no option is"
        problems.error(
            file,
            source.line("options"),
            Rule.QUESTION_OPTIONS,
            f"{found} right",
            "Mark those that are with `correct: true`; leave it out at the others.",
        )
        return None
    return question


def question_html(
    question: Question, *, number: int, labels: Labels, render: Callable[[str], str]
) -> str:
    """Return the question as a group of inputs; ``render`` makes HTML of Markdown."""
    asked, _, more = render(question.text).partition(_PARAGRAPH[1])
    is_many = sum(question.right) > 1
    kind = "checkbox" if is_many else "radio"
    choose = f" {escape(labels.choose_all)}" if is_many else ""
    options = "".join(
        _option_html(option, f"question-{question.id}", index, kind, labels, render)
        for index, option in enumerate(question.options, start=1)
    )
    return (
        f'<fieldset class="question{" question-many" if is_many else ""}">'
        f'<legend><span class="question-number">{escape(labels.question)} {number}.'
        f"{choose}</span> {asked.removeprefix(_PARAGRAPH[0])}</legend>"
        f"{more}{options}</fieldset>"
    )


def _option_html(
    option: Option,
    name: str,
    index: int,
    kind: str,
    labels: Labels,
    render: Callable[[str], str],
) -> str:
    text = render(option.text)
    if text.count(_PARAGRAPH[0]) == 1:
        text = text.removeprefix(_PARAGRAPH[0]).removesuffix(_PARAGRAPH[1])
    word, mark = (labels.right, "right") if option.correct else (labels.wrong, "wrong")
    why = render(option.why).removeprefix(_PARAGRAPH[0])
    return (
        f'<div class="option option-{mark}">'
        f'<input type="{kind}" name="{name}" id="{name}-{index}">'
        f'<label for="{name}-{index}">{text}</label>'
        f'<div class="option-why"><p><span class="option-word">{escape(word)}</span>'
        f" {why}</div></div>"
    )
