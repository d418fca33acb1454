"""What may be sent in as a program: text, within a size, nothing invisible."""

import re

from django.conf import settings

from submissions.errors import Rejected

# Everything below space but tab, line feed and carriage return, and DEL.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
REPLACEMENT = "�"


def clean_source(source: str) -> str:
    """Return ``source`` with ``\\n`` line ends, or raise Rejected saying where.

    Django decodes a form with replacement, so bytes that are not UTF-8 arrive as
    U+FFFD; no program needs that character.
    """
    size = len(source.encode("utf-8", errors="surrogatepass"))
    if size > settings.LAB_SOURCE_MAX_BYTES:
        raise Rejected(
            "source-too-large",
            status=413,
            kib=-(-size // 1024),
            limit_kib=settings.LAB_SOURCE_MAX_BYTES // 1024,
        )
    text = source.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if not text.strip():
        raise Rejected("source-empty")
    if found := CONTROL.search(text):
        raise Rejected("source-binary", line=_line(text, found.start()))
    if (place := text.find(REPLACEMENT)) >= 0:
        raise Rejected("source-encoding", line=_line(text, place))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Rejected("source-encoding", line=_line(text, error.start)) from error
    return text


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
