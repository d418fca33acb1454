"""What a Markdown text must keep to, whatever it is about."""

import re
from collections import Counter, defaultdict

from curriculum.course import Document
from curriculum.fences import (
    EXECUTED,
    LANGUAGES,
    MERMAID,
    QUESTION,
    RUNNABLE,
    Fence,
    FenceKind,
    find_fences,
    without_fences,
)
from curriculum.figures import diagram_texts
from curriculum.labels import CALLOUTS
from curriculum.links import CourseLinks
from curriculum.markdown import Rendered
from curriculum.problems import Problems, Rule
from curriculum.questions import read_question

_INLINE_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_RAW_HTML = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>|<!--")
_EXPLICIT_ANCHOR = re.compile(r"^[>\s]*#{1,6}\s.*\{[^}]*#([^\s}]+)[^}]*\}\s*$")
_TOP_HEADING = re.compile(r"^[> ]*#(?!#)\s*\S")
_UNDERLINE = re.compile(r"^[> ]*=+\s*$")
_LIST_ITEM = re.compile(r"( *)(?:[-*+]|\d+\.) ")
_BLOCK_SYNTAX = re.compile(r"^\s*!!!\s+\w")


def check_document(
    document: Document,
    rendered: Rendered,
    *,
    folder: str,
    links: CourseLinks,
    problems: Problems,
) -> None:
    """Report every problem of one text; its lines count from its file's first."""
    fences = find_fences(document.text, first_line=document.first_line)
    _check_fences(document, fences, rendered, problems)
    prose = _Prose(document)
    _check_headings(document, prose, rendered, problems)
    _check_syntax(document, prose, rendered, problems)
    for written in rendered.links:
        links.check_link(
            written,
            folder=folder,
            own_anchors=rendered.anchors,
            language=document.language,
            place=(document.file, prose.line_of(written)),
            problems=problems,
        )
    for image in rendered.images:
        links.check_image(
            image.source,
            image.alt,
            folder=folder,
            place=(document.file, prose.line_of(image.source)),
            problems=problems,
        )


class _Prose:
    """A text without its code; finds the lines of what the renderer reported."""

    def __init__(self, document: Document) -> None:
        self.first_line = document.first_line
        outside = without_fences(document.text)
        self.lines = outside.split("\n")
        self.plain = [
            _INLINE_CODE.sub(lambda found: " " * len(found[0]), line)
            for line in self.lines
        ]
        # Questions are Markdown too: their links and images are looked for in both.
        self._addressed = without_fences(document.text, keep=QUESTION).split("\n")
        self._seen: Counter[str] = Counter()
        self._places: defaultdict[str, list[int]] = defaultdict(list)

    def line_of(self, needle: str) -> int:
        """Return the line of the next occurrence of ``needle``, or of the last one."""
        if needle not in self._places:
            # The end of the address must follow, or #lab would be found in #labs.
            pattern = re.compile(re.escape(needle) + r"(?=[)\s>\"'\]]|$)")
            self._places[needle] = [
                self.first_line + index
                for index, line in enumerate(self._addressed)
                for _ in pattern.finditer(line)
            ]
        places = self._places[needle]
        if not places:
            return self.first_line
        index = min(self._seen[needle], len(places) - 1)
        self._seen[needle] += 1
        return places[index]


def _check_fences(
    document: Document,
    fences: tuple[Fence, ...],
    rendered: Rendered,
    problems: Problems,
) -> None:
    before: Fence | None = None
    asked: dict[str, int] = {}
    for fence in fences:
        place = (document.file, fence.line)
        header = fence.header
        if not fence.closed:
            problems.error(
                *place,
                Rule.FENCE_NOT_CLOSED,
                "the code block is not closed",
                "Add a line with as many backticks as it begins with.",
            )
        if header.language not in {*LANGUAGES, MERMAID, QUESTION}:
            problems.error(
                *place,
                Rule.FENCE_LANGUAGE,
                f"the code block has the unknown language {header.language!r}"
                if header.language
                else "the code block names no language",
                "Use one of: "
                + ", ".join(sorted([*LANGUAGES, MERMAID, QUESTION]))
                + ".",
            )
        for option in header.unknown:
            problems.error(
                *place,
                Rule.FENCE_OPTION,
                f"the code block has the unknown option {option!r}",
                'Known: {.run .fails .output .norun on="python" title="…"'
                ' hl_lines="1 3-4"}.',
            )
        if header.language == MERMAID:
            _check_diagram(place, fence, problems)
        if header.language == QUESTION:
            _check_question(document, fence, asked, problems)
        if header.kind in EXECUTED and header.language not in RUNNABLE:
            problems.error(
                *place,
                Rule.FENCE_NOT_RUNNABLE,
                f"a block in {header.language or 'no language'} cannot be executed",
                "Only sql and python take .run and .fails.",
            )
        in_lesson = document.file.startswith("lessons/")
        if header.kind in EXECUTED and not in_lesson:
            problems.error(
                *place,
                Rule.FENCE_NOT_EXECUTED,
                "the blocks of a lab's task are not executed by any test",
                "Drop .run or .fails; only lessons have blocks that are executed.",
            )
        if in_lesson and header.kind is FenceKind.PLAIN and header.language in RUNNABLE:
            problems.error(
                *place,
                Rule.FENCE_NOT_MARKED,
                f"the {LANGUAGES[header.language]} block does not say whether it runs",
                "Mark it .run or .fails, or .norun where it cannot be executed.",
            )
        if header.kind is FenceKind.OUTPUT and (
            before is None or before.header.kind is FenceKind.PLAIN
        ):
            problems.warning(
                *place,
                Rule.OUTPUT_WITHOUT_RUN,
                "an output stands after a block that is not executed",
                "Put it directly after the block that made it, or drop .output.",
            )
        before = fence
    if len(fences) != rendered.figures and all(fence.closed for fence in fences):
        problems.error(
            document.file,
            fences[0].line if fences else document.first_line,
            Rule.FENCE_NOT_RECOGNISED,
            f"the text has {len(fences)} code blocks, the page {rendered.figures}",
            "Indent each block like the list item, tab or quote that it stands in.",
        )


def _check_question(
    document: Document, fence: Fence, asked: dict[str, int], problems: Problems
) -> None:
    question = read_question(
        fence.body, file=document.file, first_line=fence.line + 1, problems=problems
    )
    if question is None:
        return
    if question.id in asked:
        problems.error(
            document.file,
            fence.line,
            Rule.DUPLICATE_ID,
            f"the question id {question.id!r} is that of line {asked[question.id]}",
            "Give each question of a text an id of its own.",
        )
    asked.setdefault(question.id, fence.line)


def _check_diagram(place: tuple[str, int], fence: Fence, problems: Problems) -> None:
    texts = diagram_texts(fence.body)
    missing = [
        name
        for name, text in (
            ("accTitle", texts.title),
            ("accDescr", texts.description),
        )
        if not text
    ]
    if missing:
        problems.error(
            *place,
            Rule.DIAGRAM_WITHOUT_TEXT,
            f"the diagram has no {' and no '.join(missing)}",
            "Add the lines `accTitle: …` and `accDescr: …` below its first line.",
        )


def _check_headings(
    document: Document, prose: _Prose, rendered: Rendered, problems: Problems
) -> None:
    if rendered.top_headings:
        lines = [
            prose.first_line + index
            for index, line in enumerate(prose.lines)
            if _TOP_HEADING.match(line)
            or (_UNDERLINE.match(line) and index and prose.lines[index - 1].strip())
        ]
        for line in lines or [prose.first_line]:
            problems.error(
                document.file,
                line,
                Rule.TOP_HEADING,
                "a heading of the first level stands in the text",
                "Use ## and below; the page prints the title itself.",
            )
    seen: dict[str, int] = {}
    for index, text in enumerate(prose.lines):
        found = _EXPLICIT_ANCHOR.match(text)
        if not found:
            continue
        number = prose.first_line + index
        if found[1] in seen:
            problems.error(
                document.file,
                number,
                Rule.DUPLICATE_ANCHOR,
                f"the anchor {found[1]!r} is already that of line {seen[found[1]]}",
                "Give one of the headings another anchor.",
            )
        seen.setdefault(found[1], number)
    for anchor in rendered.anchors:
        if not re.fullmatch(r"[\w-]+", anchor):
            problems.error(
                document.file,
                seen.get(anchor, prose.first_line),
                Rule.BAD_ANCHOR,
                f"the anchor {anchor!r} has other characters than letters, digits,"
                " - and _",
                "Write another one, such as {#envelope}.",
            )


def _check_syntax(
    document: Document, prose: _Prose, rendered: Rendered, problems: Problems
) -> None:
    for kind in dict.fromkeys(rendered.unknown_callouts):
        problems.error(
            document.file,
            _line_with(prose, f"[!{kind}"),
            Rule.UNKNOWN_CALLOUT,
            f"the callout {kind!r} is not known",
            "Use one of: " + ", ".join(sorted(name.upper() for name in CALLOUTS)) + ".",
        )
    after_item = False
    for index, line in enumerate(prose.plain):
        number = prose.first_line + index
        item = _LIST_ITEM.match(line)
        if item and after_item and 0 < len(item[1]) < 4:
            problems.error(
                document.file,
                number,
                Rule.LIST_INDENT,
                f"an inner list begins after {len(item[1])} spaces and is shown as"
                " part of the outer one",
                "Indent it by four spaces.",
            )
        # Blank lines stand between the items of one list; anything else ends it.
        after_item = bool(item) or (after_item and line[:1] in {"", " "})
        if _BLOCK_SYNTAX.match(line):
            problems.error(
                document.file,
                number,
                Rule.ADMONITION_SYNTAX,
                "`!!!` means nothing here",
                "Write a callout: `> [!NOTE] Title`, text in the lines below after >.",
            )
        if found := _RAW_HTML.search(line):
            problems.warning(
                document.file,
                number,
                Rule.RAW_HTML,
                f"{found[0]!r} is shown to the reader as it stands",
                "HTML is not passed on; put types and tags between backticks.",
            )


def _line_with(prose: _Prose, needle: str) -> int:
    for index, line in enumerate(prose.lines):
        if needle.lower() in line.lower():
            return prose.first_line + index
    return prose.first_line
