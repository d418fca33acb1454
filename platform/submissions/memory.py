"""Memory of this process and its host, from /proc, in bytes."""

from pathlib import Path

_FIELDS = {
    "MemTotal": "host_total",
    "MemAvailable": "host_available",
    "VmRSS": "worker",
}


def memory_now() -> dict[str, int]:
    """Return ``worker``, ``host_total`` and ``host_available``; {} off Linux."""
    found = {}
    for file in ("/proc/meminfo", "/proc/self/status"):
        try:
            lines = Path(file).read_text("utf-8").splitlines()
        except OSError:
            return {}
        for line in lines:
            name, _, rest = line.partition(":")
            if name in _FIELDS:
                found[_FIELDS[name]] = int(rest.split()[0]) * 1024
    return found
