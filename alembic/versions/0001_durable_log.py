"""The durable log: its tables, and the triggers that keep entries and checkpoints as they were written."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

# RAISE(ABORT) undoes the statement. The INSERT trigger exists because INSERT OR REPLACE deletes the old row without
# firing a DELETE trigger; it also keeps positions without gaps whoever writes.
SQLITE_TRIGGERS = (
    "CREATE TRIGGER entries_update BEFORE UPDATE ON entries "
    "BEGIN SELECT RAISE(ABORT, 'an entry is never altered'); END",
    "CREATE TRIGGER entries_delete BEFORE DELETE ON entries "
    "BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END",
    "CREATE TRIGGER entries_insert BEFORE INSERT ON entries "
    "WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM entries) "
    "OR EXISTS (SELECT 1 FROM entries WHERE statement_id = NEW.statement_id) "
    "BEGIN SELECT RAISE(ABORT, 'an entry takes the next position, a statement is recorded once'); END",
    "CREATE TRIGGER checkpoints_update BEFORE UPDATE ON checkpoints "
    "WHEN NEW.size <> OLD.size OR NEW.note <> OLD.note OR OLD.cosigned IS NOT NULL "
    "BEGIN SELECT RAISE(ABORT, 'a checkpoint is never altered, and cosigned once'); END",
    "CREATE TRIGGER checkpoints_delete BEFORE DELETE ON checkpoints "
    "BEGIN SELECT RAISE(ABORT, 'a checkpoint is never deleted'); END",
    "CREATE TRIGGER checkpoints_insert BEFORE INSERT ON checkpoints "
    "WHEN EXISTS (SELECT 1 FROM checkpoints WHERE size = NEW.size) "
    "BEGIN SELECT RAISE(ABORT, 'a checkpoint of this size exists'); END",
)

POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION '% on % is refused: what is recorded is never altered', TG_OP, TG_TABLE_NAME "
    "USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "CREATE FUNCTION ledger_next_position() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF (SELECT max(position) - min(position) + 1 <> count(*) OR min(position) <> coalesce("
    "(SELECT max(position) FROM entries WHERE position < (SELECT min(position) FROM added)), 0) + 1 FROM added) "
    "THEN RAISE EXCEPTION 'an entry takes the next position' USING ERRCODE = 'integrity_constraint_violation'; "
    "END IF; RETURN NULL; END $$",
    "CREATE TRIGGER entries_alter BEFORE UPDATE OR DELETE ON entries FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "CREATE TRIGGER entries_truncate BEFORE TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    "CREATE TRIGGER entries_insert AFTER INSERT ON entries REFERENCING NEW TABLE AS added "
    "FOR EACH STATEMENT EXECUTE FUNCTION ledger_next_position()",
    "CREATE TRIGGER checkpoints_update BEFORE UPDATE ON checkpoints FOR EACH ROW "
    "WHEN (NEW.size <> OLD.size OR NEW.note <> OLD.note OR OLD.cosigned IS NOT NULL) EXECUTE FUNCTION ledger_refuse()",
    "CREATE TRIGGER checkpoints_delete BEFORE DELETE ON checkpoints FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "CREATE TRIGGER checkpoints_truncate BEFORE TRUNCATE ON checkpoints FOR EACH STATEMENT "
    "EXECUTE FUNCTION ledger_refuse()",
)


def upgrade() -> None:
    _entries()
    _derived()
    for trigger in POSTGRESQL_TRIGGERS if op.get_bind().dialect.name == "postgresql" else SQLITE_TRIGGERS:
        op.execute(trigger)


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("position", COUNT, autoincrement=False, nullable=False),
        sa.Column("originator_id", KEY, nullable=False),
        sa.Column("originator_version", COUNT, nullable=False),
        sa.Column("topic", KEY, nullable=False),
        sa.Column("statement_id", KEY, nullable=False),
        sa.Column("recorded_at", KEY, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_entries")),
        sa.UniqueConstraint("statement_id", name=op.f("uq_entries_statement_id")),
        sa.CheckConstraint("position >= 1", name=op.f("ck_entries_position")),
        sa.CheckConstraint("length(originator_id) BETWEEN 1 AND 128", name=op.f("ck_entries_originator_id")),
        sa.CheckConstraint("originator_version >= 1", name=op.f("ck_entries_originator_version")),
        sa.CheckConstraint("length(topic) BETWEEN 3 AND 128", name=op.f("ck_entries_topic")),
        sa.CheckConstraint("length(statement_id) = 71", name=op.f("ck_entries_statement_id")),
        sa.CheckConstraint("length(recorded_at) = 24", name=op.f("ck_entries_recorded_at")),
        sa.CheckConstraint("length(leaf_hash) = 32", name=op.f("ck_entries_leaf_hash")),
        sa.CheckConstraint("length(entry) BETWEEN 1 AND 65535", name=op.f("ck_entries_entry")),
        sqlite_strict=True,
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", COUNT, autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("cosigned", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoints")),
        sa.ForeignKeyConstraint(["size"], ["entries.position"], name=op.f("fk_checkpoints_size")),
        sa.CheckConstraint("length(note) BETWEEN 1 AND 65535", name=op.f("ck_checkpoints_note")),
        sa.CheckConstraint("length(cosigned) BETWEEN 1 AND 65535", name=op.f("ck_checkpoints_cosigned")),
        sqlite_strict=True,
    )


def _derived() -> None:
    op.create_table(
        "membership",
        sa.Column("subject", KEY, nullable=False),
        sa.Column("n", COUNT, autoincrement=False, nullable=False),
        sa.Column("position", COUNT, nullable=False),
        sa.Column("ordinal", SMALL, nullable=False),
        sa.PrimaryKeyConstraint("subject", "n", name=op.f("pk_membership")),
        sa.UniqueConstraint("position", "ordinal", name=op.f("uq_membership_position_ordinal")),
        sa.ForeignKeyConstraint(["position"], ["entries.position"], name=op.f("fk_membership_position")),
        sa.CheckConstraint("length(subject) BETWEEN 1 AND 128", name=op.f("ck_membership_subject")),
        sa.CheckConstraint("n >= 1", name=op.f("ck_membership_n")),
        sa.CheckConstraint("ordinal >= 0", name=op.f("ck_membership_ordinal")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    head = op.create_table(
        "head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", COUNT, nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", KEY, nullable=True),
        sa.Column("register_count", COUNT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head")),
        sa.CheckConstraint("id = 1", name=op.f("ck_head_one_row")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_head_size")),
        sa.CheckConstraint("length(frontier) <= 4096", name=op.f("ck_head_frontier")),
        sa.CheckConstraint("(size = 0) = (recorded_at IS NULL)", name=op.f("ck_head_recorded_at")),
        sa.CheckConstraint("register_count BETWEEN 0 AND size", name=op.f("ck_head_register_count")),
        sqlite_strict=True,
    )
    # The stored frontier of the empty tree is its size: eight zero bytes.
    op.bulk_insert(head, [{"id": 1, "size": 0, "frontier": bytes(8), "recorded_at": None, "register_count": 0}])
    op.create_table(
        "nodes",
        sa.Column("level", SMALL, autoincrement=False, nullable=False),
        sa.Column("node_index", COUNT, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "node_index", name=op.f("pk_nodes")),
        sa.CheckConstraint("level BETWEEN 1 AND 7", name=op.f("ck_nodes_level")),
        sa.CheckConstraint("node_index >= 0", name=op.f("ck_nodes_node_index")),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_nodes_hash")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tracking",
        sa.Column("application_name", KEY, nullable=False),
        sa.Column("notification_id", COUNT, nullable=False),
        sa.PrimaryKeyConstraint("application_name", name=op.f("pk_tracking")),
        sa.CheckConstraint("length(application_name) BETWEEN 1 AND 128", name=op.f("ck_tracking_application_name")),
        sa.CheckConstraint("notification_id >= 1", name=op.f("ck_tracking_notification_id")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
