import time

end = time.monotonic() + 12
while time.monotonic() < end:
    pass
print("through: computed to the end", flush=True)
