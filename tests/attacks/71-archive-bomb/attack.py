import shutil
import zipfile

with zipfile.ZipFile("/tmp/potok-attack.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for number in range(10):
        archive.writestr(f"zeros-{number}", bytes(60_000_000))
shutil.unpack_archive("/tmp/potok-attack.zip", "/tmp/potok-attack")
print("through: 600 MB unpacked", flush=True)
