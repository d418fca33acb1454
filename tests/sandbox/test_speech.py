"""What a box prints is kept at both ends and counted whole."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.cell.speech import Speech, Tape


@given(st.lists(st.binary(max_size=50)), st.integers(min_value=2, max_value=60))
def test_a_tape_keeps_both_ends_and_the_count(chunks: list[bytes], limit: int) -> None:
    tape = Tape(limit)
    for chunk in chunks:
        tape.add(chunk)
    whole = b"".join(chunks)
    assert tape.total == len(whole)
    kept = 2 * (limit // 2)
    assert tape.is_truncated == (len(whole) > kept)
    if not tape.is_truncated:
        assert tape.text() == whole.decode("utf-8", "replace")
    else:
        half = limit // 2
        assert tape.text().startswith(whole[:half].decode("utf-8", "replace"))
        assert tape.text().endswith(whole[-half:].decode("utf-8", "replace"))
        assert f"{len(whole) - kept} bytes" in tape.text()


def test_what_was_said_before_the_program_is_forgotten() -> None:
    speech = Speech()
    speech.hear(b"start-up", is_error=True)
    speech.begin(100)
    speech.hear(b"mine", is_error=False)
    assert (speech.stdout.text(), speech.stderr.text(), speech.total) == ("mine", "", 4)
