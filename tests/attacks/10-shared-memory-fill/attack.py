with open("/dev/shm/potok-attack", "wb") as file:
    for _ in range(64):
        file.write(b"x" * 1_000_000)
print("through: 64 MB of shared memory", flush=True)
