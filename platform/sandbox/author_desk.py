"""Author jails that were started before they are asked; each answers once.

A jail takes 0.2 s and more to start, of which the interpreter's imports are most. That
time belongs to nobody's run: the next jail starts while a run is under way.
"""

import queue
import threading

from sandbox.author import Author, start_author
from sandbox.image.manifest import Image


class AuthorDesk:
    """Keeps ``ready`` jails waiting. Safe for threads."""

    def __init__(self, image: Image, *, ready: int = 1) -> None:
        self._image = image
        self._waiting: queue.SimpleQueue[Author] = queue.SimpleQueue()
        # One release for each jail to start; bubblewrap ties a jail to the life of the
        # thread that starts it, so one thread of the desk's own starts them all.
        self._wanted = threading.Semaphore(ready)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._start, name="authors", daemon=True)

    def start(self) -> None:
        """Begin to keep jails ready; returns at once."""
        self._thread.start()

    def take(self) -> Author | None:
        """Return a jail that waits, or None when there is none at this moment."""
        while True:
            try:
                author = self._waiting.get_nowait()
            except queue.Empty:
                return None
            self._wanted.release()
            if author.is_alive():
                return author
            author.end()

    def stop(self) -> None:
        """End every jail that waits."""
        self._stopped.set()
        self._wanted.release()
        if self._thread.is_alive():
            self._thread.join()
        while True:
            try:
                self._waiting.get_nowait().end()
            except queue.Empty:
                return

    def _start(self) -> None:
        while True:
            self._wanted.acquire()
            if self._stopped.is_set():
                return
            try:
                self._waiting.put(start_author(self._image))
            except OSError:
                # Out of processes or descriptors: builds then start their own, and
                # the one that asks next is told what is wrong.
                self._wanted.release()
                self._stopped.wait(5)
