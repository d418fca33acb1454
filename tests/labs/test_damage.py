"""Messages that are no envelopes."""

import json
from random import Random

import pytest

from lab_protocol.messages import Event
from potok_cdc.damage import broken_messages, is_change_of_a_row, with_texts


def event(number, after):
    value = json.dumps({"schema": {}, "payload": {"after": after, "op": "c"}})
    return Event(topic="shop.public.orders", key=b"{}", value=value.encode())


EVENTS = [event(n, {"id": n, "note": "x" * 300}) for n in range(5)]


@pytest.mark.parametrize("seed", range(20))
def test_no_broken_message_has_a_row(seed):
    messages = broken_messages(Random(seed), EVENTS)
    assert len(messages) == 6
    assert not any(map(is_change_of_a_row, messages))
    assert {message.topic for message in messages} == {"shop.public.orders"}


def test_four_of_the_broken_messages_are_not_even_json():
    unreadable = 0
    for message in broken_messages(Random(1), EVENTS):
        try:
            json.loads(message.value)
        except ValueError:
            unreadable += 1
    assert unreadable == 4


def test_a_delete_and_a_tombstone_have_no_new_row():
    assert is_change_of_a_row(EVENTS[0])
    assert not is_change_of_a_row(event(1, None))
    assert not is_change_of_a_row(Event(topic="t", key=b"{}", value=None))


def test_text_takes_the_place_of_a_field():
    changed = with_texts(EVENTS[1], {"id": "one"})
    assert json.loads(changed.value)["payload"]["after"]["id"] == "one"
    assert changed.key == EVENTS[1].key
