"""YAML with places: safe loading, and pydantic's complaints as problems with lines."""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from curriculum.problems import Problems, Rule

_MAX_DEPTH = 20
_MAPPING_EXPECTED = (
    "a mapping of keys to values is expected",
    "Begin with a line such as `id: some-name`.",
)

# libyaml's, ten times as fast, where PyYAML was built with it: its wheels are.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

type Location = tuple[str | int, ...]

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)(?:^|\n)---[ \t]*(?:\n|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class YamlSource:
    """A YAML mapping and the line (from 1) of each of its keys and list items."""

    file: str
    data: dict[str, Any]
    lines: dict[Location, int]

    def line(self, *location: str | int) -> int:
        """Return the line of ``location``, or of the nearest place above that has one.

        A key that a model has and the file has not (a default) gets its parent's line.
        """
        for length in range(len(location), -1, -1):
            if location[:length] in self.lines:
                return self.lines[location[:length]]
        return 1


class _Refused(Exception):
    def __init__(self, rule: Rule, line: int, message: str, fix: str) -> None:
        super().__init__(message)
        self.rule, self.line, self.message, self.fix = rule, line, message, fix


def read_yaml(
    text: str, *, file: str, problems: Problems, first_line: int = 1
) -> YamlSource | None:
    """Parse ``text``, which begins at ``first_line`` of ``file``.

    None where it is no mapping; aliases and repeated keys are refused, because one
    makes a small file huge and the other loses a value without a word.
    """
    lines: dict[Location, int] = {}
    data = _load(text, yaml.MappingNode, lines, file, first_line, problems)
    return None if data is None else YamlSource(file, data, lines)


def read_yaml_list(
    text: str, *, file: str, problems: Problems
) -> tuple[YamlSource, ...]:
    """Parse a list of mappings, each a source of its own with the lines of ``file``."""
    lines: dict[Location, int] = {}
    items = _load(text, yaml.SequenceNode, lines, file, 1, problems)
    own: defaultdict[str | int, dict[Location, int]] = defaultdict(dict)
    for location, line in lines.items():
        if location:
            own[location[0]][location[1:]] = line
    sources = []
    for index, item in enumerate(items or ()):
        if isinstance(item, dict):
            sources.append(YamlSource(file, item, own[index]))
        else:
            problems.error(
                file, own[index][()], Rule.YAML_NOT_A_MAPPING, *_MAPPING_EXPECTED
            )
    return tuple(sources)


def _load(
    text: str,
    expected: type[yaml.Node],
    lines: dict[Location, int],
    file: str,
    first_line: int,
    problems: Problems,
) -> Any:
    """Return the data of ``text`` and fill ``lines``; None and a problem if refused."""
    try:
        _check_events(text)
        node = yaml.compose(text, Loader=_Loader)
        if not isinstance(node, expected):
            if expected is yaml.SequenceNode:
                raise _Refused(
                    Rule.YAML_NOT_A_LIST,
                    0,
                    "a list of entries is expected",
                    "Begin each entry with a line such as `- id: some-name`.",
                )
            raise _Refused(Rule.YAML_NOT_A_MAPPING, 0, *_MAPPING_EXPECTED)
        _collect_lines(node, (), lines, first_line)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe loader)
    except _Refused as refused:
        problems.error(
            file,
            first_line + refused.line,
            refused.rule,
            refused.message,
            refused.fix,
        )
        return None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        detail = getattr(error, "problem", None) or str(error)
        problems.error(
            file,
            first_line + (mark.line if mark else 0),
            Rule.YAML_SYNTAX,
            f"not valid YAML: {detail}",
            "Check indentation and quotes; a text with a colon needs quotes.",
        )
        return None


def split_front_matter(
    text: str, *, file: str, problems: Problems
) -> tuple[YamlSource | None, str, int]:
    """Return front matter, body and the body's first line (from 1).

    A file without front matter is a problem; its whole text is then the body.
    """
    found = _FRONT_MATTER.match(text)
    if not found:
        problems.error(
            file,
            1,
            Rule.MISSING_FRONT_MATTER,
            "the file does not begin with front matter between two lines `---`",
            "Add the front matter with id, title, description, module, order, …",
        )
        return None, text, 1
    source = read_yaml(found[1] + "\n", file=file, problems=problems, first_line=2)
    return source, text[found.end() :], text.count("\n", 0, found.end()) + 1


def validate[Model: BaseModel](
    model: type[Model], source: YamlSource, problems: Problems
) -> Model | None:
    """Return ``source`` as ``model``; None and problems with lines where it is not."""
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            location = tuple(detail["loc"])
            rule, message, fix = _explain(model, location, dict(detail))
            problems.error(source.file, source.line(*location), rule, message, fix)
        return None


def _check_events(text: str) -> None:
    """Refuse what would make the loading itself slow: aliases and depth.

    PyYAML takes a minute for 50 000 open brackets; the walk stops at the first 20.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            raise _Refused(
                Rule.YAML_ALIAS,
                line,
                "aliases (*name) are not allowed",
                "Write the value out.",
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise _Refused(
                Rule.YAML_SYNTAX, line, "nested too deep", "Flatten the values."
            )


def _collect_lines(
    node: yaml.Node, location: Location, lines: dict[Location, int], first_line: int
) -> None:
    lines.setdefault(location, first_line + node.start_mark.line)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = first_line + key.start_mark.line
            if not isinstance(key, yaml.ScalarNode):
                raise _Refused(
                    Rule.YAML_SYNTAX,
                    key.start_mark.line,
                    "a key must be a plain word",
                    "Use a word as the key.",
                )
            if (*location, key.value) in lines:
                raise _Refused(
                    Rule.DUPLICATE_KEY,
                    key.start_mark.line,
                    f"the key {key.value!r} is here twice",
                    "Keep one of them.",
                )
            lines[*location, key.value] = line
            _collect_lines(value, (*location, key.value), lines, first_line)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _collect_lines(item, (*location, index), lines, first_line)


def _explain(
    model: type[BaseModel], location: Location, detail: dict[str, Any]
) -> tuple[Rule, str, str]:
    """Return rule, message and fix for one error of pydantic."""
    key = ".".join(str(part) for part in location) or "the file"
    kind = detail["type"]
    if kind == "missing":
        return (
            Rule.MISSING_KEY,
            f"the key {key} is missing",
            f"Add `{location[-1]}: …`.",
        )
    if kind == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        fix = f"Did you mean `{near[0]}`?" if near else "Remove it."
        if not near and known:
            fix += " Known here: " + ", ".join(sorted(known)) + "."
        return Rule.UNKNOWN_KEY, f"the key {key} is not known", fix
    given = detail.get("input")
    shown = f", given {given!r}"[:80] if isinstance(given, str | int | float) else ""
    message = detail["msg"][:1].lower() + detail["msg"][1:]
    return (
        Rule.INVALID_VALUE,
        f"{key}: {message}{shown}",
        "Write a value of the expected form.",
    )


def _known_keys(model: type[BaseModel], location: Iterable[str | int]) -> list[str]:
    """Return the keys of the model at ``location``, none where it cannot be told."""
    here: type[BaseModel] | None = model
    for part in location:
        if here is None or not isinstance(part, str):
            continue
        field = here.model_fields.get(part)
        if field is not None:
            here = _model_within(field.annotation)
    return list(here.model_fields) if here else []


def _model_within(annotation: Any) -> type[BaseModel] | None:
    """Return the model that ``X``, ``tuple[X, ...]`` or ``dict[str, X]`` speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        inner = _model_within(argument)
        if inner is not None:
            return inner
    return None
