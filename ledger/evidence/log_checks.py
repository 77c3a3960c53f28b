"""The checks of a package that need no law: is it whole, is it of this log, what was in the log, since when.

Guarantees that each check tells everything it finds, names the item, and raises for nothing that a package holds. Keys,
origin, witnesses and roots come from the reader's anchors. `record_checks` reads what the entries say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from domain.record import Record
from ledger.errors import LedgerError, Malformed
from ledger.evidence import layout
from ledger.evidence.anchors import Anchors
from ledger.evidence.container import Container
from ledger.evidence.findings import Result
from ledger.evidence.question import Question
from ledger.evidence.replay import Opened
from ledger.evidence.seal import SealInvalid, manifest_differences, open_seal
from ledger.log.body import Checkpoint
from ledger.log.checkpoint import VerifiedCheckpoint, open_checkpoint
from ledger.log.encoding import decode_lines, parse_hash
from ledger.log.keys import Algorithm
from ledger.log.merkle import leaf_hash, verify_consistency, verify_inclusion
from ledger.log.note import SignedNote
from ledger.log.timestamp import StampName, note_name, verify_stamp
from ledger.log.witness import AddCheckpoint
from ledger.statements.statement import Document

PROOF_BYTES_MAX: Final = 8192
"""More than 64 hashes in base64 and two lines need."""


@dataclass(slots=True)
class Evidence:
    """A package under verification: its members, the reader's anchors, and what the checks made out so far.

    `body` is the checkpoint as read, signed or not, so that later checks can name what disagrees with it.
    """

    container: Container
    anchors: Anchors
    question: Question | None = None
    body: Checkpoint | None = None
    opened: Opened | None = None
    record: Record | None = None
    roots: dict[int, bytes] = field(default_factory=dict)
    """Roots of earlier checkpoints, by size, shown consistent with the package's."""
    members: Mapping[str, bytes] = field(init=False)
    statements: dict[int, bytes] = field(init=False)
    register: dict[int, bytes] = field(init=False)
    entries: dict[int, bytes] = field(init=False)
    """All entries, by index."""
    leaves: dict[int, bytes] = field(init=False)
    """Their leaf hashes."""

    def __post_init__(self) -> None:
        self.members = self.container.members
        self.statements, self.register = layout.statements_in(self.members), layout.register_in(self.members)
        self.entries = {**self.statements, **self.register}
        self.leaves = {index: leaf_hash(raw) for index, raw in self.entries.items()}


def check_container(evidence: Evidence, result: Result) -> None:
    """The archive has the one form."""
    for deviation in evidence.container.deviations:
        result.find(deviation.item, deviation.words)
    result.notes.append(f"{len(evidence.members)} members")


def check_manifest(evidence: Evidence, result: Result) -> None:
    """The manifest lists exactly the members there are, with their hashes."""
    members = evidence.members
    raw = members.get(layout.MANIFEST)
    if raw is None:
        result.find(layout.MANIFEST, "is missing")
        return
    try:
        listed = layout.parse_manifest(raw)
    except Malformed as refused:
        result.find(layout.MANIFEST, refused.why)
        listed = {}
    due = layout.manifest_lines(members)
    for name, digest in due:
        if name not in listed:
            result.find(name, "is in the package and not in the manifest")
        elif listed[name] != digest:
            result.find(name, "has not the SHA-256 that the manifest states")
    for name in listed:
        if name not in members:
            result.find(name, "is in the manifest and not in the package")
    if raw != layout.format_manifest_of(due) and not result.findings:
        result.find(layout.MANIFEST, "is not in its one form")
    for name in layout.unknown_names(members):
        result.find(name, "is no part of a package")


def check_question(evidence: Evidence, result: Result) -> None:
    """The package says which log and question it is about; log and genesis are the reader's."""
    raw = evidence.members.get(layout.PACKAGE)
    if raw is None:
        result.find(layout.PACKAGE, "is missing: the package does not say what it is about")
        return
    try:
        evidence.question = question = Question.parse(raw)
    except Malformed as refused:
        result.find(layout.PACKAGE, str(refused))
        return
    anchors = evidence.anchors
    if question.origin != anchors.origin:
        result.find(layout.PACKAGE, f"is of the log {question.origin}, the reader asks about {anchors.origin}")
    if question.genesis != anchors.genesis:
        result.find(
            layout.PACKAGE, f"is of a ledger founded by {question.genesis}, the reader trusts {anchors.genesis}"
        )


def check_checkpoint(evidence: Evidence, result: Result) -> None:
    """The log the reader knows signed the checkpoint, and enough of the reader's witnesses did."""
    anchors, note = evidence.anchors, evidence.members.get(layout.CHECKPOINT)
    if note is None:
        result.find(layout.CHECKPOINT, "is missing")
        return
    try:
        evidence.body = Checkpoint.parse(SignedNote.parse(note).text)
        verified = open_checkpoint(note, (*anchors.log_keys, *anchors.witnesses.keys))
        if verified.origin != anchors.origin:
            result.find(layout.CHECKPOINT, f"is of the log {verified.origin}, not of {anchors.origin}")
        anchors.witnesses.check(verified)
    except (Malformed, LedgerError) as refused:
        result.find(layout.CHECKPOINT, str(refused))
        return
    question = evidence.question
    if question is not None and question.size != verified.size:
        result.find(layout.PACKAGE, f"speaks of {question.size} entries, the checkpoint of {verified.size}")
    result.notes.append(f"{verified.size} entries, root {verified.root.hex()}")
    result.notes += _signers_told(verified)


def _signers_told(verified: VerifiedCheckpoint) -> list[str]:
    names = {Algorithm.ED25519: "Ed25519", Algorithm.ML_DSA_44_COSIGNATURE: "ML-DSA-44, post-quantum"}
    told = [f"signed by the log with {names[s.key.algorithm]}" for s in verified.log_signatures]
    return told + [f"cosigned by the witness {s.key.name} at {s.time}" for s in verified.cosignatures]


def check_inclusion(evidence: Evidence, result: Result) -> None:
    """Every entry is in the log at its index, by a proof to the checkpoint."""
    body, note = evidence.body, evidence.members.get(layout.CHECKPOINT)
    if body is None or note is None:
        result.undone = "there is no checkpoint to lead to"
        return
    proofs, entries = layout.proofs_in(evidence.members), evidence.entries
    if not entries:
        result.find("statements", "the package holds no entry")
    for index in entries:
        name = layout.proof_name(index)
        if index not in proofs:
            result.find(name, "is missing: the entry is not shown to be in the log")
            continue
        try:
            hashes = _proof_of(proofs[index], index, note)
            verify_inclusion(evidence.leaves[index], index, body.size, hashes, body.root)
        except Malformed as refused:
            result.find(name, str(refused))
        except LedgerError as refused:
            result.find(_entry_name(evidence, index), f"is not in the log as it stands here: {refused}")
    for index in proofs:
        if index not in entries:
            result.find(layout.proof_name(index), "is a proof of an entry that is not here")
    both = evidence.statements.keys() & evidence.register.keys()
    for index in sorted(both):
        result.find(layout.entry_name(index, False), "stands among the statements and in the register")
    result.notes.append(f"{len(entries)} entries")


def _proof_of(raw: bytes, index: int, note: bytes) -> tuple[bytes, ...]:
    """The hashes of a proof of entry `index` to the checkpoint `note`, in its one form. Raises Malformed.

    The note is compared, not read again for each proof: it was read once, and is the most of a proof's bytes.
    """
    if not raw.endswith(b"\n\n" + note):
        raise Malformed("", "leads to another checkpoint than that of the package, or is no proof")
    lines = decode_lines(raw[: -len(note) - 2], "", PROOF_BYTES_MAX).split("\n")
    if lines[:2] != ["c2sp.org/tlog-proof@v1", f"index {index}"]:
        raise Malformed("", f"is not a proof of entry {index} without extra data")
    return tuple([_hash(line) for line in lines[2:]])


@lru_cache(maxsize=4096)
def _hash(spelled: str) -> bytes:
    """The proofs of one package share most of their hashes."""
    return parse_hash(spelled, "")


def _entry_name(evidence: Evidence, index: int) -> str:
    return layout.entry_name(index, layout.entry_name(index, True) in evidence.members)


def check_consistency(evidence: Evidence, result: Result) -> None:
    """The log only grew between earlier checkpoints and the package's."""
    body, note, anchors = evidence.body, evidence.members.get(layout.CHECKPOINT), evidence.anchors
    sizes = layout.earlier_in(evidence.members)
    if body is None or note is None:
        result.undone = "there is no checkpoint to lead to"
        return
    if not sizes:
        result.undone = "the package holds no earlier checkpoint"
    for size in sizes:
        old_name, proof_name = f"consistency/{size}.checkpoint", f"consistency/{size}.proof"
        missing = [name for name in (old_name, proof_name) if name not in evidence.members]
        if missing:
            result.find(missing[0], "is missing")
            continue
        try:
            old = open_checkpoint(evidence.members[old_name], (*anchors.log_keys, *anchors.witnesses.keys))
            if (old.origin, old.size) != (anchors.origin, size):
                raise Malformed("", f"is of {old.origin} at {old.size} entries")
        except (Malformed, LedgerError) as refused:
            result.find(old_name, str(refused))
            continue
        try:
            proof = AddCheckpoint.parse(evidence.members[proof_name])
            if proof.old_size != size or proof.note != note or proof.format() != evidence.members[proof_name]:
                raise Malformed("", f"does not lead from {size} entries to the package's checkpoint")
            verify_consistency(size, old.root, body.size, body.root, proof.proof)
        except (Malformed, LedgerError) as refused:
            result.find(proof_name, str(refused))
            continue
        evidence.roots[size] = old.root
    if evidence.roots:
        result.notes.append(f"the log only grew since it had {', '.join(map(str, sorted(evidence.roots)))} entries")


def check_stamps(evidence: Evidence, result: Result) -> None:
    """Authorities under the reader's roots stamped checkpoints that the package's extends."""
    members, roots = evidence.members, evidence.anchors.stamp_roots
    files = sorted(name for name in members if name.startswith("timestamps/"))
    covered = {f"timestamps/{name.covers}" for file in files if (name := _stamp_name(file)) is not None}
    stamps = [file for file in files if file.endswith(".tsr")]
    for file in files:
        if file not in stamps and file not in covered:
            result.find(file, "no stamp here is over it")
    if not stamps:
        result.undone = "the package holds no timestamp"
        return
    if not roots:
        result.undone = "the reader gave no root of a time-stamping authority"
    for file in stamps:
        name = _stamp_name(file)
        if name is None:
            result.find(file, "is not the name of a stamp: <size>-<authority>.tsr")
            continue
        data = members.get(f"timestamps/{name.covers}")
        if data is None:
            result.find(f"timestamps/{name.covers}", f"is missing: {file} is over it")
            continue
        _check_stamped_note(evidence, name, result)
        if not roots:
            continue
        try:
            stamp = verify_stamp(members[file], data, roots)
        except LedgerError as refused:
            result.find(file, str(refused))
            continue
        over = f"entries 0 to {name.size - 1}" if len(name.authorities) == 1 else f"the stamp {name.covers}"
        ends = f"its certificate ends {stamp.ends:%Y-%m-%d}"
        result.notes.append(
            f"{over} existed at {stamp.time:%Y-%m-%dT%H:%M:%SZ} (± {stamp.accuracy.total_seconds():g} s), says {stamp.subject}; "
            f"{ends}"
        )


def _stamp_name(file: str) -> StampName | None:
    try:
        return StampName.parse(file.removeprefix("timestamps/"))
    except Malformed:
        return None


def _check_stamped_note(evidence: Evidence, name: StampName, result: Result) -> None:
    """What is stamped is a checkpoint that was shown consistent with the package's."""
    file = f"timestamps/{note_name(name.size)}"
    note = evidence.members.get(file)
    if note is None:
        result.find(file, "is missing: stamps are over it")
        return
    try:
        body = Checkpoint.parse(SignedNote.parse(note).text)
    except Malformed as refused:
        result.find(file, str(refused))
        return
    if body.size != name.size or evidence.roots.get(name.size) != body.root or body.origin != evidence.anchors.origin:
        result.find(file, "is not shown to be a checkpoint of this log that the package's extends")


def check_documents(evidence: Evidence, result: Result) -> None:
    """Each document is one that a statement names, with its size and both its hashes."""
    held = {name: data for name, data in evidence.members.items() if name.startswith("documents/")}
    named: dict[str, Document] = {}
    if evidence.opened is None or not evidence.opened.entries:
        result.undone = "no entry can be read that would name any"
    for entry in evidence.opened.entries.values() if evidence.opened is not None else ():
        for known in entry.verified.statement.evidence:
            if isinstance(known, Document):
                named[layout.document_name(known)] = known
    for name, data in held.items():
        document = named.get(name)
        if document is None:
            result.find(name, "no statement names this document")
        elif (document.size, document.sha256, document.sha512) != (
            len(data),
            hashlib.sha256(data).hexdigest(),
            hashlib.sha512(data).hexdigest(),
        ):
            result.find(name, "is not the document that the statement names")
    result.notes.append(f"{len(held)} of {len(named)} documents that statements name are in the package")


def check_seal(evidence: Evidence, result: Result) -> None:
    """Who put the package together: the seal is over every member, by a certificate under the reader's roots."""
    for item, words in manifest_differences(evidence.members):
        result.find(item, words)
    for name in evidence.members:
        if name.startswith("META-INF/") and name not in ("META-INF/ASiCManifest001.xml", "META-INF/signature001.p7s"):
            result.find(name, "is no part of a package")
    try:
        seal = open_seal(evidence.members, evidence.anchors.seal_roots)
    except SealInvalid as refused:
        result.find(refused.item, refused.why)
        return
    result.notes.append(f"sealed by {seal.subject}; the time {seal.signed_at:%Y-%m-%dT%H:%M:%SZ} is the sealer's claim")
    if not seal.rooted:
        result.undone = "the signature is valid, but the reader gave no root: whose certificate that is, is not known"
    if seal.uncovered:
        result.notes.append(f"unsigned attributes, covered by nothing: {', '.join(seal.uncovered)}")
