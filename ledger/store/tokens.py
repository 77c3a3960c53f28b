"""Access tokens: bearer credentials that let a client submit, kept so that a thief of the database gains nothing.

Guarantees that only the SHA-256 of a token is stored (its secret is 256 random bits: a slow hash would protect a guessable
secret, and there is none to guess), that the secret is shown once, when it is made, and that a revoked or expired token opens
nothing. A token replaces no signature: whoever holds one can submit statements, not make them.

Not done: users, roles, or OpenID Connect. A credential from an identity provider would become an `AccessToken` beside these.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Row, insert, select, update

from ledger.errors import Malformed
from ledger.store import schema
from ledger.store.datastore import Datastore
from ledger.store.errors import StoreAbsent
from ledger.store.tables import tokens

_PREFIX: Final = "clt"
_TOKEN = re.compile(r"clt_([0-9a-f]{12})_([A-Za-z0-9_-]{43})\Z")
_ID = re.compile(r"[0-9a-f]{12}\Z")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}\Z")
TOKEN_CHARS_MAX: Final = 60


class Scope(StrEnum):
    """What a token opens. `submit` includes checking and reading."""

    READ = "read"
    SUBMIT = "submit"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token as it is kept: everything but its secret."""

    id: str
    label: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def allows(self, scope: Scope, now: datetime) -> bool:
        """Whether it opens `scope` at `now`."""
        live = self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
        return live and (scope in self.scopes or (scope is Scope.READ and Scope.SUBMIT in self.scopes))


class TokenStore:
    """The tokens of one ledger. Safe to share between threads. Raises `StoreError` where the database fails."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    @classmethod
    def open(cls, url: str) -> TokenStore:
        """The tokens of the ledger at `url`. Raises as opening the ledger does."""
        datastore = Datastore(url)
        try:
            schema.check(datastore)
        except BaseException:
            datastore.close()
            raise
        return cls(datastore)

    def close(self) -> None:
        self._datastore.close()

    def create(
        self, label: str, scopes: Iterable[Scope], now: datetime, expires_at: datetime | None = None
    ) -> tuple[AccessToken, str]:
        """A new token and its text, which is shown this once. Raises Malformed for a label or scopes that say nothing."""
        if _LABEL.match(label) is None:
            raise Malformed("label", "1 to 64 letters, digits, spaces and . _ -, a letter or digit first")
        wanted = frozenset(scopes)
        if not wanted:
            raise Malformed("scopes", f"at least one of {', '.join(Scope)}")
        if expires_at is not None and expires_at <= now:
            raise Malformed("expires", "lies in the past")
        token = AccessToken(secrets.token_hex(6), label, wanted, now, expires_at)
        secret = secrets.token_urlsafe(32)
        text = f"{_PREFIX}_{token.id}_{secret}"
        with self._datastore.writing() as connection:
            connection.execute(
                insert(tokens).values(
                    id=token.id,
                    secret_hash=_hashed(text),
                    label=label,
                    scopes=" ".join(sorted(wanted)),
                    created_at=_spelled(now),
                    expires_at=_spelled(expires_at) if expires_at is not None else None,
                )
            )
        return token, text

    def find(self, text: str) -> AccessToken | None:
        """The token with this text, revoked and expired ones included; None for any other text."""
        found = _TOKEN.match(text) if len(text) <= TOKEN_CHARS_MAX else None
        if found is None:
            return None
        rows = select(tokens).where(tokens.c.secret_hash == _hashed(text))
        with self._datastore.reading() as connection:
            row = connection.execute(rows).one_or_none()
        return _token(row) if row is not None else None

    def all(self) -> list[AccessToken]:
        """Every token ever made, the oldest first."""
        with self._datastore.reading() as connection:
            return [
                _token(row) for row in connection.execute(select(tokens).order_by(tokens.c.created_at, tokens.c.id))
            ]

    def revoke(self, token_id: str, now: datetime) -> AccessToken:
        """Ends a token; one that is revoked keeps its date. Raises StoreAbsent when there is none with that id."""
        one = tokens.c.id == token_id
        with self._datastore.writing() as connection:
            if _ID.match(token_id):
                ended = update(tokens).where(one, tokens.c.revoked_at.is_(None)).values(revoked_at=_spelled(now))
                connection.execute(ended)
            row = connection.execute(select(tokens).where(one)).one_or_none()
        if row is None:
            raise StoreAbsent(
                "No token has this id", where=self._datastore.where, remedy="List the tokens; the id has 12 characters."
            )
        return _token(row)


def _hashed(text: str) -> bytes:
    return hashlib.sha256(text.encode("ascii")).digest()


def _spelled(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


def _token(row: Row[tuple[object, ...]]) -> AccessToken:
    return AccessToken(
        row.id,
        row.label,
        frozenset(Scope(scope) for scope in row.scopes.split(" ")),
        datetime.fromisoformat(row.created_at),
        _moment(row.expires_at),
        _moment(row.revoked_at),
    )
