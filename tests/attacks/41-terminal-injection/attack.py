import ctypes
import fcntl
import os

for number in range(64):
    try:
        fcntl.ioctl(number, 0x5412, b"x")
        print("through: typed into", number, flush=True)
    except OSError:
        continue
try:
    os.open("/dev/tty", os.O_RDWR)
    print("through: a terminal", flush=True)
except OSError as error:
    print("refused:", error, flush=True)
