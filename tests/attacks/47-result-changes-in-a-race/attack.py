import os
import sys
import time

work, canary = sys.argv[1:3]
end = time.monotonic() + 1.5
with open(f"{work}/own", "w") as file:
    file.write("own")
while time.monotonic() < end:
    os.symlink(canary, f"{work}/next")
    os.replace(f"{work}/next", f"{work}/result.jsonl")
    with open(f"{work}/next", "w") as file:
        file.write("own")
    os.replace(f"{work}/next", f"{work}/result.jsonl")
