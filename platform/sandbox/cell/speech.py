"""What a box prints: counted whole, kept in part."""


class Tape:
    """Keeps the first and the last half of ``limit`` bytes of one stream."""

    def __init__(self, limit: int) -> None:
        self._half = max(1, limit // 2)
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.total += len(chunk)
        room = self._half - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        self._tail += chunk
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    @property
    def is_truncated(self) -> bool:
        """Tell whether something in the middle is missing."""
        return self.total > 2 * self._half

    def text(self) -> str:
        """Return the kept text; a gap is marked with how much is missing."""
        tail = bytes(self._tail[-self._half :])
        if not self.is_truncated:
            return (bytes(self._head) + tail).decode("utf-8", "replace")
        missing = self.total - len(self._head) - len(tail)
        return (
            self._head.decode("utf-8", "replace")
            + f"\n[… {missing} bytes …]\n"
            + tail.decode("utf-8", "replace")
        )


class Speech:
    """Stdout and stderr of a box; what it said before its program began is dropped."""

    def __init__(self, limit: int = 64 * 1024) -> None:
        self.stdout = Tape(limit)
        self.stderr = Tape(limit)

    def hear(self, chunk: bytes, *, is_error: bool) -> None:
        """Take bytes from one of the two streams."""
        (self.stderr if is_error else self.stdout).add(chunk)

    @property
    def total(self) -> int:
        """Bytes said so far on both."""
        return self.stdout.total + self.stderr.total

    def begin(self, limit: int) -> None:
        """Forget the start-up; keep ``limit`` bytes of each stream from now on."""
        self.stdout = Tape(limit)
        self.stderr = Tape(limit)
