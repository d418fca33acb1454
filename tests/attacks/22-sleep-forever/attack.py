import time

time.sleep(12)
print("through: slept to the end", flush=True)
