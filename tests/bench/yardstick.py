"""How fast the machine is at this moment: the same loop, once on each core.

Virtual machines share their cores with strangers: within one hour the loop took from
0.26 to 0.9 s on the machine of docs/benchmarks.md, and everything else with it.
"""

import os
import subprocess
import sys

_LOOP = """
import time
begin, total = time.perf_counter(), 0
for number in range(5_000_000):
    total += number * number % 7
print(time.perf_counter() - begin)
"""


def yardstick() -> float:
    """Return the seconds of the loop, the mean of one process on each core."""
    running = [
        subprocess.Popen([sys.executable, "-c", _LOOP], stdout=subprocess.PIPE)
        for _ in range(os.cpu_count() or 1)
    ]
    return sum(float(one.communicate()[0]) for one in running) / len(running)
