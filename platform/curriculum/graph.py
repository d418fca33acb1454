"""Prerequisites as a graph: pure functions over ``{node: nodes it requires}``.

The loader proves with them that a course can be walked; ``progress`` asks what still
stands before a lesson. Names that are not keys of the graph have no prerequisites.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

type Graph = Mapping[str, Sequence[str]]


def find_cycles(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Return each cycle found by one walk, as a path that begins with its least name.

    Not every cycle of a tangled graph is listed, but a graph that has one never gives
    an empty result.

    >>> find_cycles({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]})
    (('a', 'b', 'c'),)
    >>> find_cycles({"a": [], "b": ["a"]})
    ()
    """
    finished: set[str] = set()
    found: dict[tuple[str, ...], None] = {}
    for start in graph:
        if start in finished:
            continue
        # An explicit stack: a chain of a few thousand lessons is deeper than Python's
        # recursion limit.
        path = [start]
        on_path = {start}
        pending = [iter(graph.get(start, ()))]
        while pending:
            following = next(pending[-1], None)
            if following is None:
                pending.pop()
                node = path.pop()
                on_path.discard(node)
                finished.add(node)
            elif following in on_path:
                cycle = path[path.index(following) :]
                least = cycle.index(min(cycle))
                found[(*cycle[least:], *cycle[:least])] = None
            elif following not in finished:
                path.append(following)
                on_path.add(following)
                pending.append(iter(graph.get(following, ())))
    return tuple(found)


def all_prerequisites(graph: Graph, node: str) -> frozenset[str]:
    """Return everything that ``node`` requires, directly or through others.

    >>> sorted(all_prerequisites({"c": ["b"], "b": ["a"]}, "c"))
    ['a', 'b']
    """
    found: set[str] = set()
    pending = list(graph.get(node, ()))
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(graph.get(name, ()))
    return frozenset(found)


def unmet(graph: Graph, node: str, *, done: AbstractSet[str]) -> tuple[str, ...]:
    """Return the direct prerequisites of ``node`` that are not in ``done``, in order.

    >>> unmet({"c": ["a", "b"]}, "c", done={"a"})
    ('b',)
    """
    return tuple(name for name in graph.get(node, ()) if name not in done)


def opened_by(graph: Graph, node: str) -> tuple[str, ...]:
    """Return the nodes that name ``node`` as a direct prerequisite.

    >>> opened_by({"b": ["a"], "c": ["a", "b"]}, "a")
    ('b', 'c')
    """
    return tuple(name for name, required in graph.items() if node in required)
