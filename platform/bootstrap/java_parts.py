"""The Java parts, pinned by coordinate and SHA-256 in requirements/jars*.txt.

Every file is hashed after its download: jgo compares SHA-1 while loading, but takes a
cut file that lies at the final name for a finished one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bootstrap.disk import require_space
from bootstrap.errors import SetupError
from bootstrap.layout import Layout
from bootstrap.programs import run
from bootstrap.screen import Screen
from bootstrap.stamps import Stamps, digest_of

SUBJECT = "java parts"
TRIES = 2


@dataclass(frozen=True, slots=True)
class JarSet:
    """The jars of one lock, placed together in one folder."""

    holds: str
    lock: Path
    folder: Path
    download_mib: int

    @property
    def stamp(self) -> str:
        return self.lock.stem


def lab_jars(layout: Layout) -> JarSet:
    return JarSet(
        holds="Kafka broker and Flink connector",
        lock=layout.requirements / "jars.txt",
        folder=layout.jars,
        download_mib=80,
    )


def recording_jars(layout: Layout) -> JarSet:
    """What docker-compose.yml's `connect` runs; labs do not need it."""
    return JarSet(
        holds="Kafka Connect and Debezium",
        lock=layout.requirements / "jars-recording.txt",
        folder=layout.var / "jars-recording",
        download_mib=40,
    )


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def coordinate(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    def path_in(self, repository: Path) -> Path:
        """Where Maven's layout keeps it."""
        folder = repository.joinpath(*self.group.split("."))
        return folder / self.artifact / self.version / self.file_name


def read_lock(path: Path) -> tuple[Jar, ...]:
    """Parses the lock. Raises SetupError with the line that cannot be read."""
    jars = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            coordinate, sha256 = line.split()
            group, artifact, version = coordinate.split(":")
            bytes.fromhex(sha256)
        except ValueError:
            raise SetupError(
                f"{path.name} line {number} is not 'group:artifact:version sha256'.",
                repair="Restore the file from git.",
            ) from None
        jars.append(Jar(group, artifact, version, sha256))
    return tuple(jars)


def is_whole(path: Path, jar: Jar) -> bool:
    """True when the file exists and has the locked SHA-256."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except FileNotFoundError:
        return False


def unverified(jar_set: JarSet) -> tuple[Jar, ...]:
    """The jars that are missing from the folder or differ from the lock."""
    lock = read_lock(jar_set.lock)
    return tuple(
        jar for jar in lock if not is_whole(jar_set.folder / jar.file_name, jar)
    )


def ensure_jars(jar_set: JarSet, layout: Layout, screen: Screen) -> None:
    """Brings the folder to exactly the lock: nothing missing, altered or left over."""
    stamps = Stamps(layout.stamps)
    digest = digest_of([jar_set.lock])
    lock = read_lock(jar_set.lock)
    names = {jar.file_name for jar in lock}
    if stamps.read(jar_set.stamp) == digest and names == _files_in(jar_set.folder):
        return
    stamps.forget(jar_set.stamp)
    began = monotonic()
    missing = unverified(jar_set)
    to_load = [jar for jar in missing if not is_whole(jar.path_in(layout.maven), jar)]
    if to_load:
        require_space(
            jar_set.folder, 2 * jar_set.download_mib, purpose="the Java parts"
        )
        screen.say(
            SUBJECT,
            f"{jar_set.holds}: {len(to_load)} of {len(lock)} jars,"
            f" at most {jar_set.download_mib} MB to download into"
            f" {layout.named(jar_set.folder)}",
        )
    for remaining_tries in reversed(range(TRIES)):
        to_load = _load(to_load, layout, screen)
        if not to_load:
            break
        if not remaining_tries:
            raise SetupError(
                f"{to_load[0].coordinate} was downloaded {TRIES} times and never had"
                f" the SHA-256 of {layout.named(jar_set.lock)}.",
                repair="Check the proxy or mirror between here and the repository.",
            )
    for jar in missing:
        _place(jar.path_in(layout.maven), jar_set.folder / jar.file_name)
    for left_over in _files_in(jar_set.folder) - names:
        (jar_set.folder / left_over).unlink()
    stamps.write(jar_set.stamp, digest)
    screen.say(SUBJECT, f"{len(lock)} jars verified, {monotonic() - began:.0f} s")


def _files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def _load(jars: Sequence[Jar], layout: Layout, screen: Screen) -> list[Jar]:
    """Downloads `jars` into var/maven; returns those that came out wrong."""
    if not jars:
        return []
    for jar in jars:
        # jgo takes whatever lies at the final name for a finished download.
        jar.path_in(layout.maven).unlink(missing_ok=True)
    loaded = 0

    def show(line: str) -> None:
        nonlocal loaded
        coordinate, tab, _ = line.partition("\t")
        if tab:
            loaded += 1
            screen.move(SUBJECT, f"{loaded} of {len(jars)}: {coordinate}")

    run(
        [
            layout.tools / "bin" / "python",
            Path(__file__).with_name("maven_fetch.py"),
            layout.maven,
        ],
        layout=layout,
        purpose="downloading the Java parts",
        input_text="".join(f"{jar.coordinate}\n" for jar in jars),
        on_line=show,
    )
    return [jar for jar in jars if not _kept_if_whole(jar, layout)]


def _kept_if_whole(jar: Jar, layout: Layout) -> bool:
    path = jar.path_in(layout.maven)
    if is_whole(path, jar):
        return True
    path.unlink(missing_ok=True)
    return False


def _place(source: Path, target: Path) -> None:
    """Puts a verified jar at its final name: by link, so that it costs no space."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    os.link(source, partial)
    partial.replace(target)
