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


tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
reach(socket.AF_INET, tcp, ("1.1.1.1", 80))
reach(socket.AF_INET, tcp, ("169.254.169.254", 80))
reach(socket.AF_INET, udp, ("1.1.1.1", 53))
reach(socket.AF_INET6, tcp, ("2606:4700:4700::1111", 80))
try:
    print("through:", socket.gethostbyname("example.com"), flush=True)
except OSError as error:
    print("refused:", error, flush=True)
