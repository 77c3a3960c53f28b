"""`init` and `keys`: a ledger is founded, private keys are made, and their registration is drafted.

Guarantees that private keys go to the keyring only. The founding statement names everything a reader must pin: root keys and how
many of them must sign, both log keys, the service key, the versions of rules, time zones and code lists; its id is printed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from domain.effects import PublicKey
from domain.identifiers import PartyId, SubjectId, parse_kind
from ledger.cli.help_pages import Listed
from ledger.cli.options import (
    KEYS_DEFAULT,
    LEDGER_DEFAULT,
    AsJson,
    KeysIn,
    LedgerAt,
    console,
    keyring,
    ledger_url,
    passphrase,
    print_json,
)
from ledger.log.keys import VerifierKey
from ledger.recording_clock import RecordingClock, second_clock
from ledger.statements.base64url import format_base64url
from ledger.statements.canonical import Json
from ledger.statements.envelope import sign
from ledger.statements.keyring import KeyRecord, Keyring, Use
from ledger.statements.schema import format_statement
from ledger.statements.zones import tzdata_versions

SIGNERS_MAX = 8
LAW = "2026.1"
CODES = "2026.1"

keys_app = typer.Typer(
    help="Private keys: encrypted files in a folder; never in the database.", no_args_is_help=True, cls=Listed
)


def init(
    origin: Annotated[
        str, typer.Option(metavar="NAME", help="The name of the log for ever, such as ledger.example/assets.")
    ],
    root: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A root key in the keyring, by name; repeat. None given: three are made."),
    ] = None,
    threshold: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many root keys must sign what changes the register.")
    ] = 2,
    ledger: LedgerAt = LEDGER_DEFAULT,
    keys: KeysIn = KEYS_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Found a ledger: entry 0, signed by the root keys it names."""
    found = found_ledger(ledger, keys, origin, root or [], threshold)
    if as_json:
        print_json(found)
        return
    page = console()
    page.print(f"[bold]{origin}[/bold] is founded in {ledger}.")
    page.print(f"Founding statement: {found['genesis']}\nPin it: readers know the ledger by it, whatever keys it uses.")
    page.print("Verifier keys of the log, Ed25519 first:")
    for vkey in found["vkeys"]:
        typer.echo(f"  {vkey}")


def found_ledger(
    ledger: str, folder: Path, origin: str, roots: Sequence[str], threshold: int
) -> dict[str, list[str] | str]:
    """A new ledger at `ledger` with keys in `folder`. Returns origin, genesis, vkeys and the names of its root keys."""
    from ledger.application import Ledger
    from ledger.cli.ledger_keys import make_ledger_keys
    from ledger.settings import read_settings

    RecordingClock(second=second_clock(read_settings().second_clock)).next_after(None)  # entry 0 says a time, too
    ring = keyring(folder)
    names = list(roots) or _new_roots(ring)
    by_name = {record.name: record for record in ring.records()}
    unknown = [name for name in names if name not in by_name or by_name[name].use != "root"]
    if unknown:
        raise typer.BadParameter(f"no root key is named {', '.join(unknown)}: make it with `keys new NAME --use root`")
    if not threshold <= len(names):
        raise typer.BadParameter(f"{threshold} signatures cannot be had from {len(names)} root keys")
    records = [by_name[name] for name in names]
    own = make_ledger_keys(folder, ring, passphrase, origin)
    vkeys = [own.signer.key, own.cosigner.key]
    payload = format_statement(_founding(origin, records, threshold, vkeys, ring.find("service").public))
    envelope = sign(payload, [ring.open(record.name) for record in records[:SIGNERS_MAX]], int(time.time()))
    with Ledger.create(ledger_url(ledger), envelope.to_bytes(), own) as founded:
        founded.cosign_latest()
        genesis = founded.reader.name.genesis
    return {
        "origin": origin,
        "genesis": str(genesis),
        "vkeys": [key.format() for key in vkeys],
        "roots": [record.name for record in records],
    }


def _new_roots(ring: Keyring) -> list[str]:
    return [ring.create(f"root-{n}", "root", PartyId(SubjectId(f"party:root-{n}"))).name for n in (1, 2, 3)]


def _founding(
    origin: str, roots: Sequence[KeyRecord], threshold: int, vkeys: Sequence[VerifierKey], service: PublicKey
) -> dict[str, Json]:
    effects: list[Json] = []
    for n, record in enumerate(roots):
        added: dict[str, Json] = {
            "effect": "authorise",
            "op": "root-add",
            "party": record.party,
            "key": key_json(record.public),
        }
        effects.append({**added, "threshold": str(threshold)} if n == 0 else added)
    effects += [{"effect": "authorise", "op": "log-key", "vkey": key.format()} for key in vkeys]
    effects.append({"effect": "authorise", "op": "service-key", "key": key_json(service)})
    rules: dict[str, Json] = {"law": LAW, "tzdata": tzdata_versions()[-1], "codes": CODES}
    effects.append({"effect": "authorise", "op": "rules-adopt", "rules": rules})
    return {
        "v": 1,
        "ledger": {"origin": origin, "genesis": None},
        "type": "ledger.started",
        "subjects": ["register"],
        "follows": [None],
        "actor": roots[0].party,
        "signers": [{"party": record.party, "role": "root", "capacity": "author"} for record in roots[:SIGNERS_MAX]],
        "basis": {"kind": "ceremony", "title": f"Founding of {origin} by control-ledger {version('control-ledger')}"},
        "effects": effects,
    }


def key_json(key: PublicKey) -> dict[str, Json]:
    """A public key as a statement carries it."""
    return {"alg": key.alg, "spki": format_base64url(key.spki)}


# --- keys --------------------------------------------------------------------------------------------------------


@keys_app.command("new")
def keys_new(
    name: Annotated[str, typer.Argument(help="A short name for the key: a-z, 0-9 and -.")],
    party: Annotated[str, typer.Option(metavar="PARTY", help="Whose key it is, such as party:desk.")],
    use: Annotated[
        str, typer.Option(metavar="USE", help="What it signs: statement, or root for acts on the register.")
    ] = "statement",
    alg: Annotated[str, typer.Option(metavar="ALG", help="How it signs: Ed25519, ES256 or PS256.")] = "Ed25519",
    keys: KeysIn = KEYS_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Make a private key, encrypted with the passphrase."""
    uses: dict[str, Use] = {"statement": "statement", "root": "root"}
    if use not in uses:
        raise typer.BadParameter("expected statement or root", param_hint="--use")
    owner = PartyId(SubjectId(parse_kind(party, "party", "party")))
    _print_keys([keyring(keys).create(name, uses[use], owner, alg)], as_json)


@keys_app.command("list")
def keys_list(keys: KeysIn = KEYS_DEFAULT, as_json: AsJson = False) -> None:
    """The public part of every key; no passphrase is needed."""
    _print_keys(keyring(keys).records(), as_json)


@keys_app.command("draft")
def keys_draft(
    name: Annotated[list[str], typer.Argument(help="Keys to register, at most six at once.")],
    root: Annotated[list[str], typer.Option(metavar="NAME", help="A root key that will sign, by name; repeat.")],
    keys: KeysIn = KEYS_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """The draft that registers keys, as one line, to be signed with `sign` or `import`: by the roots and by each new key."""
    by_name = {record.name: record for record in keyring(keys).records()}
    missing = [item for item in (*name, *root) if item not in by_name]
    if missing:
        raise typer.BadParameter(f"no key is named {', '.join(missing)}; `keys list` shows them")
    draft = key_draft([by_name[item] for item in name], [by_name[item] for item in root], "K01")
    if as_json:
        print_json(draft)
    else:
        typer.echo(_line(draft))


def key_draft(added: Sequence[KeyRecord], roots: Sequence[KeyRecord], label: str) -> dict[str, Json]:
    """A draft of `key.added` for these keys, signed by roots and by each key itself."""
    signers: list[Json] = [{"party": record.party, "role": "root", "capacity": "author"} for record in roots]
    signers += [{"party": record.party, "role": "key-holder", "capacity": "author"} for record in added]
    if len(signers) > SIGNERS_MAX:
        raise typer.BadParameter(f"a statement has at most {SIGNERS_MAX} signers: register fewer keys at once")
    effects: list[Json] = [
        {"effect": "authorise", "op": "key-add", "party": record.party, "key": key_json(record.public)}
        for record in added
    ]
    return {
        "label": label,
        "type": "key.added",
        "actor": roots[0].party,
        "signers": signers,
        "basis": {"kind": "ceremony", "title": "Registration of keys, each shown to be held by its party"},
        "effects": effects,
    }


def _line(draft: dict[str, Json]) -> str:
    from ledger.statements.canonical import canonical_bytes

    return canonical_bytes(draft).decode()


def _print_keys(records: Sequence[KeyRecord], as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "name": r.name,
                    "use": r.use,
                    "party": r.party,
                    "thumbprint": r.public.thumbprint,
                    "key": key_json(r.public),
                }
                for r in records
            ]
        )
        return
    page = console()
    for record in records:
        whose = record.party or "the ledger itself"
        page.print(f"[bold]{record.name}[/bold]  {record.use}, {record.public.alg}, of {whose}")
        typer.echo(f"  {record.public.thumbprint}")
    if not records:
        page.print("No keys here. `control-ledger keys new NAME --party party:…` makes one.")
