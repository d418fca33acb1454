"""New lessons and labs, written from templates that work as they are.

What is written is a draft: it is checked and can be run, and students do not get it.
"""

import json
import re
from enum import StrEnum
from pathlib import Path

TEMPLATES = Path(__file__).parent / "skeletons"
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_BLOCK = re.compile(r"^#if (\w+)\n(.*?)^#end\n", re.MULTILINE | re.DOTALL)
FILTER = "\nWHERE op <> 'r'"


class SkeletonError(ValueError):
    """Nothing was written; the message says why and what to do."""


class Kind(StrEnum):
    """What the program of a new lab is written in."""

    SQL = "sql"
    PYFLINK = "pyflink"
    DATASTREAM = "datastream"
    PLAIN = "plain"


LANGUAGES = {
    Kind.SQL: "sql",
    Kind.PYFLINK: "pyflink",
    Kind.DATASTREAM: "pyflink",
    Kind.PLAIN: "python",
}


def write_lesson(
    *, root: Path, slug: str, title: str, requires: tuple[str, ...] = ()
) -> tuple[Path, ...]:
    """Write ``lessons/<nn>-<slug>`` after the last lesson; return its files."""
    lessons = _lessons(root)
    _check_words(slug, title)
    if slug in lessons:
        raise SkeletonError(f"the lesson {slug!r} exists already; choose another slug")
    for name in requires:
        _check_lesson(name, lessons, "REQUIRES")
    order = max(lessons.values(), default=0) + 1
    folder = root / "lessons" / f"{order:02d}-{slug}"
    words = {
        "SLUG": slug,
        "TITLE": title.replace('"', '\\"'),
        "ORDER": str(order),
        "REQUIRES": ", ".join(requires),
    }
    return _write(
        folder,
        {
            f"{language}.md": _filled(f"lesson/{language}.md", words, set())
            for language in ("ru", "en")
        },
    )


def write_lab(
    *, root: Path, slug: str, title: str, lesson: str, kind: Kind
) -> tuple[Path, ...]:
    """Write ``labs/<slug>``, a lab that runs; return its files."""
    _check_words(slug, title)
    _check_lesson(lesson, _lessons(root), "REQUIRES (the lesson of the lab)")
    folder = root / "labs" / slug
    taken = {
        name
        for path in root.glob("labs/*/lab.yaml")
        for name in re.findall(r"^id: *(\S+)", path.read_text("utf-8"), re.MULTILINE)
    }
    if slug in taken:
        raise SkeletonError(f"the lab {slug!r} exists already; choose another slug")
    suffix = "sql" if kind is Kind.SQL else "py"
    words = {
        "SLUG": slug,
        # A string of JSON is one of YAML too, whatever stands in it.
        "TITLE": json.dumps(title, ensure_ascii=False),
        "LESSON": lesson,
        "LANGUAGE": LANGUAGES[kind],
        "STARTER": f"job.{suffix}",
        "SINK": _part("sink"),
        "SOURCE": _part("source"),
        "INSERT": _part("insert"),
        "FILTER": "",
    }
    flags = {"plain"} if kind is Kind.PLAIN else {"flink"}
    wrong = words | {"FILTER": FILTER}
    files = {
        name: _filled(f"lab/{template}", words, flags)
        for name, template in (
            ("lab.yaml", "lab.yaml"),
            ("task.ru.md", "task.ru.md"),
            ("task.en.md", "task.en.md"),
            ("stream.py", "stream.py"),
            (f"given/job.{suffix}", f"given.{kind}"),
            ("answers/oracle.py", "oracle.py"),
            ("answers/misconceptions.py", "misconceptions.py"),
            (f"answers/solution.{suffix}", f"solution.{kind}"),
        )
    }
    files[f"answers/wrong/snapshot-ignored.{suffix}"] = _filled(
        f"lab/solution.{kind}", wrong, flags | {"wrong"}
    )
    return _write(folder, files)


def _lessons(root: Path) -> dict[str, int]:
    """Return the order of each lesson by its id; raise where the course is broken."""
    found: dict[str, int] = {}
    for path in sorted(root.glob("lessons/[0-9]*/ru.md")):
        front = path.read_text("utf-8").split("\n---\n")[0]
        name = re.search(r"^id: *(\S+)", front, re.MULTILINE)
        order = re.search(r"^order: *(\d+)", front, re.MULTILINE)
        if name is None or order is None:
            raise SkeletonError(
                f"{path.relative_to(root)} has no id or no order;"
                " mend what check_course says first"
            )
        found[name[1]] = int(order[1])
    return found


def _check_words(slug: str, title: str) -> None:
    if not _SLUG.fullmatch(slug):
        raise SkeletonError(
            f"{slug!r} is no slug: lower-case words with hyphens, such as late-events"
        )
    if not title.strip() or "\n" in title:
        raise SkeletonError("the title must be one line of text: TITLE='Late events'")


def _check_lesson(name: str, lessons: dict[str, int], where: str) -> None:
    if name not in lessons:
        known = ", ".join(lessons) or "none"
        raise SkeletonError(f"{where}: there is no lesson {name!r}. Known: {known}")


def _part(name: str) -> str:
    return (TEMPLATES / f"lab/{name}.sql.part").read_text("utf-8").rstrip("\n")


def _filled(template: str, words: dict[str, str], flags: set[str]) -> str:
    text = (TEMPLATES / f"{template}.template").read_text("utf-8")
    text = _BLOCK.sub(lambda found: found[2] if found[1] in flags else "", text)
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text


def _write(folder: Path, files: dict[str, str]) -> tuple[Path, ...]:
    if folder.exists():
        raise SkeletonError(f"{folder} exists already; choose another slug")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tuple(folder / name for name in files)
