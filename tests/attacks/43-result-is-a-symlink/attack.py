import os
import sys

work, canary = sys.argv[1:3]
os.symlink(canary, f"{work}/result.jsonl")
