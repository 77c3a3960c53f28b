"""The package: everything a court needs to check one asset's history offline, built from a ledger.

Guarantees that what goes in was verified while it was gathered: each signature by the register at its position, each
proof by the verifier's own functions; and that the same ledger, question and moment give the same bytes, but for the
seal, the timestamps, and the lines that list them. Two steps, since the bundle is made from what was gathered:

    gathered = gather(source, asset, asked, now)
    archive = seal_package(gathered, {"bundle.pdf": …, "verify.html": …}, sealer)

It decides nothing about truth or completeness: what a reader may conclude, `verify` says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from domain.answers import Asked, understand
from domain.identifiers import REGISTER, SubjectId
from domain.record import Record
from ledger.errors import LedgerError, Malformed
from ledger.evidence import layout
from ledger.evidence.closure import mentions, referring, streams_of
from ledger.evidence.container import write_container
from ledger.evidence.instructions import instructions
from ledger.evidence.question import Claimed, Question
from ledger.evidence.replay import Opened, open_entries, state_of
from ledger.evidence.seal import Sealer, seal
from ledger.log.body import Checkpoint
from ledger.log.merkle import TileHashes, leaf_hash, prove_consistency, prove_inclusion, verify_consistency
from ledger.log.note import SignedNote
from ledger.log.receipt import Receipt
from ledger.log.timestamp import Stamps, note_name
from ledger.log.witness import AddCheckpoint
from ledger.statements.statement import Document


class EvidenceSource(Protocol):
    """The ledger to take evidence from; `ledger.reading.LedgerReader` is one."""

    def reading(self) -> AbstractContextManager[Record]:
        """The record of all entries, held still."""
        ...

    def entry(self, index: int, /) -> bytes: ...

    def tile(self, level: int, index: int, width: int, /) -> bytes: ...

    def checkpoint(self) -> bytes:
        """The note of the latest checkpoint."""
        ...


class EvidenceUnsound(LedgerError):
    """The ledger holds an entry that its own register does not allow: nothing is packed; audit it. `index` names it."""

    def __init__(self, index: int, why: str) -> None:
        super().__init__(f"entry {index} does not verify: {why}; run the audit")
        self.index = index
        self.why = why


@dataclass(frozen=True, slots=True)
class Gathered:
    """The members of a package but for the optional ones and what lists and seals; and what they were made from."""

    question: Question
    opened: Opened
    entries: Mapping[int, bytes]
    members: Mapping[str, bytes]

    @property
    def state(self) -> bytes:
        """`state.json`."""
        return self.members[layout.STATE]

    @property
    def checkpoint(self) -> bytes:
        """The note that all proofs lead to."""
        return self.members[layout.CHECKPOINT]


def gather(
    source: EvidenceSource,
    asset: SubjectId,
    asked: Asked,
    now: datetime,
    stamps: Stamps | None = None,
    earlier: Iterable[bytes] = (),
    documents: Sequence[bytes] = (),
) -> Gathered:
    """What is known of `asset` up to the latest checkpoint, with proofs.

    `earlier`: notes of checkpoints published before, to be shown consistent. `documents`: contents of documents that
    statements name; one that none names is refused. Raises Malformed for a question that cannot be asked, ProofInvalid for an
    earlier checkpoint that this log does not extend: somebody was shown another history.
    """
    note = source.checkpoint()
    body = Checkpoint.parse(SignedNote.parse(note).text)
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    with source.reading() as record:
        streams, indices = _closure(record, asset, body.size)
        asked = _by_size(record, asset, asked, now, body.size)
    entries = {index: source.entry(index) for index in indices}
    opened = _open(body.origin, entries, streams[REGISTER])
    claimed = {
        subject: Claimed(len(positions), leaf_hash(entries[positions[-1]]) if positions else None)
        for subject, positions in streams.items()
    }
    genesis = opened.entries[0].act.id
    question = Question(body.origin, genesis, body.size, asset, asked, now, claimed)
    hashes = TileHashes(body.size, source.tile)
    members: dict[str, bytes] = {
        layout.PACKAGE: question.to_bytes(),
        layout.CHECKPOINT: note,
        layout.STATE: state_of(opened, question),
        layout.INDEX: layout.format_index(opened.entries, entries),
    }
    register = set(streams[REGISTER])
    for index, raw in entries.items():
        members[layout.entry_name(index, index in register)] = raw
        proof = prove_inclusion(index, body.size, hashes)
        members[layout.proof_name(index)] = Receipt(index, proof, note).format()
    members.update(_history_of_the_log(body, note, hashes, stamps, earlier))
    members.update(_documents(opened, documents))
    return Gathered(question, opened, entries, members)


def seal_package(gathered: Gathered, extras: Mapping[str, bytes], sealer: Sealer, renderer: str | None = None) -> bytes:
    """The archive. `extras`: `bundle.pdf` and `verify.html`, where they are wanted; `renderer` names what set the bundle."""
    strangers = sorted(set(extras) - layout.OPTIONAL)
    if strangers:
        raise Malformed(strangers[0], f"a package has no such part; optional are {', '.join(sorted(layout.OPTIONAL))}")
    members = {**gathered.members, **extras}
    if renderer is not None:
        members[layout.PACKAGE] = replace(gathered.question, renderer=renderer).to_bytes()
    members[layout.HOW_TO] = instructions(members)
    members["mimetype"] = b"application/vnd.etsi.asic-e+zip"
    members[layout.MANIFEST] = layout.format_manifest(members)
    return write_container({**members, **seal(members, sealer)})


def _closure(record: Record, asset: SubjectId, size: int) -> tuple[dict[SubjectId, list[int]], list[int]]:
    """The streams of the closure and of the register, as positions below `size`; and all positions, in order."""
    if not record.stream(asset):
        raise Malformed("asset", f"no statement is about {asset}")
    found = streams_of(asset, mentions(record), record.find, referring(record))
    streams = {
        subject: [act.position for act in record.stream(subject) if act.position < size]
        for subject in sorted({*found, REGISTER})
    }
    return streams, sorted({position for positions in streams.values() for position in positions})


def _by_size(record: Record, asset: SubjectId, asked: Asked, now: datetime, size: int) -> Asked:
    """The question with its recorded clock as a tree size: the record of a closure could not tell it."""
    if asked.recorded is None:
        return asked
    return replace(asked, recorded=None, size=understand(record, asset, asked, now, size).size)


def _open(origin: str, entries: Mapping[int, bytes], register: Sequence[int]) -> Opened:
    about_register = set(register)
    opened = open_entries(
        origin,
        {index: raw for index, raw in entries.items() if index in about_register},
        {index: raw for index, raw in entries.items() if index not in about_register},
    )
    for index, why in opened.failures.items():
        raise EvidenceUnsound(index, why)
    return opened


def _history_of_the_log(
    body: Checkpoint, note: bytes, hashes: TileHashes, stamps: Stamps | None, earlier: Iterable[bytes]
) -> dict[str, bytes]:
    """Earlier checkpoints with their consistency proofs, and the stamps over checkpoints with what they are over."""
    members: dict[str, bytes] = {}
    names = [name for name in stamps.names() if name.size <= body.size] if stamps is not None else []
    for name in names:
        assert stamps is not None, "names come from it"
        members[f"timestamps/{name}"] = stamps.read(str(name))
        members[f"timestamps/{note_name(name.size)}"] = stamps.read(note_name(name.size))
    notes = [*earlier, *(members[f"timestamps/{note_name(name.size)}"] for name in names)]
    for old_note in notes:
        old = Checkpoint.parse(SignedNote.parse(old_note).text)
        if old.origin != body.origin or old.size > body.size:
            raise Malformed("earlier", f"the checkpoint of {old.origin} at {old.size} is none before {body.size}")
        proof = prove_consistency(old.size, body.size, hashes)
        verify_consistency(old.size, old.root, body.size, body.root, proof)
        members[f"consistency/{old.size}.proof"] = AddCheckpoint(old.size, proof, note).format()
        members.setdefault(f"consistency/{old.size}.checkpoint", old_note)
    return members


def _documents(opened: Opened, contents: Iterable[bytes]) -> dict[str, bytes]:
    """Documents by the names under which statements know them."""
    named = {
        (document.sha256, document.sha512): document
        for entry in opened.entries.values()
        for document in entry.verified.statement.evidence
        if isinstance(document, Document)
    }
    members = {}
    for content in contents:
        digests = hashlib.sha256(content).hexdigest(), hashlib.sha512(content).hexdigest()
        document = named.get(digests)
        if document is None or document.size != len(content):
            raise Malformed("documents", f"no statement of the package names the document with SHA-256 {digests[0]}")
        members[layout.document_name(document)] = content
    return members
