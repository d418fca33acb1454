import ctypes
import os
import pathlib

status = pathlib.Path("/proc/self/status").read_text()
effective = status.split("CapEff:\t")[1].split()[0]
print("capabilities", effective, flush=True)
if int(effective, 16):
    print("through: capabilities", flush=True)
libc = ctypes.CDLL(None, use_errno=True)
if os.fork() == 0:
    if libc.unshare(0x10000000) == 0:
        print("through: user namespace", flush=True)
    os._exit(0)
os.wait()
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0:
    print("through: mount", flush=True)
    libc.umount2(b"/tmp", 2)
if libc.mknod(b"/tmp/potok-attack-mem", 0o20666, os.makedev(1, 1)) == 0:
    print("through: device made", flush=True)
try:
    os.chroot("/tmp")
    print("through: chroot", flush=True)
except OSError as error:
    print("refused: chroot", error, flush=True)
found = [
    str(place)
    for folder in ("/bin", "/usr", "/rt/py/bin", "/rt/java/bin")
    for place in pathlib.Path(folder).glob("*")
    if place.is_file() and place.stat().st_mode & 0o6000
]
if found:
    print("through: set-user-id", found, flush=True)
