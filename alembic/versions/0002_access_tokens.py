"""Access tokens: who may submit over HTTP. No part of the record."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEY = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", KEY, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("label", KEY, nullable=False),
        sa.Column("scopes", KEY, nullable=False),
        sa.Column("created_at", KEY, nullable=False),
        sa.Column("expires_at", KEY, nullable=True),
        sa.Column("revoked_at", KEY, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_tokens_secret_hash")),
        sa.CheckConstraint("length(id) = 12", name=op.f("ck_tokens_id")),
        sa.CheckConstraint("length(secret_hash) = 32", name=op.f("ck_tokens_secret_hash")),
        sa.CheckConstraint("length(label) BETWEEN 1 AND 64", name=op.f("ck_tokens_label")),
        sa.CheckConstraint("length(scopes) BETWEEN 1 AND 64", name=op.f("ck_tokens_scopes")),
        sa.CheckConstraint("length(created_at) = 24", name=op.f("ck_tokens_created_at")),
        sa.CheckConstraint("length(expires_at) = 24", name=op.f("ck_tokens_expires_at")),
        sa.CheckConstraint("length(revoked_at) = 24", name=op.f("ck_tokens_revoked_at")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
