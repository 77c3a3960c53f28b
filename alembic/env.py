"""Runs the migrations of a ledger's database, in one transaction, on SQLite and PostgreSQL.

`ledger.store.schema` calls this with an open connection. From a shell (to write a new revision) name the database:
`alembic -x url=sqlite:///path/to/file …`. There is no downgrade: an audit ledger is restored, never wound back.
"""

from alembic import context
from sqlalchemy import Connection, create_engine

from ledger.store.tables import VERSION_TABLE, metadata


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(context.get_x_argument(as_dictionary=True)["url"]).connect() as opened:
        run(opened)
