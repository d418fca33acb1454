try:
    block = bytearray(2_000_000_000)
    print("through: one block of 2 GB", flush=True)
    del block
except MemoryError:
    print("one block: refused", flush=True)
kept = []
for _ in range(225):
    kept.append(b"x" * 8_000_000)
print("through: list of 1.8 GB", flush=True)
