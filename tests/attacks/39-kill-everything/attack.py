import os
import pathlib
import signal

for folder in pathlib.Path("/proc").iterdir():
    if folder.name.isdigit() and int(folder.name) != os.getpid():
        try:
            said = (folder / "cmdline").read_bytes()
            if b"kafka.Kafka" in said:
                os.kill(int(folder.name), signal.SIGKILL)
                print("through: killed the broker", flush=True)
        except OSError:
            continue
os.kill(os.getppid(), signal.SIGKILL)
os.kill(-1, signal.SIGKILL)
