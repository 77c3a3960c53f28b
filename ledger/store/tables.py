"""The tables of the durable log: the only place where they are defined for queries (DESIGN section 4).

Alembic owns the schema (`alembic/versions`); a test proves that the migrations build exactly these tables on each
database. Triggers and grants live in the migrations only: they are not needed to write a query.

- `entries` is the source of truth: position from 1 (the library's notification id; log index = position − 1), the
  exact bytes, and their RFC 6962 leaf hash in the same row. Altered by nobody: triggers.
- `checkpoints` holds each signed note; its cosigned form is added once.
- `membership`, `filed`, `introductions`, `nodes`, `head` are derived from entries and could be rebuilt; they exist so
  that appending, answering and proving read a few rows instead of the log. `filed` finds the entries that name something
  (`domain.filing.filed_under`), `introductions` where a subject or party is first mentioned.
- `tracking` says how far each projection has read.
- `tokens` holds who may submit over HTTP. No part of the record: rows change, and nothing in the log depends on them.
- `view_…` are the projections' tables (`ledger.projections`): rebuilt from entries at will, a whole generation at a time,
  beside the one that `view_state` names live.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

SCHEMA_REVISION = "0004"
"""The Alembic revision these tables belong to."""

VERSION_TABLE = "ledger_schema"
"""Where Alembic keeps the revision. Its own name, so that another program's database is not taken for a ledger."""

ENTRY_BYTES_MAX = 65_535
HASH_BYTES = 32
RECORDED_AT_CHARS = 24
FILED_CHARS = 256

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

# SQLite makes only an INTEGER primary key the row's own address.
Count = BigInteger().with_variant(Integer(), "sqlite")
# Byte order, not a locale's: an operating system upgrade that re-sorts a locale silently breaks its indexes.
Key = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

entries = Table(
    "entries",
    metadata,
    Column("position", Count, primary_key=True, autoincrement=False),
    Column("originator_id", Key, nullable=False),
    Column("originator_version", Count, nullable=False),
    Column("topic", Key, nullable=False),
    Column("statement_id", Key, nullable=False),
    Column("recorded_at", Key, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    # Last: reading a leaf hash then never follows the overflow pages of the bytes before it.
    Column("entry", LargeBinary, nullable=False),
    UniqueConstraint("statement_id"),
    CheckConstraint("position >= 1", name="position"),
    CheckConstraint("length(originator_id) BETWEEN 1 AND 128", name="originator_id"),
    CheckConstraint("originator_version >= 1", name="originator_version"),
    CheckConstraint("length(topic) BETWEEN 3 AND 128", name="topic"),
    CheckConstraint("length(statement_id) = 71", name="statement_id"),
    CheckConstraint(f"length(recorded_at) = {RECORDED_AT_CHARS}", name="recorded_at"),
    CheckConstraint(f"length(leaf_hash) = {HASH_BYTES}", name="leaf_hash"),
    CheckConstraint(f"length(entry) BETWEEN 1 AND {ENTRY_BYTES_MAX}", name="entry"),
    sqlite_strict=True,
)

membership = Table(
    "membership",
    metadata,
    Column("subject", Key, primary_key=True),
    Column("n", Count, primary_key=True, autoincrement=False),
    Column("position", Count, ForeignKey("entries.position"), nullable=False),
    Column("ordinal", SmallInteger().with_variant(Integer(), "sqlite"), nullable=False),
    UniqueConstraint("position", "ordinal"),
    CheckConstraint("length(subject) BETWEEN 1 AND 128", name="subject"),
    CheckConstraint("n >= 1", name="n"),
    CheckConstraint("ordinal >= 0", name="ordinal"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

filed = Table(
    "filed",
    metadata,
    Column("name", Key, primary_key=True),
    Column("position", Count, ForeignKey("entries.position"), primary_key=True, autoincrement=False),
    CheckConstraint(f"length(name) BETWEEN 1 AND {FILED_CHARS}", name="name"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

introductions = Table(
    "introductions",
    metadata,
    Column("subject", Key, primary_key=True),
    Column("position", Count, ForeignKey("entries.position"), nullable=False),
    Column("ordinal", SmallInteger().with_variant(Integer(), "sqlite"), nullable=False),
    UniqueConstraint("position", "ordinal"),
    CheckConstraint("length(subject) BETWEEN 1 AND 128", name="subject"),
    CheckConstraint("ordinal >= 0", name="ordinal"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", Count, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("recorded_at", Key, nullable=True),
    Column("register_count", Count, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
    CheckConstraint("size >= 0", name="size"),
    CheckConstraint("length(frontier) <= 4096", name="frontier"),
    CheckConstraint("(size = 0) = (recorded_at IS NULL)", name="recorded_at"),
    CheckConstraint("register_count BETWEEN 0 AND size", name="register_count"),
    sqlite_strict=True,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", Count, ForeignKey("entries.position"), primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False),
    Column("cosigned", LargeBinary, nullable=True),
    CheckConstraint("length(note) BETWEEN 1 AND 65535", name="note"),
    CheckConstraint("length(cosigned) BETWEEN 1 AND 65535", name="cosigned"),
    sqlite_strict=True,
)

nodes = Table(
    "nodes",
    metadata,
    Column("level", SmallInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("node_index", Count, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("level BETWEEN 1 AND 7", name="level"),
    CheckConstraint("node_index >= 0", name="node_index"),
    CheckConstraint(f"length(hash) = {HASH_BYTES}", name="hash"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

tracking = Table(
    "tracking",
    metadata,
    Column("application_name", Key, primary_key=True),
    Column("notification_id", Count, nullable=False),
    CheckConstraint("length(application_name) BETWEEN 1 AND 128", name="application_name"),
    CheckConstraint("notification_id >= 1", name="notification_id"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Key, primary_key=True),
    # SHA-256 of the secret: the secret is 256 random bits, so nothing slower would make it harder to guess.
    Column("secret_hash", LargeBinary, nullable=False),
    Column("label", Key, nullable=False),
    Column("scopes", Key, nullable=False),
    Column("created_at", Key, nullable=False),
    Column("expires_at", Key, nullable=True),
    Column("revoked_at", Key, nullable=True),
    UniqueConstraint("secret_hash"),
    CheckConstraint("length(id) = 12", name="id"),
    CheckConstraint(f"length(secret_hash) = {HASH_BYTES}", name="secret_hash"),
    CheckConstraint("length(label) BETWEEN 1 AND 64", name="label"),
    CheckConstraint("length(scopes) BETWEEN 1 AND 64", name="scopes"),
    CheckConstraint(f"length(created_at) = {RECORDED_AT_CHARS}", name="created_at"),
    CheckConstraint(f"length(expires_at) = {RECORDED_AT_CHARS}", name="expires_at"),
    CheckConstraint(f"length(revoked_at) = {RECORDED_AT_CHARS}", name="revoked_at"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

view_state = Table(
    "view_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("live", Count, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
    CheckConstraint("live >= 1", name="live"),
    sqlite_strict=True,
)


def _view(name: str, *columns: Column[str]) -> Table:
    """Rows of one subject (of a statement, for deadlines), replaced together."""
    return Table(
        name,
        metadata,
        Column("generation", Count, primary_key=True, autoincrement=False),
        Column("subject", Key, primary_key=True),
        Column("n", Count, primary_key=True, autoincrement=False),
        Column("kind", Key, nullable=False),
        *columns,
        Column("causes", Key, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _text(name: str) -> Column[str]:
    return Column(name, Key, nullable=False)


# Moments are UTC with microseconds, always 27 characters, so that they sort as text on both databases.
view_holdings = _view("view_holdings", _text("start"), _text("stop"), _text("holder"), _text("share"))
Index("ix_view_holdings_holder", view_holdings.c.generation, view_holdings.c.holder, view_holdings.c.stop)

view_names = _view("view_names", _text("start"), _text("stop"), _text("value"), _text("folded"))
Index("ix_view_names_folded", view_names.c.generation, view_names.c.folded)

view_deadlines = _view(
    "view_deadlines", _text("stop"), _text("last_day"), _text("zone"), _text("subjects"), _text("words")
)
Index("ix_view_deadlines_stop", view_deadlines.c.generation, view_deadlines.c.stop)
