"""A small real ledger to test with: a SQLite file, founded by two of three roots, with parties who can sign.

    with founded(tmp_path) as house:
        house.submit(house.sale("1/4"))

`DESK` (registrar), `SCRIBE` (transcriber), `MINISTRY` (authority) with two officers, `ANNA` and `BODO` (private
parties). All keys come from their names; the clock starts at a fixed moment and moves only when a test moves it.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from domain.identifiers import SubjectId
from ledger.application import Ledger, LedgerKeys, Recorded
from ledger.log.keys import Ed25519Signer, MlDsa44Cosigner
from ledger.reading import LedgerReader
from ledger.statements.base64url import format_base64url
from ledger.statements.canonical import canonical_bytes
from ledger.statements.envelope import sign
from ledger.statements.keyring import SoftwareKey
from ledger.statements.statement import statement_id
from tests.ledger.statements.samples import ed25519, es256, seed

ORIGIN = "ledger.example/test"
START = datetime(2026, 1, 15, 9, 30, 0, 250000, tzinfo=UTC)
IAT = 1_768_469_400
DESK, SCRIBE, MINISTRY = "party:desk", "party:scribe", "party:ministry"
OFFICER_ONE, OFFICER_TWO = "party:officer-one", "party:officer-two"
ANNA, BODO = "party:anna", "party:bodo"
PARTIES = (DESK, SCRIBE, MINISTRY, OFFICER_ONE, OFFICER_TWO, ANNA, BODO)
PORT = SubjectId("asset:port")
ROOTS = tuple(f"party:root-{n}" for n in (1, 2, 3))
Members = dict[str, Any]


@cache
def key_of(party: str) -> SoftwareKey:
    """The key of a party; Bodo's is of another algorithm than the others'."""
    return es256(party) if party == BODO else ed25519(party)


def key_json(key: SoftwareKey) -> Members:
    return {"alg": key.alg, "spki": format_base64url(key.public.spki)}


@cache
def ledger_keys() -> LedgerKeys:
    return LedgerKeys(
        Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(seed("log"))),
        MlDsa44Cosigner(ORIGIN, MLDSA44PrivateKey.from_seed_bytes(seed("log cosigner"))),
        ed25519("service"),
    )


def by(party: str, role: str = "author", capacity: str = "author") -> Members:
    return {"party": party, "role": role, "capacity": capacity}


BY_ROOTS = (by(ROOTS[0], "root"), by(ROOTS[1], "root"))
BY_DESK = (by(DESK, "registrar", "registrar"),)


def founding(**members: Any) -> Members:
    """Entry 0."""
    keys = ledger_keys()
    roots = [{"effect": "authorise", "op": "root-add", "party": r, "key": key_json(key_of(r))} for r in ROOTS]
    roots[0]["threshold"] = "2"
    vkeys = [keys.signer.key.format(), keys.cosigner.key.format()]
    return {
        "v": 1,
        "ledger": {"origin": ORIGIN, "genesis": None},
        "type": "ledger.started",
        "subjects": ["register"],
        "follows": [None],
        "actor": ROOTS[0],
        "signers": list(BY_ROOTS),
        "basis": {"kind": "ceremony", "title": "Founding of the test ledger"},
        "effects": [
            *roots,
            *({"effect": "authorise", "op": "log-key", "vkey": vkey} for vkey in vkeys),
            {"effect": "authorise", "op": "service-key", "key": key_json(ed25519("service"))},
            {
                "effect": "authorise",
                "op": "rules-adopt",
                "rules": {"law": "2026.1", "tzdata": "2026f", "codes": "2026.1"},
            },
        ],
        **members,
    }


def signed(members: Members, keys: Sequence[SoftwareKey] | None = None) -> bytes:
    """The envelope of a statement, by the keys of its signers."""
    by_keys = keys or [key_of(signer["party"]) for signer in members["signers"]]
    return sign(canonical_bytes(members), by_keys, IAT).to_bytes()


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


class House:
    """A founded ledger with its registered parties; writes statements that follow what it recorded itself."""

    def __init__(self, ledger: Ledger, clock: Clock, url: str) -> None:
        self.ledger = ledger
        self.clock = clock
        self.url = url
        self.genesis = statement_id(canonical_bytes(founding()))
        self._numbers = itertools.count(1)

    @property
    def path(self) -> Path:
        """The file of a ledger on SQLite."""
        return Path(self.url.removeprefix("sqlite:///"))

    @property
    def reader(self) -> LedgerReader:
        return self.ledger.reader

    def submit(self, members: Members, keys: Sequence[SoftwareKey] | None = None) -> Recorded:
        return self.ledger.submit(signed(members, keys))

    def submit_now(self, text: str) -> Recorded:
        """A report, after other processes recorded by the real clock."""
        self.clock.at = datetime.now(UTC)
        return self.submit(self.note(text))

    def statement(self, type_: str, effects: Sequence[Members] = (), **members: Any) -> Members:
        """A statement of the registrar about the port, following what is on record; `members` replace its own."""
        subjects = members.get("subjects", [PORT])
        return {
            "v": 1,
            "ledger": {"origin": ORIGIN, "genesis": self.genesis},
            "type": type_,
            "subjects": subjects,
            "follows": [self.reader.head_of(subject) for subject in subjects],
            "actor": DESK,
            "signers": list(BY_DESK),
            "basis": {"kind": "register-entry", "title": f"Entry {next(self._numbers)}"},
            "effects": list(effects),
            **members,
        }

    def register_act(self, type_: str, *effects: Members, signers: Sequence[Members] = BY_ROOTS) -> Members:
        return self.statement(
            type_,
            [{"effect": "authorise", **effect} for effect in effects],
            subjects=["register"],
            actor=ROOTS[0],
            signers=list(signers),
            basis={"kind": "ceremony", "title": f"Act {next(self._numbers)} of the register"},
        )

    def introduce(self) -> None:
        """Keys of all parties and competences of the officials: two entries."""
        added = [{"op": "key-add", "party": party, "key": key_json(key_of(party))} for party in PARTIES]
        holders = [by(party, "key-holder") for party in PARTIES]
        # A statement has at most eight signers: two roots and six holders.
        for low in range(0, len(added), 6):
            self.submit(
                self.register_act("key.added", *added[low : low + 6], signers=[*BY_ROOTS, *holders[low : low + 6]])
            )
        grants: list[Members] = [{"party": party, "types": ["*"]} for party in (DESK, SCRIBE)]
        grants += [
            {"party": party, "types": ["control.*", "trusteeship.*"], "forum": "DE"}
            for party in (MINISTRY, OFFICER_ONE, OFFICER_TWO)
        ]
        self.submit(
            self.register_act(
                "competence.granted", *({"op": "competence-add", "competence": grant} for grant in grants)
            )
        )

    def registered(self, asset: str = PORT, **members: Any) -> Members:
        """The port, with Anna as its one owner."""
        place = {"kind": "company", "place": "DE", "zone": "Europe/Berlin", "name": asset.title()}
        return self.statement(
            "asset.registered",
            [{"effect": "exist", "op": "register", "subject": asset, **place}],
            **{"subjects": [asset], "effective": {"from": "2000-01-01", "zone": "Europe/Berlin"}, **members},
        )

    def declared(self, asset: str = PORT, **members: Any) -> Members:
        return self.statement(
            "ownership.declared",
            [{"effect": "declare", "asset": asset, "right": "title", "split": [{"holder": ANNA, "share": "1/1"}]}],
            **{"subjects": [asset], "effective": {"from": "2001-01-01", "zone": "Europe/Berlin"}, **members},
        )

    def sale(self, amount: str = "1/4", day: str = "2024-02-29", asset: str = PORT, **members: Any) -> Members:
        """Anna sells a share to Bodo; both sign, and the registrar."""
        move = {"effect": "move", "asset": asset, "right": "title", "amount": amount, "from": ANNA, "to": BODO}
        return self.statement(
            "ownership.transferred",
            **{
                "effects": [move],
                "subjects": [asset],
                "effective": {"from": day, "zone": "Europe/Berlin"},
                "actor": ANNA,
                "signers": [by(ANNA, "seller"), by(BODO, "buyer"), *BY_DESK],
                "basis": {"kind": "completion", "title": f"Completion {next(self._numbers)}"},
                **members,
            },
        )

    def resale(self, **members: Any) -> Members:
        """Bodo sells a quarter to Anna, which he has only after a sale."""
        move = {"effect": "move", "asset": PORT, "right": "title", "amount": "1/4", "from": BODO, "to": ANNA}
        signers = [by(BODO, "seller"), by(ANNA, "buyer"), *BY_DESK]
        return self.sale(**{"day": "2024-05-02", "actor": BODO, "signers": signers, "effects": [move], **members})

    def note(self, text: str, subject: str = PORT, **members: Any) -> Members:
        """A statement that changes nothing, by the registrar."""
        return self.statement(
            "report.recorded",
            [{"effect": "state", "kind": "report", "asset": subject, "text": text}],
            subjects=[subject],
            **members,
        )


@contextmanager
def founded(folder: Path) -> Iterator[House]:
    """A ledger in a file of the folder, with its founding entry, its parties and the port: six entries."""
    with founded_at(f"sqlite:///{folder / 'ledger.db'}") as house:
        yield house


@contextmanager
def founded_at(url: str) -> Iterator[House]:
    """The same in any empty database, which for SQLite is no file yet."""
    clock = Clock()
    with Ledger.create(url, signed(founding()), ledger_keys(), clock) as ledger:
        house = House(ledger, clock, url)
        house.introduce()
        house.submit(house.registered())
        house.submit(house.declared())
        yield house
