"""Who may ask: bearer tokens on the routes that need one.

Guarantees that submitting needs a token with the scope `submit`, and reading one with `read` where the settings say so; that a
token is looked up by its hash, counted against its rate, and noticed as revoked within `FRESH_SECONDS` by every process. A
token opens a door and nothing else: who made a statement, its signatures say.

Not done: OpenID Connect. A verified identity token would be turned into an `AccessToken` here; routes would not change. Sealed
matter would add a scope.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from fastapi import Depends, Request, params
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPBearer

from api.limits import Rates
from api.open_ledger import OpenLedger
from api.problems import Problem
from ledger.store.tokens import TOKEN_CHARS_MAX, AccessToken, Scope

FRESH_SECONDS: Final = 1.0
_KEPT_MAX: Final = 4096
BEARER: Final = HTTPBearer(
    auto_error=False, description="A token made by `control-ledger tokens create`.", scheme_name="token"
)

SHOWN: Final[Sequence[params.Depends]] = [Depends(BEARER)]
"""The dependencies of a route that asks `Access.require` itself: they are there for the document."""


class Access:
    """The gate of one server."""

    def __init__(self, opened: OpenLedger, rates: Rates) -> None:
        self._opened = opened
        self._rates = rates
        self._kept: dict[str, tuple[float, AccessToken]] = {}
        self._asking: dict[str, asyncio.Task[AccessToken | None]] = {}

    @property
    def reading_is_public(self) -> bool:
        return self._opened.settings.reading == "public"

    async def require(self, request: Request, scope: Scope, cost: int) -> None:
        """Lets the request pass, counting `cost`. Raises Problem."""
        text = _bearer(request)
        if text is None:
            if scope is Scope.READ and self.reading_is_public:
                self._count_address(request, cost)
                return
            raise Problem("unauthorized")
        token = self._kept_token(text) or await self._fresh(text)
        if token is None or not (
            token.allows(Scope.READ, self._opened.now()) or token.allows(scope, self._opened.now())
        ):
            raise Problem("unauthorized", "the token is unknown, expired or revoked")
        if not token.allows(scope, self._opened.now()):
            raise Problem("forbidden", f"the token lacks the scope {scope}")
        request.scope.setdefault("state", {})["token_id"] = token.id
        self._rates.take_token(token.id, cost)

    async def stands(self, request: Request) -> bool:
        """Whether what let a reading request pass still does: for answers that go on for longer than a token may be in force."""
        text = _bearer(request)
        if text is None:
            return True
        token = self._kept_token(text) or await self._fresh(text)
        return token is not None and token.allows(Scope.READ, self._opened.now())

    def _count_address(self, request: Request, cost: int) -> None:
        # One unit was counted when the request came in.
        if cost > 1:
            self._rates.take_address(request.client.host if request.client else "", cost - 1)

    def _kept_token(self, text: str) -> AccessToken | None:
        kept = self._kept.get(text)
        return kept[1] if kept is not None and time.monotonic() - kept[0] < FRESH_SECONDS else None

    async def _fresh(self, text: str) -> AccessToken | None:
        """The token as it is stored now: asked once, however many requests wait for it."""
        asking = self._asking.get(text)
        if asking is None:
            asking = asyncio.create_task(self._find(text))
            self._asking[text] = asking
        # Shielded: others wait for it as well.
        return await asyncio.shield(asking)

    async def _find(self, text: str) -> AccessToken | None:
        asked = time.monotonic()
        try:
            found = await run_in_threadpool(self._opened.tokens.find, text)
        finally:
            del self._asking[text]
        if found is not None:
            if len(self._kept) >= _KEPT_MAX:
                self._kept.clear()
            self._kept[text] = (asked, found)
        return found


def _bearer(request: Request) -> str | None:
    """The token of the Authorization header; a header of another form, or too long, is none in force."""
    values = request.headers.getlist("authorization")
    if not values:
        return None
    scheme, _, text = values[0].partition(" ")
    if len(values) > 1 or scheme.lower() != "bearer" or not 0 < len(text) <= TOKEN_CHARS_MAX:
        raise Problem("unauthorized", "send one header, Authorization: Bearer …")
    return text


def gate(access: Access, scope: Scope, cost: int = 1) -> Sequence[params.Depends]:
    """The dependencies of a route that needs `scope` and costs as much as `cost` plain requests."""

    async def pass_gate(request: Request) -> None:
        await access.require(request, scope, cost)

    if scope is Scope.READ and access.reading_is_public:
        return [Depends(pass_gate)]
    return [Depends(pass_gate), Depends(BEARER)]
