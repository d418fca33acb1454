"""Author's code (stream, oracle, misconceptions) in a jail of its own.

The code comes from a release, so it is treated as untrusted too: no network at all, no
file of the host, no write but to a small tmpfs, limits on time and memory. Its files
go in over stdin, so that the jail needs no mount of a folder that the ordinary user
may not be able to reach.
"""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, Unpack

from lab_protocol.author import LabBuild, LabRows, LabStream
from lab_protocol.wire import ProtocolError, from_jsonable, parse
from sandbox.errors import AuthorFault
from sandbox.image.manifest import Image
from sandbox.jail import LIBRARY_TARGET, Jail, Mount, Scratch
from sandbox.pipes import opened
from sandbox.privileges import as_ordinary_user, explain_refusal, own_count
from sandbox.protections import Protection

MIB = 1024 * 1024
AUTHOR_UID = 61_298
SECONDS = 20.0
_ANSWER_BYTES = 32 * MIB
_SOURCE_BYTES = 8 * MIB
_WORDS_BYTES = 16 * 1024
_SUFFIXES = (".py", ".json", ".csv", ".sql", ".txt")


@dataclass(frozen=True, slots=True)
class Author:
    """A jail that waits for its one order; ``answer`` is the end to read from."""

    process: "subprocess.Popen[bytes]"
    answer: int

    def is_alive(self) -> bool:
        """Tell whether it can still be asked."""
        return self.process.poll() is None

    def end(self) -> None:
        """Kill the jail if it lives and let go of its descriptors."""
        os.close(self.answer)
        if self.process.poll() is None:
            # setpriv and prlimit have become bwrap by exec; its death ends the jail.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


class BuildOptions(TypedDict, total=False):
    """What else may be asked of a lab's code.

    ``variation`` asks for the stream in another form, ``with_states`` for the rows
    after each stage, ``explain`` for the first event where that mistake shows, ``keep``
    for a stream of the events with these numbers only.
    """

    variation: str | None
    with_states: bool
    explain: str | None
    keep: Sequence[int] | None


def build_lab(
    *,
    image: Image,
    release_files: Path,
    lab: str,
    seed: int,
    seconds: float = SECONDS,
    author: Author | None = None,
    **options: Unpack[BuildOptions],
) -> LabBuild:
    """Return one seeded instance of a lab; arguments and errors of ``begin_lab``."""
    return begin_lab(
        image=image,
        release_files=release_files,
        lab=lab,
        seed=seed,
        seconds=seconds,
        author=author,
        **options,
    ).whole()


def begin_lab(
    *,
    image: Image,
    release_files: Path,
    lab: str,
    seed: int,
    seconds: float = SECONDS,
    author: Author | None = None,
    **options: Unpack[BuildOptions],
) -> "Building":
    """Begin one seeded instance of ``lab`` from the release in ``release_files``.

    ``author`` is a jail started beforehand; it is used up, whatever happens.

    Asked for, the halves raise AuthorFault when the code fails, takes too long or
    answers garbage, and SandboxUnavailable when no jail can be made.
    """
    try:
        files = _collect(release_files, lab)
    except BaseException:
        if author is not None:
            author.end()
        raise
    keep = options.get("keep")
    order = json.dumps(
        {
            "lab": lab,
            "seed": seed,
            "variation": options.get("variation"),
            "with_states": options.get("with_states", False),
            "explain": options.get("explain"),
            "keep": None if keep is None else list(keep),
            "files": files,
        }
    ).encode()
    author = author or start_author(image, seconds=seconds)
    return Building(author, order, lab=lab, seconds=seconds)


class Building:
    """A lab in the making: its stream is known long before the rows that judge.

    With 300 events the stream takes a fifth of the time of the whole, and the rest is
    made while the program runs. Safe for threads; a thread of its own listens to the
    jail, at most for the seconds that the jail may take.
    """

    def __init__(
        self, author: Author, order: bytes, *, lab: str, seconds: float
    ) -> None:
        self._stream: Future[LabStream] = Future()
        self._rows: Future[LabRows] = Future()
        threading.Thread(
            target=self._listen,
            args=(author, order, lab, seconds),
            name="author",
            daemon=True,
        ).start()

    def stream(self) -> LabStream:
        """Return the stream as soon as it is known."""
        return self._stream.result()

    def whole(self) -> LabBuild:
        """Return the lab once all of it is known."""
        return LabBuild.of(self._stream.result(), self._rows.result())

    def _listen(self, author: Author, order: bytes, lab: str, seconds: float) -> None:
        try:
            answer, said, code = _converse(
                author, order, lab, seconds, self._hear_stream
            )
            if code != 0:
                raise _failure(lab, said, code)
            stream, newline, rows = answer.partition(b"\n")
            if not newline:
                raise AuthorFault(lab, "garbage", "malformed answer: one line", said)
            try:
                if not self._stream.done():
                    self._hear_stream(stream)
                self._rows.set_result(
                    from_jsonable(LabRows, parse(rows), path="$.LabRows")
                )
            except ProtocolError as error:
                raise AuthorFault(
                    lab, "garbage", f"malformed answer: {error}", said
                ) from error
        except Exception as error:  # noqa: BLE001 (who asks for a half gets it)
            for half in (self._stream, self._rows):
                if not half.done():
                    half.set_exception(error)

    def _hear_stream(self, line: bytes) -> None:
        self._stream.set_result(
            from_jsonable(LabStream, parse(line), path="$.LabStream")
        )


def _failure(lab: str, said: str, code: int) -> Exception:
    if said.startswith(("bwrap:", "setpriv:", "unshare:")):
        return explain_refusal(said)
    last = said.strip().splitlines()[-1] if said.strip() else f"ended with {code}"
    return AuthorFault(lab, "error", last, trace=said)


def author_jail(image: Image, without: frozenset[Protection] = frozenset()) -> Jail:
    """Return the jail: the interpreter without any package, and no network."""
    conf = image.part("conf")
    return Jail(
        mounts=(
            Mount(image.part("libraries"), LIBRARY_TARGET),
            Mount(conf / "etc", "/etc"),
            Mount(image.part("python"), "/rt/py"),
            Mount(image.part("runner"), "/rt/app"),
        ),
        scratch=(Scratch("/release", 16 * MIB), Scratch("/tmp", MIB)),  # noqa: S108
        environment={
            "PATH": "/rt/py/bin",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "HOME": "/release",
            "LD_LIBRARY_PATH": "/rt/py/lib",
            "PYTHONPATH": "/rt/app",
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            # Sets of strings must iterate alike in every build of the same seed.
            "PYTHONHASHSEED": "0",
        },
        folder="/release",
        hostname="author",
        own_network=Protection.AUTHOR_NETWORK not in without,
        without=without,
    )


def _collect(release_files: Path, lab: str) -> dict[str, str]:
    """Return path → text of the lab's and the library's files below ``labs/``."""
    files: dict[str, str] = {}
    total = 0
    folder = release_files / "labs"
    if not (folder / lab / "stream.py").is_file():
        raise AuthorFault(lab, "missing", "labs/<lab>/stream.py is not in the release")
    for name in (lab, "_library"):
        for path in sorted((folder / name).rglob("*")):
            if path.is_symlink() or not path.is_file() or path.suffix not in _SUFFIXES:
                continue
            text = path.read_text("utf-8")
            total += len(text)
            if total > _SOURCE_BYTES:
                raise AuthorFault(lab, "too_large", "the lab's sources exceed 8 MiB")
            files[str(path.relative_to(folder))] = text
    return files


def start_author(
    image: Image,
    *,
    seconds: float = SECONDS,
    without: frozenset[Protection] = frozenset(),
) -> Author:
    """Start a jail; returns at once. It dies with the thread that called.

    ``without`` leaves single protections out, for tests.
    """
    rules = os.open(image.part("conf") / "seccomp.bpf", os.O_RDONLY)
    answer_read, answer_write = os.pipe()
    try:
        jail = author_jail(image, without)
        jailed = jail.command(
            ["/rt/py/bin/python3.12", "-m", "runner.author", str(answer_write)],
            seccomp_fd=rules,
        )
        limits = ["prlimit", f"--data={1024 * MIB}", "--nproc=32", "--nofile=256"]
        limits += [f"--cpu={int(seconds) + 1}", "--core=0", "--"]
        process = subprocess.Popen(
            [*as_ordinary_user(AUTHOR_UID), *own_count(), *limits, *jailed],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(*jail.read_by_bubblewrap(rules), answer_write),
            env={"PATH": os.environ.get("PATH", os.defpath)},
            cwd="/",
            start_new_session=True,
        )
    except BaseException:
        os.close(answer_read)
        raise
    finally:
        os.close(rules)
        os.close(answer_write)
    return Author(process, answer_read)


def _converse(
    author: Author,
    order: bytes,
    lab: str,
    seconds: float,
    hear: Callable[[bytes], None],
) -> tuple[bytes, str, int]:
    """Use the jail up; its answer, what it said on stderr, its exit code.

    ``hear`` gets the first line of the answer when it is there.
    """
    try:
        answer, said = _exchange(author, order, lab, seconds, hear)
        return answer, said, author.process.wait()
    finally:
        author.end()


def _exchange(
    author: Author,
    order: bytes,
    lab: str,
    seconds: float,
    hear: Callable[[bytes], None],
) -> tuple[bytes, str]:
    """Write the order and read both streams until they end, all within ``seconds``."""
    answer = author.answer
    has_heard = False
    stdin, stderr = opened(author.process.stdin), opened(author.process.stderr)
    deadline = time.monotonic() + seconds
    heard: dict[Any, bytearray] = {answer: bytearray(), stderr: bytearray()}
    pending = memoryview(order)
    os.set_blocking(stdin.fileno(), False)
    with selectors.DefaultSelector() as selector, stdin, stderr:
        selector.register(stdin, selectors.EVENT_WRITE)
        for source in heard:
            selector.register(source, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise AuthorFault(
                    lab, "timeout", f"the lab's code took more than {seconds:.0f} s"
                )
            for key, _ in selector.select(min(left, 0.5)):
                if key.fileobj is stdin:
                    try:
                        pending = pending[os.write(key.fd, pending) :]
                    except BrokenPipeError:
                        pending = pending[len(pending) :]
                    if not pending:
                        selector.unregister(stdin)
                        stdin.close()
                    continue
                chunk = os.read(key.fd, 256 * 1024)
                if not chunk:
                    selector.unregister(key.fileobj)
                heard[key.fileobj] += chunk
                if not has_heard and key.fileobj == answer and b"\n" in chunk:
                    has_heard = True
                    _hear_first(bytes(heard[answer]), hear)
                if len(heard[answer]) > _ANSWER_BYTES:
                    raise AuthorFault(lab, "too_large", "the answer exceeds 32 MiB")
                del heard[stderr][:-_WORDS_BYTES]
        said = bytes(heard[stderr])
    return bytes(heard[answer]), said.decode("utf-8", "replace")


def _hear_first(answer: bytes, hear: Callable[[bytes], None]) -> None:
    """Pass the first line on; a malformed one is told of at the end, with its words."""
    with contextlib.suppress(ProtocolError):
        hear(answer.partition(b"\n")[0])
