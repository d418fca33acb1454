import threading
import time

for made in range(1, 901):
    threading.Thread(target=time.sleep, args=(8,), daemon=True).start()
print("through: threads", made, flush=True)
