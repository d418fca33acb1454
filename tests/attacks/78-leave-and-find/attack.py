import ctypes
import pathlib

libc = ctypes.CDLL(None, use_errno=True)
for folder in ("/tmp", "/work", "/dev/shm", "/var/tmp"):
    place = pathlib.Path(folder, "potok-attack-left")
    if place.exists():
        print("through: found", place, flush=True)
    try:
        place.write_text("x")
    except OSError:
        continue
if libc.shmget(0x506F746F, 64, 0) >= 0:
    print("through: found shared memory", flush=True)
elif libc.shmget(0x506F746F, 64, 0o1666) < 0:
    print("no shared memory", flush=True)
