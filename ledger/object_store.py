"""Publishes the log to an object store: S3 and what speaks like it, or a folder (`obstore`).

Guarantees what `ledger.publish` does, by an object store's means: tiles and bundles are put with "create only", so that
no request can replace one; each is read back and compared before the checkpoint is put, which is last, and replaces
only the very checkpoint this publication started from, so that of two publishers at once one is refused. Publishing
after a crash completes what it left. Partial tiles are deleted once the full one is there.

Not done: credentials (`obstore` reads the environment's, such as AWS_ACCESS_KEY_ID), access rules, versioning, lifecycle.
A folder reached through `obstore` cannot compare before replacing; `ledger.publish.publish` can, by its lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotFoundError,
    PreconditionError,
)
from obstore.store import LocalStore, ObjectStore, from_url

from ledger.errors import LedgerError
from ledger.log.note import NOTE_BYTES_MAX
from ledger.publish import CHECKPOINT, FolderCorrupt, folder_place

if TYPE_CHECKING:
    from obstore import Attributes, PutMode

_IMMUTABLE: Final[Attributes] = {
    "Content-Type": "application/octet-stream",
    "Cache-Control": "public, max-age=31536000, immutable",
}
_CHANGING: Final[Attributes] = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-cache"}


class StoreFailed(LedgerError):
    """The object store did not do what it was asked. Publishing again completes what is there."""


class CheckpointReplaced(LedgerError):
    """Another publisher replaced the checkpoint meanwhile; publishing again takes up from there."""


def open_place(url: str) -> ObjectPlace:
    """The place at an address such as s3://bucket/prefix or file:///folder. Raises StoreFailed."""
    with _explained(url):
        return ObjectPlace(from_url(url), url)


def published_note(where: str) -> bytes | None:
    """The note published in a folder or at an address, as it stands there; None if nothing is. Raises StoreFailed."""
    if "://" in where:
        return open_place(where).read(CHECKPOINT, NOTE_BYTES_MAX + 1)
    return folder_place(Path(where)).read(CHECKPOINT, NOTE_BYTES_MAX + 1)


class ObjectPlace:
    """A `Place` in an object store. For one publication."""

    def __init__(self, store: ObjectStore, url: str) -> None:
        self._store = store
        self._url = url.rstrip("/")
        # A folder keeps no attributes and refuses them.
        self._plain = isinstance(store, LocalStore)
        self._met: str | None = None
        self._unverified: dict[str, bytes] = {}
        self.written = 0

    def locked(self) -> AbstractContextManager[None]:
        return nullcontext()

    def address(self, path: str) -> str:
        return f"{self._url}/{path}"

    def read(self, path: str, limit: int) -> bytes | None:
        with _explained(self.address(path)):
            try:
                found = obstore.get(self._store, path)
                data = bytes(found.bytes())
            except (NotFoundError, FileNotFoundError):
                return None
        if path == CHECKPOINT:
            self._met = found.meta["e_tag"]
        return data[:limit]

    def create(self, path: str, data: bytes, full: bool) -> None:
        with _explained(self.address(path)):
            try:
                self._put(path, data, _IMMUTABLE, "create")
            except (AlreadyExistsError, PreconditionError, FileExistsError):
                # Of a publication that did not end.
                self._compare(path, data)
                return
        self.written += 1
        self._unverified[path] = data
        if full:
            self._drop_partials(path, data)

    def settle(self) -> None:
        unverified, self._unverified = self._unverified, {}
        for path, data in unverified.items():
            self._compare(path, data)

    def replace_checkpoint(self, note: bytes) -> None:
        assert not self._unverified, "everything beneath it was settled"
        met = self._met
        if self.read(CHECKPOINT, len(note) + 1) == note and self._met == met:
            return
        mode: PutMode = "create" if met is None else {"e_tag": met}
        with _explained(self.address(CHECKPOINT)):
            try:
                self._put(CHECKPOINT, note, _CHANGING, "overwrite" if self._plain else mode)
            except (AlreadyExistsError, PreconditionError, FileExistsError) as error:
                raise CheckpointReplaced(f"{self.address(CHECKPOINT)}: another publisher replaced it") from error
        self.written += 1
        self._compare(CHECKPOINT, note)

    def _put(self, path: str, data: bytes, attributes: Attributes, mode: PutMode) -> None:
        obstore.put(
            self._store, path, data, attributes=None if self._plain else attributes, mode=mode, use_multipart=False
        )

    def _compare(self, path: str, data: bytes) -> None:
        if self.read(path, len(data) + 1) != data:
            raise FolderCorrupt(self.address(path), "holds other bytes than those to be published")

    def _drop_partials(self, full: str, data: bytes) -> None:
        """Deletes the partial widths of a full tile, which is read back first."""
        self._compare(full, data)
        del self._unverified[full]
        with _explained(self.address(full)):
            for page in obstore.list(self._store, f"{full}.p"):
                paths = [found["path"] for found in page]
                obstore.delete(self._store, paths)


@contextmanager
def _explained(address: str) -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise StoreFailed(f"{address}: {str(error).strip().splitlines()[0]}. Publish again.") from error
