import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for pid in {1, os.getppid()}:
    if libc.ptrace(16, pid, 0, 0) == 0:
        libc.ptrace(17, pid, 0, 0)
        print("through: traced", pid, flush=True)
if libc.ptrace(0, 0, 0, 0) == 0:
    print("through: may be traced", flush=True)


class Span(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


source, target = ctypes.create_string_buffer(b"own"), ctypes.create_string_buffer(3)
spans = [Span(ctypes.addressof(one), 3) for one in (target, source)]
if libc.process_vm_readv(
    os.getpid(), ctypes.byref(spans[0]), 1, ctypes.byref(spans[1]), 1, 0
) == 3:
    print("through: process_vm_readv", flush=True)
print("tried", flush=True)
