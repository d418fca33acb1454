import random
import socket
import struct

noise = random.Random(7)
HELLO = bytes.fromhex("1603010200010001fc0303") + noise.randbytes(500)


def framed(body):
    return struct.pack(">i", len(body)) + body


def request(key, version, body=b""):
    return framed(struct.pack(">hhih", key, version, 1, -1) + body)


SAID = [
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    HELLO,
    struct.pack(">i", -1),
    struct.pack(">i", 0),
    framed(b""),
    request(30_000, 0),
    request(-1, -1),
    request(0, 9, b"\xff" * 100),
    request(3, 12, b"\xff" * 1000),
    # A produce request with an array of two milliard topics.
    request(0, 3, struct.pack(">hhii", -1, -1, 1000, 2**31 - 1)),
    request(18, 3, b"\xff\xff\xff\xff\x0f" * 20),
    *(framed(noise.randbytes(size)) for size in (1, 7, 64, 900, 100_000)),
    *(noise.randbytes(size) for size in (3, 50, 5000)),
]
answers = 0
for text in SAID * 15:
    with socket.create_connection(("localhost", 9092), timeout=3) as broker:
        broker.settimeout(0.02)
        try:
            broker.sendall(text)
            answers += bool(broker.recv(10))
        except OSError:
            continue
print("said", len(SAID) * 15, "answered", answers, flush=True)
