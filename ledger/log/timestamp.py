"""Timestamps of published checkpoints by outside authorities (RFC 3161), kept and verified offline.

Guarantees that a `VerifiedStamp` is over the SHA-512 of exactly the bytes given: the complete signed note as archived,
or the earlier reply that it renews; that it was signed by the certificate it names (ESSCertIDv2, RFC 5816), which is
for time-stamping alone and leads to one of the reader's roots, all valid at the stamped time. So every entry below
that checkpoint existed by then. Certificates inside a reply help to build the path and are never trusted.

`stamp` asks each authority over a `post` handed in, tries again when the line fails, verifies what it got with the
roots configured for that authority and archives the original reply; it raises for nothing that an authority does, so
that appending never waits for it. A stamp outlives its authority's certificate when another one was put over it in
time: `renewals_due` says which need that. Revocation of an authority is not checked: a reader drops its root.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from asn1crypto import cms, tsp
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import (
    Certificate,
    DuplicateExtension,
    ExtensionNotFound,
    InvalidVersion,
    UnsupportedGeneralNameType,
    load_der_x509_certificate,
)
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from ledger.errors import LedgerError, Malformed
from ledger.log.body import Checkpoint
from ledger.log.note import NOTE_BYTES_MAX, SignedNote

REPLY_BYTES_MAX: Final = 65_536
ATTEMPTS: Final = 3
RENEW_BEFORE: Final = timedelta(days=180)
_SHA512: Final = "2.16.840.1.101.3.4.2.3"
_BINDING: Final = "signing_certificate_v2"
_DIGESTS: Final = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
# What the parsers of ASN.1 and X.509 raise, late and lazily, for bytes that are neither.
_UNREADABLE: Final = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError),
    *(UnsupportedAlgorithm, ExtensionNotFound, DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType),
)
_AUTHORITY = r"[a-z0-9][a-z0-9-]{0,31}"
_NAME = re.compile(rf"(?P<size>0|[1-9][0-9]{{0,18}})-(?P<by>{_AUTHORITY}(\.{_AUTHORITY})*)\.tsr\Z")


class StampInvalid(LedgerError):
    """A reply is no stamp of these bytes by an authority under these roots. `reply` is the evidence."""

    def __init__(self, why: str, reply: bytes) -> None:
        super().__init__(f"the timestamp is refused: {why}")
        self.why = why
        self.reply = reply


class StampKept(LedgerError):
    """The folder of stamps already holds other bytes at `path`; nothing there is overwritten."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} holds other bytes than those to be kept; it is not overwritten")
        self.path = path


@dataclass(frozen=True, slots=True)
class VerifiedStamp:
    """The stamped bytes existed at `time`, says the authority whose certificate is `subject`. Made by `verify_stamp`.

    `ends` is when that certificate ends, `chain` what the reply carries of its path, in DER, for stock tools.
    """

    time: datetime
    accuracy: timedelta
    subject: str
    ends: datetime
    serial: int
    chain: tuple[bytes, ...] = field(repr=False)


def verify_stamp(reply: bytes, data: bytes, roots: Sequence[Certificate]) -> VerifiedStamp:
    """Verifies the original `reply` of an authority over `data`. Raises `StampInvalid`.

    1. a granted reply with one signer, over the SHA-512 of `data`;
    2. the signature and the path to one of `roots` at the stamped time, the leaf for time-stamping alone;
    3. the leaf is the one that the signed attributes name.
    """
    try:
        return _verify(reply, data, roots)
    except VerificationError as refused:
        told = re.search(r"Verify error: ([^\"]+)", str(refused))
        raise StampInvalid(told[1] if told else str(refused), reply) from refused
    except _UNREADABLE as refused:
        raise StampInvalid(f"it is no RFC 3161 reply with a token: {refused}", reply) from refused


def _verify(reply: bytes, data: bytes, roots: Sequence[Certificate]) -> VerifiedStamp:
    response = _read(reply)
    info = response.tst_info
    if info.message_imprint.hash_algorithm.dotted_string != _SHA512:
        raise StampInvalid("its imprint is not SHA-512", reply)
    if info.message_imprint.message != hashlib.sha512(data).digest():
        raise StampInvalid("it is over other bytes than these", reply)
    if not roots:
        raise StampInvalid("no root was given to verify it with", reply)
    builder = VerifierBuilder()
    for root in dict.fromkeys(roots):
        builder = builder.add_root_certificate(root)
    builder.build().verify(response, hashlib.sha512(data).digest())
    leaf = _leaf(reply)
    time = info.gen_time if info.gen_time.tzinfo is not None else info.gen_time.replace(tzinfo=UTC)
    accuracy = info.accuracy
    spread = timedelta()
    if accuracy is not None:
        millis, micros = accuracy.millis or 0, accuracy.micros or 0
        spread = timedelta(seconds=accuracy.seconds or 0, milliseconds=millis, microseconds=micros)
    chain = tuple(sorted(response.signed_data.certificates))
    return VerifiedStamp(
        time, spread, leaf.subject.rfc4514_string(), leaf.not_valid_after_utc, info.serial_number, chain
    )


def _read(reply: bytes) -> TimeStampResponse:
    """Parses a reply. The parser demands DER order of the certificates, which authorities do not always keep; their
    order is under no signature, so a copy in order is read, and the original kept."""
    if len(reply) > REPLY_BYTES_MAX:
        raise StampInvalid(f"{len(reply)} bytes, at most {REPLY_BYTES_MAX} are read", reply)
    parsed = tsp.TimeStampResp.load(reply, strict=True)
    signed = parsed["time_stamp_token"]["content"]
    if not isinstance(signed, cms.SignedData):
        raise StampInvalid("it holds no token", reply)
    ordered = sorted(signed["certificates"], key=lambda certificate: bytes(certificate.dump()))
    if list(signed["certificates"]) != ordered:
        signed["certificates"] = ordered
        reply = bytes(parsed.dump(force=True))
    response = decode_timestamp_response(reply)
    if len(response.signed_data.signer_infos) != 1:
        raise StampInvalid("it does not have exactly one signer", reply)
    return response


def _leaf(reply: bytes) -> Certificate:
    """The certificate that the signed attributes bind (RFC 5035, ESSCertIDv2), among those the reply carries."""
    signed = tsp.TimeStampResp.load(reply)["time_stamp_token"]["content"]
    signer = signed["signer_infos"][0]
    (bound,) = (a["values"][0]["certs"][0] for a in signer["signed_attrs"] if a["type"].native == _BINDING)
    digest = _DIGESTS[bound["hash_algorithm"]["algorithm"].native]
    for choice in signed["certificates"]:
        der = bytes(choice.chosen.dump())
        leaf = load_der_x509_certificate(der)
        named = leaf.serial_number == signer["sid"].chosen["serial_number"].native
        if named and digest(der).digest() == bound["cert_hash"].native:
            return leaf
    raise StampInvalid("no certificate in it is the one its signed attributes bind (ESSCertIDv2)", reply)


# --- what is kept ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StampName:
    """`<size>-<authority>.tsr`, over the note of that size; each further `.<authority>` renews what stands before it."""

    size: int
    authorities: tuple[str, ...]

    @classmethod
    def parse(cls, name: str) -> StampName:
        """Reads a file name. Raises Malformed."""
        matched = _NAME.match(name)
        if matched is None:
            raise Malformed(name[:100], "not the name of a stamp: <size>-<authority>.tsr")
        return cls(int(matched["size"]), tuple(matched["by"].split(".")))

    def __str__(self) -> str:
        return f"{self.size}-{'.'.join(self.authorities)}.tsr"

    @property
    def covers(self) -> str:
        """The name of the file it is over: the archived note, or the stamp it renews."""
        if len(self.authorities) == 1:
            return note_name(self.size)
        return str(StampName(self.size, self.authorities[:-1]))


def note_name(size: int) -> str:
    """The file name of an archived note."""
    return f"{size}.checkpoint"


class Stamps:
    """A folder of archived notes and the stamps over them, beside the log. Files are created once, never changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep_note(self, note: bytes) -> int:
        """Archives a published checkpoint's note for stamping; returns its size. The first note of a size stays."""
        size = Checkpoint.parse(SignedNote.parse(note).text).size
        path = self._folder / note_name(size)
        if not path.exists():
            self._write(path, note)
        return size

    def keep(self, name: StampName, reply: bytes) -> None:
        """Archives an authority's original reply. Raises `StampKept` if another one is there."""
        path = self._folder / str(name)
        if path.exists():
            if path.read_bytes() != reply:
                raise StampKept(path)
            return
        self._write(path, reply)

    def names(self) -> tuple[StampName, ...]:
        """All stamps, by size and authorities. Raises Malformed for a `.tsr` file of another name."""
        found = (StampName.parse(path.name) for path in self._folder.glob("*.tsr"))
        return tuple(sorted(found, key=lambda name: (name.size, name.authorities)))

    def read(self, name: str) -> bytes:
        """A note or a stamp by its file name. Raises `LedgerError` if it is missing or too large."""
        try:
            with (self._folder / name).open("rb") as file:
                read = file.read(NOTE_BYTES_MAX + 1)
        except FileNotFoundError as missing:
            raise LedgerError(f"{self._folder / name} is missing") from missing
        if len(read) > NOTE_BYTES_MAX:
            raise LedgerError(f"{self._folder / name} is larger than any note or stamp")
        return read

    def _write(self, path: Path, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.writing")
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)


# --- asking ------------------------------------------------------------------------------------------------------


class Post(Protocol):
    """Posts `body` to `url` as `application/timestamp-query` and returns the body of a 200. Raises OSError otherwise."""

    def __call__(self, url: str, body: bytes, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority to ask: a short name for file names, where it listens, the roots its certificates lead to."""

    name: str
    url: str
    roots: tuple[Certificate, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if re.fullmatch(_AUTHORITY, self.name) is None:
            raise Malformed("authority/name", "expected a slug of a-z, 0-9 and -, at most 32 characters")


@dataclass(frozen=True, slots=True)
class Stamped:
    """A reply verified and archived."""

    name: StampName
    stamp: VerifiedStamp


@dataclass(frozen=True, slots=True)
class Unstamped:
    """An authority that gave no usable reply: what was wrong at each attempt."""

    name: StampName
    why: tuple[str, ...]


def stamp(
    stamps: Stamps, note: bytes, authorities: Iterable[Authority], post: Post, wait: Callable[[int], None]
) -> list[Stamped | Unstamped]:
    """Has each authority stamp a published checkpoint, unless it did before. `wait(n)` is called before attempt n > 1."""
    size = stamps.keep_note(note)
    archived = stamps.read(note_name(size))
    known = set(stamps.names())
    wanted = ((StampName(size, (authority.name,)), authority) for authority in authorities)
    return [_ask(stamps, name, archived, authority, post, wait) for name, authority in wanted if name not in known]


def renew(
    stamps: Stamps, due: Iterable[StampName], authority: Authority, post: Post, wait: Callable[[int], None]
) -> list[Stamped | Unstamped]:
    """Has `authority` stamp the stamps that are `due`, so that they outlive their authorities' certificates."""
    renewed = []
    for name in due:
        above = StampName(name.size, (*name.authorities, authority.name))
        renewed.append(_ask(stamps, above, stamps.read(str(name)), authority, post, wait))
    return renewed


def renewals_due(
    stamps: Stamps, roots: Sequence[Certificate], now: datetime, before: timedelta = RENEW_BEFORE
) -> list[StampName]:
    """The stamps over which no other stands and whose authority's certificate ends within `before` from `now`."""
    names = stamps.names()
    renewed = {(name.size, name.authorities[:-1]) for name in names}
    due = []
    for name in names:
        if (name.size, name.authorities) not in renewed:
            verified = verify_stamp(stamps.read(str(name)), stamps.read(name.covers), roots)
            if verified.ends - now < before:
                due.append(name)
    return due


def examine(stamps: Stamps, roots: Sequence[Certificate]) -> list[tuple[StampName, VerifiedStamp | StampInvalid]]:
    """Every archived stamp, verified over what it covers, or why it is refused: for an audit. Raises as `Stamps` does."""
    found: list[tuple[StampName, VerifiedStamp | StampInvalid]] = []
    for name in stamps.names():
        try:
            found.append((name, verify_stamp(stamps.read(str(name)), stamps.read(name.covers), roots)))
        except StampInvalid as refused:
            found.append((name, refused))
    return found


def _ask(
    stamps: Stamps, name: StampName, data: bytes, authority: Authority, post: Post, wait: Callable[[int], None]
) -> Stamped | Unstamped:
    failures: list[str] = []
    for attempt in range(1, ATTEMPTS + 1):
        if attempt > 1:
            wait(attempt)
        request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA512).build()
        try:
            reply = post(authority.url, request.as_bytes())
            verified = verify_stamp(reply, data, authority.roots)
            if _read(reply).tst_info.nonce != request.nonce:
                raise StampInvalid("it answers another request: the nonce differs", reply)
        except (OSError, StampInvalid) as failed:
            failures.append(str(failed))
            continue
        stamps.keep(name, reply)
        return Stamped(name, verified)
    return Unstamped(name, tuple(failures))


def chain_pem(verified: VerifiedStamp) -> bytes:
    """The certificates that came with a stamp, in PEM, for `openssl ts -verify -untrusted`."""
    return b"".join(load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in verified.chain)
