"""What one client may take: size of header, address and body, time to send them, rate, answers at a time.

Guarantees that every limit is answered by a 4xx problem, before anything is parsed or computed; that a request leaves one log
line and is counted; and that an exception nobody foresaw becomes a problem without a traceback. Rates count cost, not
requests: an answer that folds a history costs more than a tile. Counts are kept in memory, per process, in moving windows.

Header bytes and slow headers are bounded in `connection`, below HTTP. What a proxy in front says of the client's address is
believed only where the settings name that proxy.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import threading
import time
from collections.abc import Callable, MutableMapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

from limits import RateLimitItem, parse
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem
from api.telemetry import LOGGER, Metrics
from ledger.settings import Settings

SECURITY_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
PARAMETERS_MAX: Final = 32
IPV6_PREFIX: Final = 64
"""What one client of IPv6 has: it may take any address of it for each request."""
KEYS_MAX: Final = 100_000


class Rates:
    """How much was taken lately, by address and by token: a sliding window over two counters, as `limits` defines it.

    The notation of rates is that of the `limits` library; its in-memory storage is not used, because it starts a thread per
    hit and forgets no key in time. Here at most `KEYS_MAX` are remembered; beyond that, all of the window before are dropped.
    """

    def __init__(self, settings: Settings, now: Callable[[], float] = time.monotonic) -> None:
        self._address, self._token = parse(settings.address_rate), parse(settings.token_rate)
        self._now = now
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, int, str], int] = {}

    def take_address(self, address: str, cost: int = 1) -> None:
        """Counts against an address. Raises Problem."""
        self._take(self._address, "address", client_of(address), cost)

    def take_token(self, token_id: str, cost: int = 1) -> None:
        """Counts against a token. Raises Problem."""
        self._take(self._token, "token", token_id, cost)

    def _take(self, rate: RateLimitItem, kind: str, who: str, cost: int) -> None:
        seconds = rate.get_expiry()
        window, into = divmod(self._now(), seconds)
        this, before = (kind, int(window), who), (kind, int(window) - 1, who)
        wanted = min(cost, rate.amount)
        with self._lock:
            taken = self._counts.get(before, 0) * (1 - into / seconds) + self._counts.get(this, 0)
            if taken + wanted <= rate.amount:
                if len(self._counts) >= KEYS_MAX:
                    self._forget()
                self._counts[this] = self._counts.get(this, 0) + wanted
                return
        raise Problem("too-many-requests", headers={"Retry-After": str(max(1, round(seconds - into)))})

    def _forget(self) -> None:
        """Drops what lies before the present windows, and everything when that does not help."""
        ages = {rate.get_expiry() for rate in (self._address, self._token)}
        oldest = {int(self._now() // age) for age in ages}
        self._counts = {key: count for key, count in self._counts.items() if key[1] in oldest}
        if len(self._counts) >= KEYS_MAX:
            self._counts.clear()


@lru_cache(4096)
def client_of(address: str) -> str:
    """Whom an address stands for: itself; in IPv6 its network of 64 bits."""
    try:
        found = ip_address(address)
    except ValueError:  # a proxy that is believed may name it in words
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped or ip_network((int(found), IPV6_PREFIX), strict=False))


class Guard:
    """The outermost application: counts, bounds, logs; everything else is inside it."""

    def __init__(self, app: ASGIApp, settings: Settings, rates: Rates, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._rates = rates
        self._metrics = metrics
        self._process = secrets.token_hex(6)
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = f"{self._process}-{next(self._numbers)}"
        started = time.perf_counter()
        status, finished = 0, False
        head = scope["method"] == "HEAD"
        if head:
            # Answered as GET; the connection, which knows the method, leaves out the body (RFC 9110 section 9.3.2).
            scope = {**scope, "method": "GET"}
        scope.setdefault("state", {}).update(request_id=request_id, head=head)

        async def watched(message: Message) -> None:
            nonlocal status, finished
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [*message["headers"], *SECURITY_HEADERS, (b"x-request-id", request_id.encode())]
            try:
                async with asyncio.timeout(self._settings.body_seconds):
                    await send(message)
            except TimeoutError:
                raise ClientDisconnect from None
            finished = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            try:
                self._admit(scope)
                await self._app(scope, receive, watched)
            except Problem as problem:
                await problem.response()(scope, receive, watched)
            except ClientDisconnect:
                status = status or 499
            except Exception:  # the edge: logged whole, answered without a word of it
                LOGGER.exception("request failed", extra={"request_id": request_id})
                if not status:
                    await internal(scope).response()(scope, receive, watched)
                elif not finished:
                    raise
        finally:
            self._tell(scope, status, time.perf_counter() - started, request_id)

    def _admit(self, scope: Scope) -> None:
        client = scope.get("client")
        self._rates.take_address(client[0] if client else "")
        query: bytes = scope["query_string"]
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if sum(len(name) + len(value) + 4 for name, value in headers) > self._settings.header_bytes_max:
            raise Problem("header-too-large", headers=_CLOSE)
        names = {name for name, _ in headers}
        if b"transfer-encoding" in names and b"content-length" in names:
            # Two lengths of one body: a proxy in front may have believed the other (RFC 9112 section 6.1).
            raise Problem("request-invalid", headers=_CLOSE)
        if len(scope["raw_path"]) + len(query) > self._settings.query_bytes_max:
            raise Problem("uri-too-long", f"at most {self._settings.query_bytes_max} bytes")
        if query.count(b"&") >= PARAMETERS_MAX:
            raise Problem("query-invalid", f"at most {PARAMETERS_MAX} parameters")

    def _tell(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = route_pattern(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        LOGGER.info(
            "request",
            extra={
                "request_id": request_id,
                "method": method,
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
                "token": scope.get("state", {}).get("token_id"),
            },
        )


def internal(scope: Scope) -> Problem:
    """The answer to a failure nobody foresaw: the id under which the log tells it, and nothing else."""
    return Problem("internal", more={"request_id": scope["state"]["request_id"]})


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"})


def route_pattern(scope: MutableMapping[str, Any]) -> str:
    """The pattern of the route that answered; never what the client wrote."""
    return str(getattr(scope.get("route"), "path", "none"))


async def read_body(request: Request, bytes_max: int, seconds: float) -> bytes:
    """The whole body, at most `bytes_max` bytes, within `seconds`. Raises Problem (413, 408) or ClientDisconnect."""
    declared = request.headers.get("content-length")
    too_large = Problem("body-too-large", f"at most {bytes_max} bytes", {"bytes_max": str(bytes_max)}, _CLOSE)
    if declared is not None and declared.isascii() and declared.isdigit() and int(declared[:19]) > bytes_max:
        raise too_large
    found = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                if len(found) + len(chunk) > bytes_max:
                    raise too_large
                found += chunk
    except TimeoutError:
        raise Problem("too-slow", headers=_CLOSE) from None
    return bytes(found)


_CLOSE: Final = {"Connection": "close"}
