import ctypes
import socket

FAMILIES = {"netlink": 16, "packet": 17, "alg": 38, "vsock": 40}
for name, family in FAMILIES.items():
    try:
        socket.socket(family, socket.SOCK_RAW if family != 38 else 5, 0).close()
        print("through:", name, flush=True)
    except OSError as error:
        print("refused:", name, error, flush=True)
try:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close()
    print("through: raw", flush=True)
except OSError as error:
    print("refused: raw", error, flush=True)
libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(250, 0, -3, 1) >= 0:  # keyctl: the id of the session's key ring
    print("through: keyctl", flush=True)
if libc.syscall(425, 1, ctypes.create_string_buffer(120)) >= 0:
    print("through: io_uring", flush=True)
