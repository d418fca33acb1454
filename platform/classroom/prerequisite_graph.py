"""The lessons as a graph of prerequisites, laid out in rows for an SVG.

A lesson stands one row below the lowest of its prerequisites, so that every line
leads downwards.
"""

import textwrap
from collections import defaultdict
from dataclasses import dataclass

from progress.access import CourseMap, LessonEntry

BOX_WIDTH, BOX_HEIGHT = 232, 84
GAP_ACROSS, GAP_DOWN, EDGE = 28, 44, 6
# What fits into a box at 15 px of a sans-serif face.
LINE_LENGTH, MOST_LINES = 26, 2


@dataclass(frozen=True, slots=True)
class Node:
    """A lesson's box; ``x`` and ``y`` are its upper left corner."""

    entry: LessonEntry
    x: int
    y: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from a prerequisite down to the lesson that asks for it."""

    path: str
    is_met: bool


@dataclass(frozen=True, slots=True)
class PrerequisiteGraph:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


def prerequisite_graph(course: CourseMap, language: str) -> PrerequisiteGraph:
    """Lay the course out; titles are in ``language``."""
    depth: dict[str, int] = {}
    rows: defaultdict[int, list[LessonEntry]] = defaultdict(list)

    def depth_of(lesson_id: str) -> int:
        if lesson_id not in depth:
            before = course.catalogue.lesson(lesson_id).prerequisites
            above = [depth_of(course.catalogue.lesson(name).id) for name in before]
            depth[lesson_id] = max(above, default=-1) + 1
        return depth[lesson_id]

    for entry in course.lessons:
        rows[depth_of(entry.lesson.id)].append(entry)
    widest = max((len(row) for row in rows.values()), default=0)
    width = max(0, widest * (BOX_WIDTH + GAP_ACROSS) - GAP_ACROSS)
    nodes: dict[str, Node] = {}
    for number, row in rows.items():
        free = width - (len(row) * (BOX_WIDTH + GAP_ACROSS) - GAP_ACROSS)
        for place, entry in enumerate(row):
            nodes[entry.lesson.id] = Node(
                entry=entry,
                x=EDGE + free // 2 + place * (BOX_WIDTH + GAP_ACROSS),
                y=EDGE + number * (BOX_HEIGHT + GAP_DOWN),
                lines=tuple(
                    textwrap.wrap(
                        f"{entry.lesson.order}. {entry.lesson.title(language)}",
                        LINE_LENGTH,
                        max_lines=MOST_LINES,
                        placeholder=" …",
                    )
                ),
            )
    return PrerequisiteGraph(
        nodes=tuple(nodes[entry.lesson.id] for entry in course.lessons),
        edges=tuple(_edges(course, nodes)),
        width=width + 2 * EDGE,
        height=max(0, len(rows) * (BOX_HEIGHT + GAP_DOWN) - GAP_DOWN) + 2 * EDGE,
    )


def _edges(course: CourseMap, nodes: dict[str, Node]) -> list[Edge]:
    edges = []
    for entry in course.lessons:
        end = nodes[entry.lesson.id]
        missing = {item.lesson.id for item in entry.missing}
        for name in entry.lesson.prerequisites:
            lesson_id = course.catalogue.lesson(name).id
            start = nodes[lesson_id]
            x, y = start.x + BOX_WIDTH // 2, start.y + BOX_HEIGHT
            to_x, to_y = end.x + BOX_WIDTH // 2, end.y
            bend = GAP_DOWN // 2
            edges.append(
                Edge(
                    f"M{x} {y}C{x} {y + bend} {to_x} {to_y - bend} {to_x} {to_y}",
                    lesson_id not in missing,
                )
            )
    return edges
