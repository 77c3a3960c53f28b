"""A real small ledger in memory: the demonstration's drafts compiled, signed by fixed keys, entered and proven."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from domain.acts import Act
from domain.answers import Asked, Question, understand
from domain.answers_assets import history, show
from domain.answers_compared import forums_of
from domain.identifiers import REGISTER, Forum, SubjectId
from domain.periods import start_bounds
from domain.record import Record
from domain.register import Register
from ledger.evidence.bundle import build_bundle, bundle_input_from, renderer
from ledger.evidence.local_authority import issue
from ledger.evidence.package import gather, seal_package
from ledger.evidence.seal import Sealer
from ledger.evidence.verify_page import verify_page
from ledger.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.log.keys import Algorithm, Ed25519Signer, VerifierKey
from ledger.log.merkle import Frontier, leaf_hash, memory_nodes, prove_inclusion
from ledger.log.receipt import Receipt
from ledger.statements.base64url import format_base64url
from ledger.statements.canonical import Json, canonical_bytes
from ledger.statements.draft import DraftCompiler
from ledger.statements.entry import EMPTY_STREAM, Entry, Head, format_entry, open_entry
from ledger.statements.envelope import Envelope, sign
from ledger.statements.keyring import SoftwareKey
from ledger.statements.statement import LedgerName, Statement
from ledger.statements.zones import load_zones

DRAFTS = Path(__file__).resolve().parents[3] / "demo" / "drafts"
ORIGIN = "ledger.example/demo"
T0 = datetime(2026, 11, 22, 9, 0, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
ROOTS = ("party:demo-root-one", "party:demo-root-two")
ES256 = ("party:nordhafen-registrar", "party:baltic-quay-holding")
PS256 = ("party:nordhafen-officer-one",)
NOTHING_SAID = Asked()
ZONES = load_zones("2026f")


def seed(name: str) -> bytes:
    return hashlib.sha256(b"demo case key: " + name.encode()).digest()


@cache
def key_of(party: str) -> SoftwareKey:
    if party in ES256:
        return SoftwareKey.of(derive_private_key(int.from_bytes(seed(party)) >> 1, SECP256R1()))
    if party in PS256:
        return SoftwareKey.of(generate_private_key(65537, 3072))
    return SoftwareKey.of(Ed25519PrivateKey.from_private_bytes(seed(party)))


LOG_SIGNER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(seed("log")))
LOG_VKEY = VerifierKey(
    ORIGIN, Algorithm.ED25519, Ed25519PrivateKey.from_private_bytes(seed("log")).public_key().public_bytes_raw()
).format()


def key_json(key: SoftwareKey) -> dict[str, Any]:
    return {"alg": key.alg, "spki": format_base64url(key.public.spki)}


def by_roots(*holders: str) -> list[dict[str, Any]]:
    roots = [{"party": root, "role": "root", "capacity": "author"} for root in ROOTS]
    return roots + [{"party": party, "role": "key-holder", "capacity": "author"} for party in holders]


def founding() -> list[dict[str, Any]]:
    roots = [{"effect": "authorise", "op": "root-add", "party": r, "key": key_json(key_of(r))} for r in ROOTS]
    roots[0]["threshold"] = "2"
    rules = {"law": "2026.1", "tzdata": "2026f", "codes": "2026.1"}
    return [
        {
            "label": "G",
            "type": "ledger.started",
            "subjects": ["register"],
            "actor": ROOTS[0],
            "signers": by_roots(),
            "basis": {"kind": "ceremony", "title": "Founding of the demonstration ledger"},
            "effects": [
                *roots,
                {"effect": "authorise", "op": "log-key", "vkey": LOG_VKEY},
                {"effect": "authorise", "op": "service-key", "key": key_json(key_of("service"))},
                {"effect": "authorise", "op": "rules-adopt", "rules": rules},
            ],
        }
    ]


def keys_added(parties: Iterable[str]) -> list[dict[str, Any]]:
    """Keys for parties: of eight signers two are roots, six holders of new keys."""
    waiting = list(parties)
    drafts: list[dict[str, Any]] = []
    while waiting:
        batch, waiting = waiting[:6], waiting[6:]
        drafts.append(
            {
                "label": f"K{len(drafts)}",
                "type": "key.added",
                "subjects": ["register"],
                "actor": ROOTS[0],
                "signers": by_roots(*batch),
                "basis": {"kind": "ceremony", "title": "Keys of the parties"},
                "effects": [
                    {"effect": "authorise", "op": "key-add", "party": p, "key": key_json(key_of(p))} for p in batch
                ],
            }
        )
    return drafts


def lines(drafts: Iterable[dict[str, Any]]) -> bytes:
    return b"\n".join(canonical_bytes(draft) for draft in drafts)


@dataclass
class CaseLedger:
    """A ledger of one or more cases, appended in order."""

    entries: list[bytes] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    register: Register = field(default_factory=lambda: Register.empty(ORIGIN))
    streams: dict[str, Head] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.compiler = DraftCompiler(LedgerName(ORIGIN, None))
        self.record = Record(ZONES, self._forum_of, lambda forum, at: self.register.outer_forums(forum, at, ZONES))

    def _forum_of(self, act: Act) -> Forum | None:
        if act.subjects == (REGISTER,):
            return None
        dates = act.effective_of(act.effects[0])
        at = start_bounds(dates.start, dates.zone, ZONES)[0]
        return self.register.forum_of(act.actor, act.type, at, ZONES)

    def append_drafts(self, raw: bytes) -> None:
        for draft in self.compiler.compile(raw):
            self.append(draft.statement)

    def append(self, statement: Statement) -> None:
        iat = int(T0.timestamp())
        keys = [key_of(signer.party) for signer in statement.signers]
        self.append_envelope(statement, sign(statement.payload, keys, iat))

    def append_envelope(self, statement: Statement, envelope: Envelope) -> None:
        position = len(self.entries)
        prev = tuple(self.streams.get(subject, EMPTY_STREAM) for subject in statement.subjects)
        register = self.streams.get(REGISTER, EMPTY_STREAM)
        raw = format_entry(Entry(envelope, prev, register, T0 + timedelta(seconds=position)))
        act = open_entry(raw, position, self.register).act
        leaf = leaf_hash(raw)
        for subject, head in zip(statement.subjects, prev, strict=True):
            self.streams[subject] = Head(head.count + 1, leaf)
        self.entries.append(raw)
        self.leaves.append(leaf)
        self.acts.append(act)
        self.register = self.register.apply(act)
        self.record.add(act)

    # --- what a package holds ---

    def frontier_root(self) -> bytes:
        return self.root(len(self.leaves))

    def root(self, size: int) -> bytes:
        return Frontier().extend(self.leaves[:size]).root()

    def checkpoint(self, size: int | None = None) -> bytes:
        size = len(self.entries) if size is None else size
        return sign_checkpoint(Checkpoint(ORIGIN, size, self.root(size)), [LOG_SIGNER])

    def proof(self, index: int) -> bytes:
        path = prove_inclusion(index, len(self.entries), memory_nodes(self.leaves))
        return Receipt(index, path, self.checkpoint()).format()

    # --- an `EvidenceSource` ---

    @contextmanager
    def reading(self) -> Iterator[Record]:
        yield self.record

    def entry(self, index: int, /) -> bytes:
        return self.entries[index]

    def tile(self, level: int, index: int, width: int, /) -> bytes:
        nodes = memory_nodes(self.leaves)
        return b"".join(nodes(8 * level, 256 * index + n) for n in range(width))

    def package(
        self, asset: str, asked: Asked = NOTHING_SAID, earlier: tuple[int, ...] = (), *, whole: bool = True
    ) -> bytes:
        """The sealed evidence package; `whole`: with the bundle and the page in it."""
        gathered = gather(self, SubjectId(asset), asked, NOW, earlier=[self.checkpoint(size) for size in earlier])
        extras = {}
        if whole:
            evidence = bundle_input_from(gathered.state, gathered.entries, gathered.checkpoint)
            extras = {"bundle.pdf": build_bundle(evidence), "verify.html": verify_page()}
        return seal_package(gathered, extras, sealer(), renderer() if whole else None)

    def question(self, asset: str, asked: Asked = NOTHING_SAID) -> Question:
        return understand(self.record, SubjectId(asset), asked, NOW, len(self.entries))

    def state(self, asset: str, asked: Asked = NOTHING_SAID) -> bytes:
        question = self.question(asset, asked)
        answers = {"show": show(question), "history": history(question), "forums": forums_of(question)}
        return canonical_bytes(cast(Json, answers))


@cache
def sealer() -> Sealer:
    issued = issue("Operator of the demonstration ledger", None, T0 - timedelta(days=1))
    return Sealer(issued.key, (issued.certificate,), T0)


def parties_signing(*slugs: str) -> list[str]:
    """Who signs the drafts of these files, roots aside."""
    found: dict[str, None] = {}
    for slug in slugs:
        for line in (DRAFTS / f"{slug}.ndjson").read_bytes().splitlines():
            for signer in json.loads(line)["signers"]:
                if signer["role"] not in ("root", "key-holder"):
                    found[signer["party"]] = None
    return list(found)


def case_ledger(*slugs: str) -> CaseLedger:
    ledger = CaseLedger()
    ledger.append_drafts(lines(founding()))
    ledger.append_drafts(lines(keys_added(parties_signing("00-authorities", *slugs))))
    for slug in ("00-authorities", *slugs):
        ledger.append_drafts((DRAFTS / f"{slug}.ndjson").read_bytes())
    return ledger
