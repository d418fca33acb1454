import os
import pathlib

mine = pathlib.Path("/proc/self/cgroup").read_text()
for folder in pathlib.Path("/proc").iterdir():
    if not folder.name.isdigit():
        continue
    try:
        said = (folder / "cmdline").read_bytes()
        if b"sandbox.cell" in said or b"kafka.Kafka" in said:
            print("through: sees", said[:60], flush=True)
        if folder.name != str(os.getpid()) and b"POTOK" in (
            folder / "environ"
        ).read_bytes():
            print("through: environment of", folder.name, flush=True)
    except OSError:
        continue
for path in ("/proc/kcore", "/proc/kmsg", "/sys/kernel/uevent_helper"):
    try:
        with open(path, "rb") as file:
            print("through:", path, len(file.read(10)), flush=True)
    except OSError as error:
        print("refused:", path, error, flush=True)
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname"):
    try:
        with open(path, "w") as file:
            print("through: opened for writing", path, flush=True)
    except OSError as error:
        print("refused:", path, error, flush=True)
