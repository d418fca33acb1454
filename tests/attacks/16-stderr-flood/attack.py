import sys

for _ in range(12_000):
    sys.stderr.write("x" * 1000 + "\n")
