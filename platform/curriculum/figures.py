"""Code blocks and diagrams as HTML figures, coloured by Pygments' classes."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

from curriculum.fences import LANGUAGES, RUNNABLE, Engine, FenceHeader, FenceKind
from curriculum.labels import Labels

CSS_CLASS = "highlight"
ROW_KINDS = {
    "+I": "insert",
    "-U": "update-before",
    "+U": "update-after",
    "-D": "delete",
}

# A row kind as Flink prints it: `+I[1, a]`, or alone between the bars of a table.
_SPACES_OF_A_PHRASE = 3
_ROW_KIND = re.compile(r"(?<![^\s|&;])([+-][IUD])(?=\[|\s|\||$)", re.MULTILINE)
# A number at the end of a comment's line, as Pygments leaves it: the list below tells.
_MARK = re.compile(r"((?:--|#) ?)\((\d{1,2})\)(?=</span>|\n|$)")
_TITLE = re.compile(r"^\s*accTitle\s*:\s*(.+?)\s*$", re.MULTILINE)
_DESCRIPTION = re.compile(
    r"^\s*accDescr\s*(?::\s*(?P<line>.+?)\s*$|\{(?P<block>[^}]*)\})", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class DiagramTexts:
    """What a Mermaid source says to those who cannot see it; empty where missing."""

    title: str
    description: str


def diagram_texts(source: str) -> DiagramTexts:
    """Read ``accTitle`` and ``accDescr`` out of a Mermaid source."""
    title = _TITLE.search(source)
    found = _DESCRIPTION.search(source)
    description = (found["line"] or found["block"] or "") if found else ""
    return DiagramTexts(title[1] if title else "", " ".join(description.split()))


def diagram_figure(source: str, labels: Labels) -> str:
    """Return a figure with the source for Mermaid and the same in words."""
    texts = diagram_texts(source)
    return (
        f'<figure class="diagram"><pre class="mermaid">{escape(source)}</pre>'
        f"<figcaption>{escape(texts.title)}</figcaption>"
        f"<details><summary>{escape(labels.diagram_text)}</summary>"
        f"<p>{escape(texts.description)}</p></details></figure>"
    )


def code_figure(
    source: str, header: FenceHeader, labels: Labels, *, lab_address: str = ""
) -> str:
    """Return a block of code as a figure; an unknown language is shown as text.

    ``lab_address`` is where its twin runs, "" where no lab has one. A comment that is
    a number, ``-- (1)``, becomes a mark; the ordered list after the block explains it.

    The ``pre`` takes the focus, because a long line is scrolled to with the arrow
    keys. Its name is the title, or the language.
    """
    language = header.language if header.language in LANGUAGES else "text"
    name = header.title or f"{labels.code}: {LANGUAGES[language]}"
    badge = ""
    if header.kind is not FenceKind.PLAIN:
        on_python = header.kind is FenceKind.RUN and header.engine is Engine.PYTHON
        word = labels.kinds["run-python" if on_python else header.kind]
        badge = (
            f'<span class="code-badge" data-badge="{header.kind}">{escape(word)}</span>'
        )
    title = (
        f'<span class="code-title">{escape(header.title)}</span>'
        if header.title
        else ""
    )
    caption = f"<figcaption>{title}{badge}</figcaption>" if title or badge else ""
    below = (
        f'<p class="code-lab"><a href="{escape(lab_address)}">'
        f"{escape(labels.open_in_lab)}</a></p>"
        if lab_address
        else ""
    )
    code = _coloured(source, language, header.highlighted_lines)
    if language in RUNNABLE:
        code = _MARK.sub(r'\g<1><span class="code-mark">(\g<2>)</span>', code)
    return (
        f'<figure class="code" data-language="{language}" data-kind="{header.kind}">'
        f'{caption}<div class="{CSS_CLASS}">'
        f'<pre tabindex="0" role="group" aria-label="{escape(name)}">'
        f"<code>{code}</code></pre>"
        f"</div>{below}</figure>"
    )


def inline_code_class(text: str) -> str | None:
    """Return the classes of a chip for ``+I``, "phrase" for a message of four words.

    Names stay whole in the cells of tables; a whole message would push the columns
    after it out of the page.
    """
    kind = ROW_KINDS.get(text.replace("−", "-"))
    if kind:
        return f"row-kind row-kind-{kind}"
    return "phrase" if text.count(" ") >= _SPACES_OF_A_PHRASE else None


def _coloured(source: str, language: str, highlighted: tuple[int, ...]) -> str:
    html = str(highlight(source, _lexer(language), _formatter(highlighted)))
    html = html.rstrip("\n")
    if language != "text":
        return html
    return _ROW_KIND.sub(
        lambda found: (
            f'<span class="row-kind row-kind-{ROW_KINDS[found[1]]}">{found[1]}</span>'
            if found[1] in ROW_KINDS
            else found[1]
        ),
        html,
    )


# Both keep no state between texts; making them anew is a third of a rendering.
@cache
def _lexer(language: str) -> Lexer:
    # stripnl would drop the blank lines an output begins with: they are part of it.
    return get_lexer_by_name(language, stripnl=False)


@lru_cache(maxsize=64)
def _formatter(highlighted: tuple[int, ...]) -> HtmlFormatter[str]:
    return HtmlFormatter(nowrap=True, hl_lines=list(highlighted))
