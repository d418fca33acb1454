"""HOST and PORT, with real sockets."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bootstrap.errors import SetupError
from bootstrap.listening import (
    Address,
    bind_error,
    is_healthy,
    read_address,
    require_free,
)

EVERYWHERE = "0.0.0.0"  # noqa: S104


def test_default_is_loopback() -> None:
    address = read_address({})
    assert address.bind == "127.0.0.1:8000"
    assert address.url == "http://127.0.0.1:8000/"
    assert address.is_loopback


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80 80", "８０８０"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(SetupError, match=r"PORT=.* is not a port"):
        read_address({"PORT": port})


def test_a_host_name_is_refused() -> None:
    with pytest.raises(SetupError, match="is not an IP address"):
        read_address({"HOST": "potok.example"})


def test_an_open_address_needs_the_names_it_answers_to() -> None:
    with pytest.raises(SetupError, match="opens the site to the network"):
        read_address({"HOST": EVERYWHERE})
    address = read_address({"HOST": EVERYWHERE, "ALLOWED_HOSTS": "potok.example"})
    assert not address.is_loopback
    assert address.url == "http://127.0.0.1:8000/"


def test_ipv6_is_written_in_brackets() -> None:
    assert read_address({"HOST": "::1"}).url == "http://[::1]:8000/"


def test_a_taken_port_is_told_with_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with pytest.raises(SetupError) as caught:
            require_free(Address("127.0.0.1", port))
    assert f"Port {port} on 127.0.0.1 is taken" in caught.value.problem
    suggested = int(caught.value.repair.split("PORT=")[1].split()[0])
    assert suggested != port
    assert bind_error(Address("127.0.0.1", suggested)) is None


def test_a_foreign_address_cannot_be_listened_on() -> None:
    with pytest.raises(SetupError, match="cannot be listened on"):
        require_free(Address("192.0.2.1", 8000))  # TEST-NET-1 is nobody's


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (500, False)])
def test_health_is_the_status_of_healthz(status: int, healthy: bool) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    try:
        assert is_healthy(Address("127.0.0.1", server.server_port)) is healthy
    finally:
        thread.join()
        server.server_close()


def test_nobody_there_is_not_healthy() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    assert not is_healthy(Address("127.0.0.1", port))
