"""Under which names entries are found, and where each subject is first mentioned: filled from the entries."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from domain.filing import filed_under, introduced_by
from ledger.statements.entry import parse_entry
from ledger.statements.schema import parse_statement

revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
PAGE = 500


def upgrade() -> None:
    filed = op.create_table(
        "filed",
        sa.Column("name", KEY, nullable=False),
        sa.Column("position", COUNT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name", "position", name=op.f("pk_filed")),
        sa.ForeignKeyConstraint(["position"], ["entries.position"], name=op.f("fk_filed_position")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 256", name=op.f("ck_filed_name")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    introductions = op.create_table(
        "introductions",
        sa.Column("subject", KEY, nullable=False),
        sa.Column("position", COUNT, nullable=False),
        sa.Column("ordinal", SMALL, nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_introductions")),
        sa.UniqueConstraint("position", "ordinal", name=op.f("uq_introductions_position_ordinal")),
        sa.ForeignKeyConstraint(["position"], ["entries.position"], name=op.f("fk_introductions_position")),
        sa.CheckConstraint("length(subject) BETWEEN 1 AND 128", name=op.f("ck_introductions_subject")),
        sa.CheckConstraint("ordinal >= 0", name=op.f("ck_introductions_ordinal")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    seen: set[str] = set()
    for page in _pages():
        names, first = [], []
        for position, raw in page:
            entry = parse_entry(bytes(raw))
            act = parse_statement(entry.envelope.payload).act(position - 1, entry.recorded_at)
            names += [{"name": name, "position": position} for name in filed_under(act)]
            for ordinal, subject in enumerate(introduced_by(act)):
                if subject not in seen:
                    seen.add(subject)
                    first.append({"subject": subject, "position": position, "ordinal": ordinal})
        op.bulk_insert(filed, names)
        op.bulk_insert(introductions, first)


def _pages() -> Iterator[list[tuple[int, bytes]]]:
    entries = sa.table("entries", sa.column("position"), sa.column("entry"))
    after = 0
    while True:
        rows = sa.select(entries.c.position, entries.c.entry).where(entries.c.position > after)
        page = [(p, e) for p, e in op.get_bind().execute(rows.order_by(entries.c.position).limit(PAGE))]
        if not page:
            return
        yield page
        after = page[-1][0]
