import socket
import struct
import time

with socket.create_connection(("localhost", 9092), timeout=3) as broker:
    broker.sendall(struct.pack(">i", 500_000_000))
    sent = 0
    try:
        for _ in range(200):
            broker.sendall(bytes(1_000_000))
            sent += 1
        print("through: the broker takes 200 MB of one request", flush=True)
    except OSError as error:
        print("refused after", sent, "MB:", type(error).__name__, flush=True)
opened = []
for _ in range(200):
    broker = socket.create_connection(("localhost", 9092), timeout=3)
    broker.sendall(struct.pack(">i", 1_200_000) + b"x")
    opened.append(broker)
print("announced", len(opened), flush=True)
time.sleep(4)
for broker in opened:
    broker.close()
