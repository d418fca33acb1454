"""Changes to the tree between Markdown and HTML: callouts, tables, headings, links."""

import html as html_entities
import re
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor

from curriculum.figures import inline_code_class
from curriculum.labels import CALLOUTS, Labels

_HEADING = re.compile(r"h[1-6]")
_EXTERNAL = re.compile(r"(https?:)?//", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\][ \t]+")
_TASK_MARKS = {" ": "☐ ", "x": "☑ "}


class CalloutProcessor(Treeprocessor):
    """Makes ``> [!NOTE] Title`` an ``aside`` with a label in the page's language."""

    def __init__(self, markdown: Markdown, labels: Labels) -> None:
        super().__init__(markdown)
        self._labels = labels
        self.unknown: list[str] = []

    def begin(self) -> None:
        """Forget the text before."""
        self.unknown = []

    def run(self, root: Element) -> None:
        for quote in list(root.iter("blockquote")):
            kind = quote.attrib.pop("data-alert", "")
            collapse = quote.attrib.pop("data-alert-collapse", "")
            if not kind:
                continue
            if kind not in CALLOUTS:
                self.unknown.append(kind)
            self._make_callout(quote, kind, collapse)

    def _make_callout(self, quote: Element, kind: str, collapse: str) -> None:
        known = kind if kind in CALLOUTS else "note"
        quote.tag = "details" if collapse else "aside"
        if not collapse:
            # A bare aside is a landmark; a lesson has twenty, all of one name.
            quote.set("role", "note")
        if collapse == "open":
            quote.set("open", "open")
        quote.set("class", f"callout callout-{known}")
        title = quote.find("*")
        if title is None:
            title = SubElement(quote, "p")
        # Where the author gave no title, the extension writes the bare kind.
        if "".join(title.itertext()) == kind.title():
            title.text = ""
        title.tag = "summary" if collapse else "p"
        title.set("class", "callout-title")
        label = Element("span", {"class": "callout-label"})
        label.text = self._labels.callouts[known]
        label.tail = f" {title.text}" if title.text or len(title) else ""
        title.text = ""
        title.insert(0, label)


class PageProcessor(Treeprocessor):
    """Finishes a page and remembers its links, images and anchors as written."""

    def __init__(self, markdown: Markdown, labels: Labels, *, with_ids: bool) -> None:
        super().__init__(markdown)
        self._labels = labels
        self._with_ids = with_ids
        self.begin(str)

    def begin(self, resolve: Callable[[str], str]) -> None:
        """Forget the text before; links of the next one go through ``resolve``."""
        self._resolve = resolve
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.images: list[tuple[str, str]] = []
        self.top_headings = 0

    def run(self, root: Element) -> None:
        parents = {child: parent for parent in root.iter() for child in parent}
        titles = dict(_titles(getattr(self.md, "toc_tokens", [])))
        section = ""
        tables = 0
        for element in list(root.iter()):
            # Comments and the like have a function for a tag.
            if not isinstance(element.tag, str):
                continue
            if _HEADING.fullmatch(element.tag):
                section = self._finish_heading(element, titles)
            elif element.tag == "table":
                tables += 1
                name = f"{self._labels.table} {tables}"
                self._wrap_table(
                    element, parents[element], f"{name}: {section}" if section else name
                )
            elif element.tag == "a":
                self._finish_link(element)
            elif element.tag == "img":
                self._finish_image(element)
            elif element.tag == "code" and parents[element].tag != "pre":
                classes = inline_code_class(html_entities.unescape(element.text or ""))
                if classes and len(element) == 0:
                    element.set("class", classes)
            elif element.tag == "details":
                kind = element.get("class", "").split()
                if kind and kind[0] in CALLOUTS:
                    element.set("class", f"callout callout-{kind[0]}")
                    for summary in element.findall("summary"):
                        summary.set("class", "callout-title")
            elif element.tag == "li":
                _mark_task(element)
            elif element.tag in {"td", "th"}:
                if alignment := element.attrib.pop("align", ""):
                    element.set("data-align", alignment)
                if element.tag == "th":
                    element.set("scope", "col")
            elif element.tag == "div" and element.get("class") == "footnote":
                element.set("role", "doc-endnotes")
            if not self._with_ids:
                element.attrib.pop("id", None)

    def _finish_heading(self, heading: Element, titles: dict[str, str]) -> str:
        """Add the link to itself; return the heading's words."""
        if heading.tag == "h1":
            self.top_headings += 1
        anchor = heading.get("id", "")
        title = titles.get(anchor) or "".join(heading.itertext())
        if self._with_ids and anchor:
            self.anchors.append(anchor)
            link = SubElement(
                heading,
                "a",
                {
                    "class": "heading-anchor",
                    "href": f"#{anchor}",
                    "aria-label": f"{self._labels.heading_link} «{title}»",
                },
            )
            link.text = "#"
        return title

    def _finish_link(self, link: Element) -> None:
        written = link.get("href", "")
        if "footnote" in link.get("class", "") or "heading-anchor" in link.get(
            "class", ""
        ):
            return
        self.links.append(written)
        address = self._resolve(written)
        link.set("href", address)
        if _EXTERNAL.match(address):
            link.set("rel", "external noopener noreferrer")

    def _finish_image(self, image: Element) -> None:
        written = image.get("src", "")
        self.images.append((written, image.get("alt", "")))
        image.set("src", self._resolve(written))
        image.set("loading", "lazy")

    def _wrap_table(self, table: Element, parent: Element, name: str) -> None:
        """Put the table into a region that scrolls, by keys too, and has a name."""
        region = Element(
            "div",
            {
                "class": "table-scroll",
                "tabindex": "0",
                "role": "region",
                "aria-label": name,
            },
        )
        region.tail, table.tail = table.tail, None
        parent[list(parent).index(table)] = region
        region.append(table)


def _mark_task(item: Element) -> None:
    """Turn ``- [x] done`` into a mark and text; a real checkbox would promise input."""
    holder = item
    if not (item.text or "").strip() and len(item) and item[0].tag == "p":
        holder = item[0]
    found = _TASK.match(holder.text or "")
    if found and holder.text:
        item.set("class", "task-list-item")
        holder.text = _TASK_MARKS[found[1].lower()] + holder.text[found.end() :]


def _titles(tokens: list[dict[str, object]]) -> Iterator[tuple[str, str]]:
    for token in tokens:
        yield str(token["id"]), html_entities.unescape(str(token["name"]))
        children = token["children"]
        if isinstance(children, list):
            yield from _titles(children)
