import json
import os
import pathlib

targets = json.load(open("canaries.json"))
own = pathlib.Path("/etc/passwd")
print(own.read_text() if own.exists() else "", flush=True)
for path in (
    "/etc/shadow",
    "/root/.env",
    "/root/.bashrc",
    targets["secret"],
    targets["expected"],
    targets["root"] + "/platform/config/settings.py",
    targets["root"] + "/var/secret-key",
    targets["root"] + "/labs",
):
    try:
        place = pathlib.Path(path)
        said = os.listdir(place) if place.is_dir() else place.read_text()
        print("through:", path, str(said)[:200], flush=True)
    except OSError as error:
        print("refused:", path, error, flush=True)
for number in range(3, 64):
    try:
        said = os.pread(number, 100, 0)
        if b"SECRET" in said:
            print("through: descriptor", number, said, flush=True)
    except OSError:
        continue
