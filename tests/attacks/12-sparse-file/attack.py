import os

with open("/tmp/potok-attack", "wb") as file:
    os.ftruncate(file.fileno(), 1_000_000_000)
print("through: a file of 1 GB", flush=True)
