"""The address to listen on: read from HOST and PORT, checked before it is used."""

from __future__ import annotations

import errno
import http.client
import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from bootstrap.errors import SetupError

NEIGHBOURS_TRIED = 50


@dataclass(frozen=True, slots=True)
class Address:
    """Where the site listens. `host` is an IP address or localhost."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        if self.host == "localhost":
            return True
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    @property
    def bind(self) -> str:
        """As gunicorn's --bind takes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def reachable(self) -> str:
        """A host under which this machine itself reaches the site."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    @property
    def url(self) -> str:
        return f"http://{Address(self.reachable, self.port).bind}/"


def read_address(environment: Mapping[str, str]) -> Address:
    """Reads HOST (default 127.0.0.1) and PORT (default 8000).

    Raises SetupError for a value that cannot be listened on, and for an address that
    others can reach while ALLOWED_HOSTS does not say under which names.
    """
    host = environment.get("HOST") or "127.0.0.1"
    raw_port = environment.get("PORT") or "8000"
    if (
        not raw_port.isascii()
        or not raw_port.isdigit()
        or not 0 < int(raw_port) < 65536
    ):
        raise SetupError(
            f"PORT={raw_port} is not a port.",
            repair="Give a number from 1 to 65535, for example PORT=8001 make run",
        )
    if host != "localhost":
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise SetupError(
                f"HOST={host} is not an IP address.",
                repair="Leave HOST out to listen on this machine only.",
            ) from None
    address = Address(host, int(raw_port))
    if not address.is_loopback and not environment.get("ALLOWED_HOSTS"):
        raise SetupError(
            f"HOST={host} opens the site to the network.",
            repair="Say under which names it answers, for example"
            f" ALLOWED_HOSTS=potok.example HOST={host} make run",
        )
    return address


def bind_error(address: Address) -> OSError | None:
    """Why the address cannot be listened on now, or None."""
    with socket.socket(address.family, socket.SOCK_STREAM) as listener:
        # As gunicorn does: connections of a site just ended do not count as taken.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address.host, address.port))
            listener.listen(1)
        except OSError as error:
            return error
    return None


def require_free(address: Address) -> None:
    """Raises SetupError with the next free port when the address is taken."""
    error = bind_error(address)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        free = next_free_port(address)
        raise SetupError(
            f"Port {address.port} on {address.host} is taken by another program.",
            repair=f"Type: PORT={free} make run",
        )
    raise SetupError(
        f"{address.bind} cannot be listened on: {error.strerror}.",
        repair="Choose another HOST, or a PORT above 1023.",
    )


def next_free_port(address: Address) -> int:
    """The nearest free port above the given one; without one, any free port."""
    ports = range(address.port + 1, min(address.port + NEIGHBOURS_TRIED, 65536))
    for port in ports:
        if bind_error(Address(address.host, port)) is None:
            return port
    with socket.socket(address.family, socket.SOCK_STREAM) as listener:
        listener.bind((address.host, 0))
        return int(listener.getsockname()[1])


def is_healthy(address: Address) -> bool:
    """True when /healthz answers 200 within 5 seconds.

    Asks under a name that the site answers to, and as a proxy with HTTPS would.
    """
    names = os.environ.get("ALLOWED_HOSTS", "").split(",")
    name = names[0].strip().lstrip(".") or "localhost"
    headers = {
        "Host": "localhost" if name == "*" else name,
        "X-Forwarded-Proto": "https",
    }
    connection = http.client.HTTPConnection(address.reachable, address.port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers=headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
