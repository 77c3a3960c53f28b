"""What a drill must prove of a log, from its entries' bytes alone: nothing acknowledged is lost, moved, doubled or contradicted.

Guarantees that the faults named are all there are of these kinds: an acknowledged statement that the log does not hold at the
index it was told, a receipt that does not verify against the entry there, one statement twice, an index told for two statements,
two acknowledged checkpoints of which one does not extend the other (RFC 9162 consistency, each to the next larger), and a log that
does not extend them all. The tree is built here from the bytes; no stored hash is used. It judges neither signatures nor register:
that is the audit's.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from domain.identifiers import StatementId, parse_statement_id
from ledger.errors import LedgerError, Malformed
from ledger.log.checkpoint import VerifiedCheckpoint, open_checkpoint
from ledger.log.keys import VerifierKey
from ledger.log.merkle import (
    ConsistencyInvalid,
    Frontier,
    NodeReader,
    leaf_hash,
    node_hash,
    prove_consistency,
    verify_consistency,
    verify_inclusion,
)
from ledger.log.receipt import Receipt
from ledger.statements.entry import parse_entry
from ledger.statements.statement import statement_id


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a submitter was told: the statement is entry `index`, and this receipt proves it. `at`: monotonic seconds."""

    statement: StatementId
    index: int
    receipt: bytes
    at: float

    def line(self) -> str:
        receipt = base64.b64encode(self.receipt).decode()
        return json.dumps({"statement": self.statement, "index": self.index, "receipt": receipt, "at": self.at}) + "\n"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared, and every fault found; none of them means that the drill holds."""

    acknowledged: int
    entries: int
    checkpoints: int
    faults: tuple[str, ...]


def read_acknowledged(files: Iterable[Path]) -> Iterator[Acknowledged]:
    """What submitters wrote down, a line each."""
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            statement = StatementId(parse_statement_id(told["statement"], "statement"))
            yield Acknowledged(statement, int(told["index"]), base64.b64decode(told["receipt"]), float(told["at"]))


def prove(
    entries: Sequence[bytes], told: Sequence[Acknowledged], origin: str, log_keys: Sequence[VerifierKey]
) -> Proof:
    """Compares everything that was told with the log as it is now. Raises Malformed for an entry that is none."""
    recorded = [statement_id(parse_entry(entry).envelope.payload) for entry in entries]
    leaves = [leaf_hash(entry) for entry in entries]
    faults = list(_doubled(recorded, told))
    checkpoints: dict[bytes, VerifiedCheckpoint] = {}
    for one in told:
        try:
            receipt = Receipt.parse(one.receipt)
            checkpoint = checkpoints.get(receipt.note) or open_checkpoint(receipt.note, log_keys)
            # Of a lost statement too: its checkpoint may show that the log forked.
            checkpoints[receipt.note] = checkpoint
            if (checkpoint.origin, receipt.index) != (origin, one.index):
                faults.append(f"receipt of entry {one.index}: it is of entry {receipt.index} of {checkpoint.origin}")
            elif one.index >= len(entries) or recorded[one.index] != one.statement:
                faults.append(f"lost: {one.statement} was told to be entry {one.index} of {len(entries)}")
            else:
                leaf, proof = leaves[one.index], receipt.proof
                verify_inclusion(leaf, one.index, checkpoint.size, proof, checkpoint.root)
        except (LedgerError, Malformed) as error:
            faults.append(f"receipt of entry {one.index}: {error}")
    ordered = sorted(checkpoints.values(), key=lambda one: (one.size, one.root))
    faults += _contradictions(ordered, leaves)
    return Proof(len(told), len(entries), len(ordered), tuple(faults))


def _doubled(recorded: Sequence[StatementId], told: Sequence[Acknowledged]) -> Iterator[str]:
    first: dict[StatementId, int] = {}
    for index, statement in enumerate(recorded):
        if first.setdefault(statement, index) != index:
            yield f"twice: {statement} is entries {first[statement]} and {index}"
    by_index: dict[int, StatementId] = {}
    for one in told:
        if by_index.setdefault(one.index, one.statement) != one.statement:
            yield f"twice: entry {one.index} was told for {by_index[one.index]} and for {one.statement}"


def _contradictions(ordered: Sequence[VerifiedCheckpoint], leaves: Sequence[bytes]) -> Iterator[str]:
    """Each checkpoint against the next larger, and the largest against the log: so each against every other."""
    read = _complete_subtrees(leaves)
    for old, new in pairwise(ordered):
        if new.size > len(leaves):
            break
        try:
            proof = prove_consistency(old.size, new.size, read)
            verify_consistency(old.size, old.root, new.size, new.root, proof)
        except ConsistencyInvalid as error:
            yield f"fork: {error}"
    for last in ordered[-1:]:
        if last.size > len(leaves):
            yield f"lost: a checkpoint of {last.size} entries was told, and the log has {len(leaves)}"
        elif Frontier().extend(leaves[: last.size]).root() != last.root:
            yield f"fork: the root of the first {last.size} entries is not the one that was told"


def _complete_subtrees(leaves: Sequence[bytes]) -> NodeReader:
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        row = levels[-1]
        levels.append([node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)])

    def read(level: int, index: int, /) -> bytes:
        return levels[level][index]

    return read
