import os
import sys

work, canary = sys.argv[1:3]
os.link(canary, f"{work}/result.jsonl")
