"""Faults between pages and their readers: web restarts, a proxy that cuts and holds."""

import contextlib
import http.client
import re
import select
import signal
import socket
import threading
import time
import urllib.parse
import uuid

import pytest

from tests.faults.invariants import FROM_INSIDE, plain
from tests.faults.table import fault
from tests.site import wait_until

pytestmark = [pytest.mark.flink, pytest.mark.process]

READERS = 200
FINAL_STATUS = 286
POLL_SECONDS = 1.0


class Reader(threading.Thread):
    """A page that polls its attempt's status until the final fragment has come."""

    def __init__(self, url, public_id, session, stop):
        super().__init__(daemon=True)
        where = urllib.parse.urlsplit(url)
        self._host, self._port = where.hostname, where.port
        self._path = f"/attempts/{uuid.UUID(public_id)}/status/"
        self._headers = {"Cookie": f"sessionid={session}", "HX-Request": "true"}
        self._halt = stop
        self.public_id = public_id
        self.failures = 0
        self.final = ""

    def run(self):
        while not self.final and not self._halt.is_set():
            try:
                status, text = self._ask()
            except (OSError, http.client.HTTPException):
                self.failures += 1
            else:
                if status == FINAL_STATUS:
                    self.final = text
            self._halt.wait(POLL_SECONDS)

    def _ask(self):
        connection = http.client.HTTPConnection(self._host, self._port, timeout=15)
        try:
            connection.request("GET", self._path, headers=self._headers)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()


def sessions_of(stage, sent):
    pairs = stage.site.python(FROM_INSIDE)["sessions"]
    return {plain(one): key for one, key in pairs if plain(one) in sent}


@contextlib.contextmanager
def readers(stage, sent, url, count):
    """Let ``count`` readers poll ``sent`` in turn; end them with the block."""
    keys = sessions_of(stage, set(sent))
    stop = threading.Event()
    crowd = [
        Reader(url, sent[n % len(sent)], keys[sent[n % len(sent)]], stop)
        for n in range(count)
    ]
    for reader in crowd:
        reader.start()
    try:
        yield crowd
    finally:
        stop.set()
        for reader in crowd:
            reader.join(timeout=30)


def all_saw_the_result(stage, crowd):
    for reader in crowd:
        assert f"{uuid.UUID(reader.public_id)}-1" in reader.final, reader.public_id
        tone = re.search(r'class="result result-(\w+)"', reader.final)[1]
        [(result, _)] = stage.verdicts(reader.public_id)
        assert (tone == "passed") == (result == "passed")


@fault(
    20,
    "The web process restarts while 200 pages poll",
    done="SIGKILL to gunicorn and its children while four rows run, 200 readers polling"
    " every second; started again on the same port",
    held="every reader gets the final fragment",
)
def test_20_web_restarts_under_readers(embedded):
    """State is in the database alone: the next poll goes on where the last ended."""
    embedded.worker()
    sent = embedded.send(4)
    with readers(embedded, sent, embedded.site.url, READERS) as crowd:
        time.sleep(2)
        embedded.site.kill_web(signal.SIGKILL)
        time.sleep(2)
        embedded.site.start_web()
        embedded.wait_final(*sent)
        wait_until(lambda: all(r.final for r in crowd), what="200 final fragments")
        failed = sum(reader.failures for reader in crowd)
    all_saw_the_result(embedded, crowd)
    assert failed > 0, "nobody noticed the restart"
    embedded.note(f"{failed} polls failed meanwhile")
    embedded.check()


class Proxy:
    """Holds each reply back until it is whole, and cuts connections after a while."""

    def __init__(self, target, cut_after):
        where = urllib.parse.urlsplit(target)
        self._target = (where.hostname, where.port)
        self._cut_after = cut_after
        self._server = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.cut = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._server.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        end = time.monotonic() + self._cut_after
        held = b""
        with (
            contextlib.suppress(OSError),
            client,
            socket.create_connection(self._target, timeout=10) as server,
        ):
            while (left := end - time.monotonic()) > 0:
                for side in select.select([client, server], [], [], left)[0]:
                    data = side.recv(65536)
                    if side is client and data:
                        server.sendall(data)
                    elif side is server and data:
                        held += data
                        if _is_whole(held):
                            client.sendall(held)
                            held = b""
                    else:
                        return
            self.cut += 1


def _is_whole(reply):
    head, found, body = reply.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(found) and (length is None or len(body) >= int(length[1]))


@fault(
    21,
    "A proxy holds replies back and cuts long connections",
    done="20 readers through a proxy that sends whole replies only and cuts each"
    " connection after 3 s; two more hold a connection open and say nothing",
    held="no reply lives long enough to be cut; the readers see what the row says",
    always=True,
)
def test_21_proxy_cuts(embedded):
    """A poll is a short request with a length: buffering changes nothing."""
    embedded.worker()
    sent = embedded.send(2)
    proxy = Proxy(embedded.site.url, cut_after=3.0)
    try:
        where = urllib.parse.urlsplit(proxy.url)
        silent = [
            socket.create_connection((where.hostname, where.port)) for _ in range(2)
        ]
        with readers(embedded, sent, proxy.url, 20) as crowd:
            embedded.wait_final(*sent)
            wait_until(lambda: all(r.final for r in crowd), what="final fragments")
        wait_until(lambda: proxy.cut >= len(silent), what="the proxy's cuts")
        for line in silent:
            line.close()
    finally:
        proxy.close()
    all_saw_the_result(embedded, crowd)
    embedded.check()
