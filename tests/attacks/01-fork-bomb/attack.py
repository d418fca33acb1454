import os
import time

for made in range(1, 901):
    if os.fork() == 0:
        time.sleep(8)
        os._exit(0)
print("through: processes", made, flush=True)
