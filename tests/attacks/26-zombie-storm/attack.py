import os

for _ in range(300):
    if os.fork() == 0:
        os._exit(0)
print("left zombies", flush=True)
