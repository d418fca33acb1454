"""Prerequisites: cycles, closures and what is still missing."""

from graphlib import CycleError, TopologicalSorter

from hypothesis import given
from hypothesis import strategies as st

from curriculum.graph import all_prerequisites, find_cycles, opened_by, unmet

NODES = st.sampled_from("abcdefg")
GRAPHS = st.dictionaries(NODES, st.lists(NODES, max_size=4, unique=True))


@given(GRAPHS)
def test_cycles_are_found_exactly_when_the_standard_library_finds_one(graph):
    try:
        tuple(TopologicalSorter(graph).static_order())
        has_cycle = False
    except CycleError:
        has_cycle = True
    cycles = find_cycles(graph)
    assert bool(cycles) == has_cycle
    for cycle in cycles:
        for node, following in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            assert following in graph[node]
        assert cycle[0] == min(cycle)


@given(GRAPHS, NODES)
def test_all_prerequisites_are_closed(graph, node):
    found = all_prerequisites(graph, node)
    assert set(graph.get(node, ())) <= found
    for name in found:
        assert set(graph.get(name, ())) <= found


def test_chain_deeper_than_the_recursion_limit():
    chain = {str(n): [str(n + 1)] for n in range(5000)}
    assert find_cycles(chain) == ()
    assert len(all_prerequisites(chain, "0")) == 5000


def test_unmet_keeps_the_order_and_opened_by_is_its_other_side():
    graph = {"d": ["c", "a", "b"], "b": ["a"]}
    assert unmet(graph, "d", done={"a"}) == ("c", "b")
    assert unmet(graph, "unknown", done=set()) == ()
    assert opened_by(graph, "a") == ("d", "b")
