"""What set-up shows: one line per step, a moving line where there is a terminal."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from time import monotonic
from typing import TextIO

SUBJECT_WIDTH = 12


@dataclass(slots=True)
class Screen:
    """Writes `subject   text` lines; `move` overwrites its own line on a terminal."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    _moving: bool = False
    _last_moved: float = 0.0

    def say(self, subject: str, text: str) -> None:
        self._end_moving_line()
        print(f"{subject:<{SUBJECT_WIDTH}} {text}", file=self.out, flush=True)

    def plain(self, text: str = "") -> None:
        self._end_moving_line()
        print(text, file=self.out, flush=True)

    def move(self, subject: str, text: str) -> None:
        """Shows progress: in place on a terminal, else a line every 5 seconds."""
        if self.out.isatty():
            width = shutil.get_terminal_size().columns - 1
            line = f"{subject:<{SUBJECT_WIDTH}} {text}"[:width]
            self.out.write(f"\r\x1b[K{line}")
            self.out.flush()
            self._moving = True
        elif monotonic() - self._last_moved >= 5:
            self._last_moved = monotonic()
            self.say(subject, text)

    def _end_moving_line(self) -> None:
        if self._moving:
            self.out.write("\r\x1b[K")
            self._moving = False
