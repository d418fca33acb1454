import threading
import time

# Small stacks: at 8 MiB each the cap on private memory refuses the 190th.
threading.stack_size(65_536)
for made in range(1, 901):
    threading.Thread(target=time.sleep, args=(8,), daemon=True).start()
print("through: threads", made, flush=True)
