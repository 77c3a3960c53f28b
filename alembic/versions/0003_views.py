"""The views: periods of holdings, names and identifiers, deadlines. Derived from entries, dropped and rebuilt at will."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    state = op.create_table(
        "view_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("live", COUNT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_view_state")),
        sa.CheckConstraint("id = 1", name=op.f("ck_view_state_one_row")),
        sa.CheckConstraint("live >= 1", name=op.f("ck_view_state_live")),
        sqlite_strict=True,
    )
    op.bulk_insert(state, [{"id": 1, "live": 1}])
    op.create_table(
        "view_holdings",
        sa.Column("generation", COUNT, autoincrement=False, nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.Column("n", COUNT, autoincrement=False, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("start", KEY, nullable=False),
        sa.Column("stop", KEY, nullable=False),
        sa.Column("holder", KEY, nullable=False),
        sa.Column("share", KEY, nullable=False),
        sa.Column("causes", KEY, nullable=False),
        sa.PrimaryKeyConstraint("generation", "subject", "n", name=op.f("pk_view_holdings")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_view_holdings_holder"), "view_holdings", ["generation", "holder", "stop"])
    op.create_table(
        "view_names",
        sa.Column("generation", COUNT, autoincrement=False, nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.Column("n", COUNT, autoincrement=False, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("start", KEY, nullable=False),
        sa.Column("stop", KEY, nullable=False),
        sa.Column("value", KEY, nullable=False),
        sa.Column("folded", KEY, nullable=False),
        sa.Column("causes", KEY, nullable=False),
        sa.PrimaryKeyConstraint("generation", "subject", "n", name=op.f("pk_view_names")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_view_names_folded"), "view_names", ["generation", "folded"])
    op.create_table(
        "view_deadlines",
        sa.Column("generation", COUNT, autoincrement=False, nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.Column("n", COUNT, autoincrement=False, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("stop", KEY, nullable=False),
        sa.Column("last_day", KEY, nullable=False),
        sa.Column("zone", KEY, nullable=False),
        sa.Column("subjects", KEY, nullable=False),
        sa.Column("words", KEY, nullable=False),
        sa.Column("causes", KEY, nullable=False),
        sa.PrimaryKeyConstraint("generation", "subject", "n", name=op.f("pk_view_deadlines")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_view_deadlines_stop"), "view_deadlines", ["generation", "stop"])
