"""`tokens`: who may submit over HTTP. A token is shown once, kept as a hash, and can be revoked at any time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.help_pages import Listed
from ledger.cli.options import LEDGER_DEFAULT, AsJson, LedgerAt, console, ledger_url, notes, print_json

if TYPE_CHECKING:
    from ledger.store.tokens import AccessToken, TokenStore

tokens_app = typer.Typer(help="Access tokens of the HTTP server.", no_args_is_help=True, cls=Listed)


@tokens_app.command("create")
def create(
    label: Annotated[str, typer.Argument(help="Whose token it is, for the list.")],
    scope: Annotated[
        list[str] | None, typer.Option(metavar="SCOPE", help="submit (reads as well) or read; repeat.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, metavar="DAYS", help="Days until it expires; never where left out.")
    ] = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it, this once."""
    from ledger.store.tokens import Scope

    wanted = scope or ["submit"]
    unknown = [name for name in wanted if name not in {str(one) for one in Scope}]
    if unknown:
        raise typer.BadParameter(f"expected one of {', '.join(Scope)}", param_hint="--scope")
    now = _now()
    with _store(ledger) as store:
        expires = now + timedelta(days=days) if days is not None else None
        made, text = store.create(label, [Scope(name) for name in wanted], now, expires)
    if as_json:
        print_json({**_told(made), "token": text})
        return
    notes().print(f"Token {made.id} for {made.label}. It is shown this once; the ledger keeps its hash only.")
    typer.echo(text)


@tokens_app.command("list")
def list_all(ledger: LedgerAt = LEDGER_DEFAULT, as_json: AsJson = False) -> None:
    """Every token ever made, without its secret."""
    with _store(ledger) as store:
        found = store.all()
    if as_json:
        print_json([_told(token) for token in found])
        return
    page = console()
    for token in found:
        page.print(f"[bold]{token.id}[/bold]  {_state(token):8}  {' '.join(sorted(token.scopes)):12}  ", end="")
        page.print(f"{token.label}, made {token.created_at.date()}", markup=False)
    if not found:
        page.print("No tokens. `control-ledger tokens create LABEL` makes one.")


@tokens_app.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id, from the list.")],
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """End a token. Running servers notice within a second."""
    with _store(ledger) as store:
        ended = store.revoke(token_id, _now())
    if as_json:
        print_json(_told(ended))
        return
    notes().print(f"Token {ended.id} ({ended.label}) opens nothing any more.", markup=False)


@contextmanager
def _store(ledger: str) -> Iterator[TokenStore]:
    from ledger.store.tokens import TokenStore

    store = TokenStore.open(ledger_url(ledger))
    try:
        yield store
    finally:
        store.close()


def _state(token: AccessToken) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= _now() else "good"


def _told(token: AccessToken) -> dict[str, object]:
    return {
        "id": token.id,
        "label": token.label,
        "scopes": sorted(token.scopes),
        "state": _state(token),
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat() if token.expires_at is not None else None,
        "revoked_at": token.revoked_at.isoformat() if token.revoked_at is not None else None,
    }


def _now() -> datetime:
    return datetime.now(UTC)
