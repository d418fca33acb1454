import os
import sys

for place in (
    "/rt/app/sitecustomize.py",
    "/rt/site/sitecustomize.py",
    "/rt/app/runner/evil.py",
    "/rt/site/pyflink/evil.py",
):
    try:
        with open(place, "w") as file:
            file.write("raise SystemExit")
        print("through: wrote", place, flush=True)
    except OSError as error:
        print("refused:", error, flush=True)
import runner.jobs

runner.jobs.JobWatch.start = lambda self: None
os.environ["PYTHONPATH"] = "/work"
print("patched", flush=True)
