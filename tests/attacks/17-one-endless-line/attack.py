import sys

for _ in range(12):
    sys.stdout.write("x" * 1_000_000)
sys.stdout.flush()
