"""What box and broker see of the image, and where."""

from sandbox.image.manifest import Image
from sandbox.jail import LIBRARY_TARGET, Jail, Mount, Scratch
from sandbox.protections import Protection

MIB = 1024 * 1024

_ENVIRONMENT = {
    "PATH": "/rt/py/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "JAVA_HOME": "/rt/java",
}
_PYTHON = {
    "HOME": "/work",
    "USER": "learner",
    "TMPDIR": "/tmp",  # noqa: S108
    "LD_LIBRARY_PATH": "/rt/py/lib",
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
}


def box_jail(
    image: Image,
    *,
    scratch: tuple[Mount, ...],
    extra: tuple[Mount, ...] = (),
    without: frozenset[Protection] = frozenset(),
) -> Jail:
    """Return the jail of the box: interpreter, packages, Java, jars, ``scratch``."""
    return Jail(
        mounts=(
            *_base(image),
            Mount(image.part("python"), "/rt/py"),
            Mount(image.part("site"), "/rt/site"),
            Mount(image.part("jars"), "/rt/jars"),
            Mount(image.part("runner"), "/rt/app"),
            *extra,
        ),
        # Bound in after bubblewrap has made its own /dev.
        late_mounts=scratch,
        environment={
            **_ENVIRONMENT,
            **_PYTHON,
            "PYTHONPATH": "/rt/app:/rt/site",
            "FLINK_CONF_DIR": "/rt/site/pyflink/conf",
            # glibc gives each thread an arena of its own; 150 threads of the Java
            # machine would hold memory they do not use.
            "MALLOC_ARENA_MAX": "2",
        },
        folder="/work",
        own_network=False,
        without=without,
    )


def plain_jail(
    image: Image,
    *,
    scratch: tuple[Mount, ...],
    extra: tuple[Mount, ...] = (),
    without: frozenset[Protection] = frozenset(),
) -> Jail:
    """Return the jail of plain Python: the interpreter and ``scratch``, no network.

    The box that waits for the slot's next job listens on the slot's loopback without
    a password; a program beside it must not reach it.
    """
    conf = image.part("conf")
    return Jail(
        mounts=(
            Mount(image.part("libraries"), LIBRARY_TARGET),
            Mount(conf / "etc", "/etc"),
            Mount(conf / "bin", "/bin"),
            Mount(image.part("python"), "/rt/py"),
            Mount(image.part("runner"), "/rt/app"),
            *extra,
        ),
        late_mounts=scratch,
        environment={
            "PATH": "/rt/py/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            **_PYTHON,
            "PYTHONPATH": "/rt/app",
        },
        folder="/work",
        own_network=True,
        without=without,
    )


def broker_jail(image: Image, data: Mount, *extra: Mount) -> Jail:
    """Return the jail of the broker: Java, its jars and its data folder."""
    return Jail(
        mounts=(
            *_base(image),
            Mount(image.part("kafka"), "/rt/kafka"),
            data,
            *extra,
        ),
        scratch=(Scratch("/tmp", 16 * MIB),),  # noqa: S108
        environment={**_ENVIRONMENT, "HOME": "/tmp", "MALLOC_ARENA_MAX": "2"},  # noqa: S108
        folder="/tmp",  # noqa: S108
        own_network=False,
        hostname="broker",
    )


def _base(image: Image) -> tuple[Mount, ...]:
    conf = image.part("conf")
    mounts = [
        Mount(image.part("libraries"), LIBRARY_TARGET),
        Mount(conf / "etc", "/etc"),
        Mount(conf / "bin", "/bin"),
        Mount(conf, "/rt/conf"),
        Mount(image.part("java"), "/rt/java"),
    ]
    if "archives" in image.folders:
        mounts.append(Mount(image.part("archives"), "/rt/archives"))
    return tuple(mounts)
