"""Running the application under uvicorn.

Guarantees that stopping (SIGTERM, SIGINT) takes in nothing more, lets running requests finish within their time, ends event
streams, commits and answers every submission that was taken in, and only then closes the ledger.
"""

from __future__ import annotations

import gc
import signal
import socket
from types import FrameType

import uvicorn

from api.app import build_app
from api.connection import protocol
from api.open_ledger import OpenLedger


class Server(uvicorn.Server):
    """uvicorn, telling the ledger at once that it stops."""

    def __init__(self, config: uvicorn.Config, opened: OpenLedger) -> None:
        super().__init__(config)
        self._opened = opened

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """What the ledger holds at the start lives as long as the server: collections need not walk through it again."""
        gc.collect()
        gc.freeze()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal stops in good order, and the process then ends well; a second interrupt does not wait."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.stop()

    def stop(self) -> None:
        """The same from another thread."""
        self._opened.stopping.set()
        self.should_exit = True


def server(opened: OpenLedger) -> Server:
    """The server for an open ledger; `run()` serves until it is stopped."""
    settings = opened.settings
    config = uvicorn.Config(
        build_app(opened),
        host=settings.host,
        port=settings.port,
        http=protocol(settings),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        timeout_keep_alive=30,
        timeout_graceful_shutdown=settings.stop_seconds,
        h11_max_incomplete_event_size=settings.header_bytes_max,
        backlog=2048,
    )
    return Server(config, opened)
