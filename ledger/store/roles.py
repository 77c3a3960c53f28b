"""What a PostgreSQL role may do with a ledger: append, or read (DESIGN section 4).

Guarantees: a role that appends can insert entries and move the head, and cannot update, delete or truncate an entry or a
checkpoint, nor switch off, replace or bypass a trigger, nor alter a table: it owns nothing, and neither TRIGGER nor
CREATE is granted. A role that reads changes nothing and does not see the hashes of access tokens. Granting twice changes
nothing; what was granted on these tables before and is not named here is taken away.

The owner of the tables, and any superuser, can do all of it: run the ledger as neither. What an owner alters, the audit
and everybody who kept a checkpoint find out. SQLite has no roles: there the file's permissions are all there is.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from sqlalchemy import text

from ledger.store import schema, tables
from ledger.store.datastore import Datastore
from ledger.store.errors import AppendRefused

Role = Literal["append", "read"]

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")

_READ: Final = dict.fromkeys((*tables.metadata.tables, tables.VERSION_TABLE), "SELECT")
_APPEND: Final = {
    **_READ,
    "entries": "SELECT, INSERT",
    "membership": "SELECT, INSERT",
    "filed": "SELECT, INSERT",
    "introductions": "SELECT, INSERT",
    "nodes": "SELECT, INSERT",
    # Cosigned once: a trigger sees to it.
    "checkpoints": "SELECT, INSERT, UPDATE (cosigned)",
    "head": "SELECT, UPDATE",
    "tracking": "SELECT, INSERT, UPDATE, DELETE",
    "tokens": "SELECT, INSERT, UPDATE",
    **{name: "SELECT, INSERT, UPDATE, DELETE" for name in tables.metadata.tables if name.startswith("view_")},
}


def grant(url: str, role: str, may: Role) -> None:
    """Lets a role append to, or read, the ledger at `url`, which is opened as the owner of its tables.

    The role is made if it does not exist, without a login: `ALTER ROLE … LOGIN`, or its membership, is the operator's.
    Raises `StoreForeign`, `StoreUnavailable`, and `AppendRefused` for a name or a database that cannot have roles.
    """
    datastore = Datastore(url)
    try:
        if datastore.url.get_backend_name() != "postgresql":
            raise AppendRefused("SQLite has no roles", where=datastore.where, remedy="Set the file's permissions.")
        if _NAME.match(role) is None:
            raise AppendRefused(
                f"{role!a} is no name for a role", where=datastore.where, remedy="Use a-z, 0-9 and _, at most 63."
            )
        schema.check(datastore)
        granted = dict(_APPEND if may == "append" else _READ)
        if may == "read":
            del granted["tokens"]
        with datastore.writing() as connection:
            known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar()
            if known is None:
                connection.execute(
                    text(f'CREATE ROLE "{role}" NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS')
                )
            # PostgreSQL 14 and databases upgraded from it let everybody create in `public`.
            connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
            connection.execute(text(f'GRANT USAGE ON SCHEMA public TO "{role}"'))
            for name in _READ:
                connection.execute(text(f'REVOKE ALL ON "{name}" FROM "{role}"'))
            for name, rights in granted.items():
                connection.execute(text(f'GRANT {rights} ON "{name}" TO "{role}"'))
    finally:
        datastore.close()
