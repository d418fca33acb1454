import json
import socket

targets = json.load(open("canaries.json"))


def reach(family, kind, address):
    with socket.socket(family, kind) as client:
        client.settimeout(0.5)
        try:
            client.connect(address)
            if kind == socket.SOCK_DGRAM:
                client.send(b"potok-attack")
            else:
                print("through:", address, client.recv(100), flush=True)
        except OSError as error:
            print("refused:", address, error, flush=True)
        else:
            if kind == socket.SOCK_DGRAM:
                print("through: datagram to", address, flush=True)


for port in (5432, 6379, 8000, *targets["ports"]):
    reach(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port))
reach(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + targets["abstract"])
for path in ("/var/run/redis/redis.sock", "/var/run/postgresql/.s.PGSQL.5432"):
    reach(socket.AF_UNIX, socket.SOCK_STREAM, path)
