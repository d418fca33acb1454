import os

os.symlink("/etc/passwd", "/work/potok-attack")
for place in ("/work/potok-attack", "/rt/app/runner/__init__.py", "/etc"):
    for change in (
        lambda name: os.chmod(name, 0o777),
        lambda name: os.chown(name, 0, 0),
        lambda name: os.remove(os.path.realpath(name)),
    ):
        try:
            change(place)
            print("through: changed", place, flush=True)
        except OSError as error:
            print("refused:", error, flush=True)
