import os
import time

for _ in range(4):
    if os.fork() == 0:
        break
end = time.monotonic() + 12
while time.monotonic() < end:
    pass
print("through: computed to the end", flush=True)
