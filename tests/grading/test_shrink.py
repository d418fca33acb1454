"""Shrinking on synthetic mistakes: what is left still shows them, and is minimal."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.shrink import History, Life, Search, read_history
from lab_protocol.messages import Event, Stage


def change(op, key=b"1", topic="t"):
    return Event(topic, key, json.dumps({"payload": {"op": op}}).encode())


def tombstone(key=b"1"):
    return Event("t", key, None)


def history_of(*events, closing=()):
    stages = (Stage("live", events), Stage("closing", tuple(closing)))
    return read_history(stages, keeps_last=True)


def lives(history):
    return [life.steps for life in history.lives]


def test_a_row_is_one_life_and_its_tombstone_goes_with_the_deletion():
    history = history_of(
        change("c"), change("c", b"2"), change("u"), change("d"), tombstone()
    )
    assert lives(history) == [((0,), (2,), (3, 4)), ((1,),)]


def test_a_row_that_comes_back_has_a_second_life():
    history = history_of(change("c"), change("d"), tombstone(), change("c"))
    assert lives(history) == [((0,), (1, 2)), ((3,),)]
    assert history.lives[0].row == history.lives[1].row


def test_a_second_life_needs_the_end_of_the_first():
    history = history_of(
        change("c"), change("d"), tombstone(), change("c"), change("u")
    )
    assert history.shortenable(history.whole) == [1]
    assert history.cut_with([0, 3]) == (2, 1)
    assert history.cut_with([3]) == (0, 1)


def test_a_deletion_that_is_sent_again_stays_with_its_row():
    history = history_of(change("c"), change("d"), change("d"))
    assert lives(history) == [((0,), (1,), (2,))]


def test_messages_without_an_envelope_stand_alone():
    history = history_of(
        Event("t", None, b"503"), Event("t", b"1", b"{}"), Event("t", b"1", b"{}")
    )
    assert lives(history) == [((0,),), ((1,),), ((2,),)]
    assert len({life.row for life in history.lives}) == 3


def test_a_key_counts_within_its_topic():
    history = history_of(change("c"), change("u", topic="other"))
    assert lives(history) == [((0,),), ((1,),)]


def test_the_closing_stage_stays():
    history = history_of(change("c"), closing=[change("c", b"0")])
    assert history.fixed == {1}
    assert history.events((0,)) == {1}


@st.composite
def histories(draw):
    """Lives of up to four steps, some of them of the same row."""
    number = 0
    made = []
    for row in draw(st.lists(st.integers(0, 6), min_size=1, max_size=12)):
        length = draw(st.integers(1, 4))
        made.append(Life(row, tuple((number + n,) for n in range(length))))
        number += length
    return History(tuple(made), frozenset({number}))


@st.composite
def mistakes(draw):
    """A history, and events of which all must be there for the mistake to show."""
    history = draw(histories())
    every = sorted(history.movable(history.whole))
    return history, draw(st.frozensets(st.sampled_from(every), max_size=4))


def is_valid(history, cut):
    """Whether of each row only the last life that is left is shortened."""
    return all(
        not length
        or length == len(history.lives[number].steps)
        or not any(
            cut[later]
            for later in range(number + 1, len(cut))
            if history.lives[later].row == history.lives[number].row
        )
        for number, length in enumerate(cut)
    )


def smaller_by_one(history, cut):
    """Return the cuts with one life less, or one step less of a life's end."""
    for number, length in enumerate(cut):
        if length:
            yield (*cut[:number], 0, *cut[number + 1 :])
    for number in history.shortenable(cut):
        yield (*cut[:number], cut[number] - 1, *cut[number + 1 :])


@given(mistakes(), st.data())
def test_what_is_left_shows_the_mistake_and_nothing_of_it_may_go(case, data):
    history, needed = case
    hint = data.draw(st.sets(st.sampled_from(sorted(history.movable(history.whole)))))
    asked = []

    def shows(events):
        asked.append(events)
        return needed <= events

    search = Search(history, shows, history.whole)
    search.run([hint])
    assert needed <= history.events(search.kept)
    assert is_valid(history, search.kept)
    assert history.fixed <= history.events(search.kept)
    for cut in smaller_by_one(history, search.kept):
        assert not needed <= history.events(cut)
    assert len(asked) == len(set(asked))


@given(mistakes(), st.integers(1, 7))
def test_a_mistake_that_comes_and_goes_never_leaves_more(case, modulus):
    history, needed = case
    sizes = [len(history.movable(history.whole))]

    def shows(events):
        is_shown = needed <= events and len(events) % modulus == 0
        if is_shown:
            sizes.append(len(events - history.fixed))
        return is_shown

    search = Search(history, shows, history.whole)
    search.run()
    assert sizes == sorted(sizes, reverse=True)
    assert len(history.movable(search.kept)) == sizes[-1]
    assert is_valid(history, search.kept)
    for cut in smaller_by_one(history, search.kept):
        assert not shows(history.events(cut))


class _Stop(Exception):
    pass


@given(mistakes(), st.integers(0, 6))
def test_a_search_that_is_stopped_goes_on_where_it_was(case, steps):
    history, needed = case
    asked = []

    def shows(events):
        if len(asked) == steps:
            raise _Stop
        asked.append(events)
        return needed <= events

    first = Search(history, shows, history.whole)
    with contextlib.suppress(_Stop):
        first.run()
    assert needed <= history.events(first.kept)
    again = []

    def shows_later(events):
        again.append(events)
        return needed <= events

    second = Search(history, shows_later, first.kept, set(first.refuted))
    second.run()
    for cut in smaller_by_one(history, second.kept):
        assert not needed <= history.events(cut)
    assert not set(asked) & set(again)


def test_one_row_of_many_is_found_in_few_steps():
    history = history_of(*(change("c", str(n).encode()) for n in range(300)))
    asked = []

    def shows(events):
        asked.append(events)
        return 211 in events

    search = Search(history, shows, history.whole)
    search.run()
    assert history.movable(search.kept) == {211}
    assert len(asked) <= 25


@pytest.mark.parametrize("hint", [[211], [0, 211]])
def test_a_good_hint_saves_the_halves(hint):
    history = history_of(*(change("c", str(n).encode()) for n in range(300)))
    asked = []

    def shows(events):
        asked.append(events)
        return 211 in events

    search = Search(history, shows, history.whole)
    search.run([hint])
    assert history.movable(search.kept) == {211}
    assert len(asked) <= 5
