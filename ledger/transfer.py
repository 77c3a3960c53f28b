"""A ledger moves to another database, is backed up while it runs, and comes back: always with the same root.

Guarantees about `migrate`, `backup` and `restore` alike (DESIGN section 4): nothing is written where something is
already; what is there afterwards was read back, before it was committed, every entry hashed from its bytes, and its
tree has the root that the log's own key signed, the same as in the source; otherwise nothing is there, and an error
says why. A backup is an SQLite file, whatever the source, and gets its name only when it is proven and on disk. The
source may be appended to meanwhile: the copy is of one moment.

`restore` compares with a checkpoint that was published or witnessed, if it is given one: a copy older than that is
refused, since appending to it would fork the log.

Not done: keys. They are files of their own, and are to be kept apart from the data.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import LedgerError
from ledger.kept_state import Progress, silent
from ledger.reading import LedgerReader, require_continues, root_at
from ledger.statements.statement import LedgerName
from ledger.store import copying, schema
from ledger.store.datastore import Datastore
from ledger.store.reader import EntryReader


class CopyUnlike(LedgerError):
    """What was copied is not what the source holds. Both roots are the evidence."""

    def __init__(self, size: int, source: bytes, copied: bytes) -> None:
        super().__init__(
            f"the copy of {size} entries has the root {copied.hex()}, the source {source.hex()}; it was not kept"
        )
        self.size = size
        self.source = source
        self.copied = copied


@dataclass(frozen=True, slots=True)
class Copied:
    """A proven copy: the ledger's name, its size and root, and the checkpoint that signs them."""

    name: LedgerName
    size: int
    root: bytes
    checkpoint: bytes


def migrate(source: str, target: str, progress: Progress = silent) -> Copied:
    """Copies a ledger to another database and proves the copy. The source stays as it is.

    Raises StoreError, LogCorrupt, NotFounded, CopyUnlike.
    """
    return _copied(source, target, progress, None)


def backup(source: str, file: Path, progress: Progress = silent) -> Copied:
    """An online backup into a new SQLite file. Raises as `migrate`, and FileExistsError."""
    if file.exists():
        raise FileExistsError(f"{file} exists; a backup never replaces anything")
    unfinished = file.with_name(file.name + ".writing")
    written = (unfinished, *copying.companions(unfinished))
    for one in written:
        one.unlink(missing_ok=True)
    try:
        copied = _copied(source, f"sqlite:///{unfinished}", progress, None)
        # Only this file gets the name: what stood in the log beside it would be missing.
        copying.make_whole(unfinished)
        _sync(unfinished)
        # Never over a file that came meanwhile.
        os.link(unfinished, file)
    finally:
        for one in written:
            one.unlink(missing_ok=True)
    _sync(file.parent)
    return copied


def restore(file: Path, target: str, published: bytes | None = None, progress: Progress = silent) -> Copied:
    """A new ledger from a backup. `published`: a checkpoint of the log that it must not be older than.

    Raises as `migrate`, and LogBehind.
    """
    return _copied(f"sqlite:///{file}", target, progress, published)


def _copied(source: str, target: str, progress: Progress, published: bytes | None) -> Copied:
    proven: list[Copied] = []
    original = Datastore(source)

    def prove(copied: Datastore) -> None:
        # Compares the leaf hashes with the head and with the checkpoint that the log signed, and each entry with its own.
        reader = EntryReader(copied)
        copy = LedgerReader(reader)
        for _ in reader.entries(0, copy.size):
            pass
        found = Copied(copy.name, copy.size, copy.root(copy.size), copy.checkpoint(copy.size))
        if (root := root_at(EntryReader(original), found.size)) != found.root:
            raise CopyUnlike(found.size, root, found.root)
        if published is not None:
            require_continues(EntryReader(copied), copy.register(), found.size, published)
        proven.append(found)

    try:
        schema.check(original)
        copying.copy(original, target, prove, progress)
    finally:
        original.close()
    (found,) = proven
    return found


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
