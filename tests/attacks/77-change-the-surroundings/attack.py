import ctypes
import os
import pathlib

libc = ctypes.CDLL(None, use_errno=True)
now = (ctypes.c_long * 2)(0, 0)
# adjtimex with modes 0 only reads the clock; the filter refuses the call altogether.
if libc.syscall(159, ctypes.create_string_buffer(256)) >= 0:
    print("through: adjtimex", flush=True)
for name in ("LD_PRELOAD", "JAVA_TOOL_OPTIONS", "PYTHONSTARTUP", "TZ"):
    os.environ[name] = "/work/potok-attack"
for name in (".pdbrc", ".flink", "sitecustomize.py"):
    pathlib.Path("/work", name).write_text("raise SystemExit\n")
try:
    pathlib.Path("/etc/ld.so.preload").write_text("/work/evil.so")
    print("through: ld.so.preload", flush=True)
except OSError as error:
    print("refused:", error, flush=True)
