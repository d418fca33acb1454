for number in range(7):
    with open(f"/tmp/potok-attack-{number}", "wb") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)
print("through: 700 MB on the disk", flush=True)
