"""A small ledger to test with: fixed keys, its founding statement, a sale; each test alters what it needs."""

import copy
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import Malformed
from domain.register import Register
from ledger.log.keys import Algorithm, VerifierKey
from ledger.statements.base64url import format_base64url
from ledger.statements.canonical import canonical_bytes
from ledger.statements.entry import EMPTY_STREAM, Entry, format_entry, open_entry
from ledger.statements.envelope import Envelope, sign
from ledger.statements.keyring import SoftwareKey
from ledger.statements.schema import parse_statement

ORIGIN = "ledger.example/test"
AT = datetime(2026, 11, 22, 9, 30, 0, 250000, tzinfo=UTC)
IAT = 1_795_340_000


def seed(name: str) -> bytes:
    return hashlib.sha256(b"control ledger test key: " + name.encode()).digest()


@cache
def ed25519(name: str) -> Any:
    return SoftwareKey.of(Ed25519PrivateKey.from_private_bytes(seed(name)))


@cache
def es256(name: str) -> Any:
    return SoftwareKey.of(derive_private_key(int.from_bytes(seed(name)) >> 1, SECP256R1()))


def key_json(key: SoftwareKey) -> dict[str, Any]:
    return {"alg": key.alg, "spki": format_base64url(key.public.spki)}


def log_vkey(name: str = "log") -> str:
    raw = Ed25519PrivateKey.from_private_bytes(seed(name)).public_key().public_bytes_raw()
    return VerifierKey(ORIGIN, Algorithm.ED25519, raw).format()


ROOTS = (ed25519("root one"), ed25519("root two"), ed25519("root three"))
STEWARD, SELLER, BUYER, SERVICE = ed25519("steward"), ed25519("seller"), es256("buyer"), ed25519("service")
PARTIES = {"party:steward": STEWARD, "party:seller": SELLER, "party:buyer": BUYER}


def signer(party: str, role: str, capacity: str = "author") -> dict[str, Any]:
    return {"party": party, "role": role, "capacity": capacity}


def founding() -> dict[str, Any]:
    """Entry 0: three roots, two of whom must sign."""
    roots = [
        {"effect": "authorise", "op": "root-add", "party": f"party:root-{n}", "key": key_json(key)}
        for n, key in enumerate(ROOTS)
    ]
    roots[0]["threshold"] = "2"
    return {
        "v": 1,
        "ledger": {"origin": ORIGIN, "genesis": None},
        "type": "ledger.started",
        "subjects": ["register"],
        "follows": [None],
        "actor": "party:steward",
        "signers": [signer("party:root-0", "root"), signer("party:root-1", "root")],
        "basis": {"kind": "ceremony", "title": "Founding of the test ledger"},
        "effects": [
            *roots,
            {"effect": "authorise", "op": "log-key", "vkey": log_vkey()},
            {"effect": "authorise", "op": "service-key", "key": key_json(SERVICE)},
            {
                "effect": "authorise",
                "op": "rules-adopt",
                "rules": {"law": "2026.1", "tzdata": "2026f", "codes": "2026.1"},
            },
        ],
    }


def register_act(
    effects: Sequence[dict[str, Any]], signers: Sequence[dict[str, Any]], **members: Any
) -> dict[str, Any]:
    """An act about the register of the founded ledger."""
    return {
        "v": 1,
        "ledger": {"origin": ORIGIN, "genesis": parse_statement(canonical_bytes(founding())).id},
        "type": "key.added",
        "subjects": ["register"],
        "follows": [None],
        "actor": "party:steward",
        "signers": list(signers),
        "basis": {"kind": "ceremony", "title": "A change of the register"},
        "effects": list(effects),
        **members,
    }


BY_ROOTS = (signer("party:root-0", "root"), signer("party:root-1", "root"))


def introduction() -> dict[str, Any]:
    """Entry 1: keys of steward, seller and buyer, and the steward's competence."""
    added = [
        {"effect": "authorise", "op": "key-add", "party": party, "key": key_json(key)} for party, key in PARTIES.items()
    ]
    granted = {"party": "party:steward", "types": ["*"], "forum": "DE"}
    return register_act(
        [*added, {"effect": "authorise", "op": "competence-add", "competence": granted}],
        [*BY_ROOTS, *(signer(party, "key-holder") for party in PARTIES)],
    )


def sale() -> dict[str, Any]:
    """A quarter of a company is sold; seller, buyer and registrar sign."""
    return {
        "v": 1,
        "ledger": {"origin": ORIGIN, "genesis": parse_statement(canonical_bytes(founding())).id},
        "type": "ownership.transferred",
        "subjects": ["asset:nordhafen"],
        "follows": [None],
        "effective": {"from": "2024-02-29", "zone": "Europe/Berlin"},
        "notice": [{"to": "public", "at": "2024-03-01", "how": "register"}],
        "actor": "party:seller",
        "signers": [
            signer("party:seller", "seller"),
            signer("party:buyer", "buyer"),
            signer("party:steward", "registrar", "registrar"),
        ],
        "basis": {
            "kind": "completion",
            "title": "Vollzug des Kaufvertrags über 25 % – Nordhafen",
            "date": "2024-02-29",
        },
        "effects": [
            {
                "effect": "move",
                "asset": "asset:nordhafen",
                "right": "title",
                "amount": "1/4",
                "from": "party:seller",
                "to": "party:buyer",
            }
        ],
    }


SALE_KEYS = (SELLER, BUYER, STEWARD)


def altered(value: dict[str, Any], pointer: str, new: Any) -> dict[str, Any]:
    """A copy with the member at `pointer` set, or left out when `new` is `...`."""
    result = copy.deepcopy(value)
    *path, last = pointer.strip("/").split("/")
    place: Any = result
    for step in path:
        place = place[int(step)] if isinstance(place, list) else place[step]
    key: Any = int(last) if isinstance(place, list) else last
    if new is ...:
        del place[key]
    else:
        place[key] = new
    return result


def attempt(function: Callable[..., Any], *arguments: Any) -> Any:
    """What `function` returns, or the Malformed it raises."""
    try:
        return function(*arguments)
    except Malformed as error:
        return error


def enveloped(members: dict[str, Any], keys: Sequence[SoftwareKey]) -> Envelope:
    return sign(canonical_bytes(members), keys, IAT)


def recorded(register: Register, envelope: Envelope, position: int) -> Register:
    """The register after `envelope` was recorded as entry `position`; its streams are taken to be empty before."""
    subjects = parse_statement(envelope.payload).subjects
    entry = Entry(envelope, (EMPTY_STREAM,) * len(subjects), EMPTY_STREAM, AT)
    return register.apply(open_entry(format_entry(entry), position, register).act)


@cache
def founded() -> Register:
    """After entry 0."""
    return recorded(Register.empty(ORIGIN), enveloped(founding(), ROOTS[:2]), 0)


@cache
def introduced() -> Register:
    """After entry 1."""
    return recorded(founded(), enveloped(introduction(), [*ROOTS[:2], *PARTIES.values()]), 1)
