"""What a sabotaged box gets in place of the host: canaries and copies."""

import os
import secrets
import shutil
import socket
import threading
from pathlib import Path

from sandbox.cell.namespace import CELL_FOLDER, add_address
from sandbox.image.manifest import Image
from sandbox.jail import Mount
from sandbox.protections import CANARY, Protection

# Where a box would look for the host's services: the metadata service of a cloud, a
# name server, Redis, Postgres, the site. None of these ports is used by a cell.
_ADDRESSES = ("169.254.169.254", "1.1.1.1")
_PORTS = (53, 80, 443, 5432, 6379, 8000)


class Sabotage:
    """Mounts and descriptors that stand for a protection that is left out."""

    def __init__(self, without: frozenset[Protection], image: Image) -> None:
        """Prepare them; nothing at all where no protection is left out."""
        self.mounts: list[Mount] = []
        self.descriptors: list[int] = []
        if Protection.MINIMAL_MOUNTS in without:
            self.mounts.append(Mount(_canary_file(), "/root/.env"))
        if Protection.READ_ONLY_IMAGE in without:
            copy = CELL_FOLDER / f"runner-{secrets.token_hex(4)}"
            shutil.copytree(image.part("runner"), copy)
            self.mounts.append(Mount(copy, "/rt/app", writable=True))
        if Protection.HIDDEN_DESCRIPTORS in without:
            self.descriptors.append(os.open(_canary_file(), os.O_RDONLY))

    def close(self) -> None:
        """Let go of the agent's own copies of the descriptors."""
        for descriptor in self.descriptors:
            os.close(descriptor)


def open_network() -> None:
    """Let canaries answer where a box without a network of its own would find hosts."""
    for number, address in enumerate(_ADDRESSES):
        add_address(address, label=f"lo:{number + 2}")
    for port in _PORTS:
        listener = socket.create_server(("0.0.0.0", port))  # noqa: S104 (own loopback)
        threading.Thread(target=_answer, args=(listener,), daemon=True).start()


def _answer(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(f"{CANARY}\n".encode())


def _canary_file() -> Path:
    path = CELL_FOLDER / "canary"
    path.write_text(f"SECRET_KEY={CANARY}\n", "utf-8")
    return path
