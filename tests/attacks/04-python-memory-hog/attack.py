try:
    block = bytearray(3_000_000_000)
    print("through: one block of 3 GB", flush=True)
    del block
except MemoryError:
    print("one block: refused", flush=True)
kept = []
for _ in range(300):
    kept.append(b"x" * 8_000_000)
print("through: list of 2.4 GB", flush=True)
