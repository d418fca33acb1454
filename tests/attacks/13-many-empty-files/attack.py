import os

for number in range(30_000):
    os.close(os.open(f"/tmp/potok-attack-{number}", os.O_CREAT))
print("through: 30 000 files", flush=True)
