for _ in range(12_000):
    print("x" * 1000)
print("through: 12 MB printed", flush=True)
