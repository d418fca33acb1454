"""The allow-list that every piece of rendered HTML passes last.

It does not trust the renderer: what an author can reach by attribute lists or by a
hole in a Markdown extension ends here. Nothing that htmx reads, no event handler, no
style, no foreign image survives, and ids only where the renderer puts them.
"""

import re

import nh3

_TAGS = """
a abbr aside blockquote br code dd del details div dl dt em fieldset figcaption figure
h1 h2 h3 h4 h5 h6 hr img input kbd label legend li mark ol p pre section span strong sub
summary sup table tbody td th thead tr ul
"""
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"class"},
    "a": {"href", "title", "rel", "role", "aria-label"},
    "abbr": {"title"},
    "aside": {"role"},
    "details": {"open"},
    "div": {"tabindex", "role", "aria-label", "data-tabs"},
    "figure": {"data-language", "data-kind"},
    "h1": {"id"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "h5": {"id"},
    "h6": {"id"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "input": {"type", "name", "id", "checked", "disabled"},
    "label": {"for"},
    "li": {"id"},
    "ol": {"start"},
    "pre": {"tabindex", "role", "aria-label"},
    "span": {"data-badge", "aria-hidden"},
    "sup": {"id"},
    "td": {"data-align"},
    "th": {"data-align", "scope"},
}
_CLASSES = """
callout callout-title callout-label code code-title code-badge code-mark
code-lab diagram mermaid highlight
hll footnote footnote-ref footnote-backref heading-anchor table-scroll row-kind phrase
tabbed-set tabbed-alternate tabbed-labels tabbed-content tabbed-block task-list-item
question question-many question-number option option-right option-wrong option-why
option-word
"""

_KNOWN_CLASSES = frozenset(_CLASSES.split())
_CLASS_FAMILIES = re.compile(
    r"callout-[a-z]+|row-kind-(insert|update-before|update-after|delete)"
)
# Pygments' short names: k, kn, nb, s1, …; they stand on spans only.
_TOKEN_CLASS = re.compile(r"[a-z][a-z0-9]{0,2}")
# The renderer has made relative links absolute; what is left of them leads nowhere.
_ADDRESS = re.compile(r"https?://|mailto:|/(?![/\\])|#", re.IGNORECASE)
_FOOTNOTE_ID = re.compile(r"fn(ref\d*)?:[\w-]+")
# Groups of inputs: tabs, and the options of a question.
_INPUT_ID = re.compile(r"__tabbed_\d+(_\d+)?|question-[a-z0-9-]+")
_HEADING_ID = re.compile(r"[\w-]+")
_ROLES = frozenset(
    {"note", "region", "group", "doc-endnotes", "doc-noteref", "doc-backlink"}
)
_WORD = re.compile(r"[a-z-]+")


def sanitise(html: str) -> str:
    """Return ``html`` with everything removed that is not on the allow-list."""
    return _CLEANER.clean(html)


def _allowed(tag: str, attribute: str, value: str) -> str | None:
    """Return the value that may stay, or None to drop the attribute."""
    match attribute:
        case "class":
            kept = [name for name in value.split() if _class_is_known(tag, name)]
            return " ".join(kept) or None
        case "id" | "for":
            return value if _id_pattern(tag).fullmatch(value) else None
        case "name":
            return value if _INPUT_ID.fullmatch(value) else None
        case "type":
            return value if value in {"radio", "checkbox"} else None
        case "role":
            return value if value in _ROLES else None
        case "tabindex":
            return value if value == "0" else None
        case "src":
            # Own images only: a picture from another host tells it who reads.
            return value if value.startswith("/") and value[1:2] not in "/\\" else None
        case "href":
            return value if _ADDRESS.match(value) else None
        case "data-language" | "data-kind" | "data-badge" | "data-align" | "rel":
            words = value.split()
            return value if all(_WORD.fullmatch(word) for word in words) else None
    return value


def _class_is_known(tag: str, name: str) -> bool:
    if name in _KNOWN_CLASSES or _CLASS_FAMILIES.fullmatch(name):
        return True
    return tag == "span" and bool(_TOKEN_CLASS.fullmatch(name))


def _id_pattern(tag: str) -> re.Pattern[str]:
    if tag in {"input", "label"}:
        return _INPUT_ID
    return _HEADING_ID if re.fullmatch(r"h[1-6]", tag) else _FOOTNOTE_ID


_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    clean_content_tags={"script", "style"},
    attributes=_ATTRIBUTES,
    attribute_filter=_allowed,
    link_rel=None,
    url_schemes={"http", "https", "mailto"},
)
