import socket

own = {9092, 9093, 9094}
found = set()
for port in range(1, 65536):
    with socket.socket() as client:
        if client.connect_ex(("127.0.0.1", port)) == 0:
            found.add(port)
print("found", len(found), flush=True)
import json

for port in found & set(json.load(open("canaries.json"))["ports"]):
    print("through: canary port", port, flush=True)
