"""A real server over a small real ledger, on loopback: uvicorn in a thread, answered over sockets.

with served(tmp_path) as house:
    house.http.get("/checkpoint")
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from api.open_ledger import OpenLedger
from api.server import Server, server
from ledger.evidence.local_authority import issue, pem, write_private
from ledger.settings import Settings
from ledger.store.tokens import Scope
from tests.ledger.ledgers import Clock, House, founded, ledger_keys, signed

JOSE = {"Content-Type": "application/jose+json"}


@dataclass
class Served:
    """A house with a server in front; `house` writes statements, the server records them."""

    house: House
    clock: Clock
    opened: OpenLedger
    running: Server
    port: int
    token: str
    reading_token: str
    http: httpx.Client
    anonymous: httpx.Client
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, members_or_raw: Any, path: str = "/v1/statements", **headers: str) -> httpx.Response:
        raw = members_or_raw if isinstance(members_or_raw, bytes) else signed(members_or_raw)
        return self.http.post(path, content=raw, headers={**JOSE, **headers})

    def raw(self, request: bytes, wait: float = 5) -> bytes:
        """What the server answers to these bytes on a fresh connection, until it closes or `wait` passes."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.settimeout(wait)
            connection.sendall(request)
            found = b""
            try:
                while chunk := connection.recv(65_536):
                    found += chunk
            except (TimeoutError, ConnectionResetError):
                pass
            return found


def settings(url: str, **given: Any) -> Settings:
    return Settings(url=url, port=0, log_level="error", **given)


def seal_files(folder: Path) -> dict[str, Path]:
    """A key to seal with and its own certificate, as the settings name them."""
    made = issue("Tests", None, datetime(2020, 1, 1, tzinfo=UTC))
    write_private(folder / "seal.key", made.key)
    (folder / "seal.pem").write_bytes(pem(made.certificate))
    return {"seal_key": folder / "seal.key", "seal_chain": folder / "seal.pem"}


@contextmanager
def running(opened: OpenLedger) -> Iterator[tuple[Server, int]]:
    """The server in a thread, and its port."""
    built = server(opened)
    thread = threading.Thread(target=built.run, name="test-server")
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not built.started:
            assert thread.is_alive(), "the server did not start"
            assert time.monotonic() < deadline, "the server did not start in time"
            time.sleep(0.01)
        yield built, built.servers[0].sockets[0].getsockname()[1]
    finally:
        built.stop()
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def serving(house: House, **given: Any) -> Iterator[Served]:
    """A server over a founded ledger."""
    opened = OpenLedger.open(settings(house.url, **given), ledger_keys(), house.clock)
    _, token = opened.tokens.create("tests", [Scope.SUBMIT], house.clock())
    _, reading_token = opened.tokens.create("readers", [Scope.READ], house.clock())
    with running(opened) as (built, port):
        url = f"http://127.0.0.1:{port}"
        with (
            httpx.Client(
                base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
            ) as http,
            httpx.Client(base_url=url, timeout=30, trust_env=False) as anonymous,
        ):
            yield Served(house, house.clock, opened, built, port, token, reading_token, http, anonymous)


@contextmanager
def served(folder: Path, **given: Any) -> Iterator[Served]:
    """A small founded ledger with a server in front."""
    with founded(folder) as house, serving(house, **given) as found:
        yield found
