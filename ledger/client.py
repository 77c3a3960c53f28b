"""What an integration imports: signs with a key file, checks, submits, and believes nothing it has not verified.

    trust = Trust(origin, genesis, (VerifierKey.parse(vkey),))
    with Client("https://ledger.example", trust, token, memory=Path("ledger.checkpoint")) as client:
        checked = client.check(draft)
        submitted = client.submit(sign_statement(checked.payload, [open_key(path, passphrase)]))

Guarantees that `submit` returns only when the receipt proves, under a key the caller trusts, that exactly this envelope
is in the log; that a submission whose answer was lost is repeated safely (the ledger answers a repeat with the same
entry); and that each checkpoint seen continues the last one remembered (RFC 9162 consistency, proven from tiles), or
`Forked` is raised with both notes as evidence and nothing is remembered. Trust comes from the caller, never from the
server (c2sp.org/tlog-proof, tlog-tiles).

It judges no law and verifies no state: answers about assets are the server's word; an evidence package proves them.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from domain.errors import Malformed
from domain.identifiers import StatementId, parse_statement_id
from domain.objections import Objection
from ledger.errors import LedgerError
from ledger.log.checkpoint import VerifiedCheckpoint, open_checkpoint
from ledger.log.keys import VerifierKey
from ledger.log.merkle import ConsistencyInvalid, TileHashes, prove_consistency, verify_consistency
from ledger.log.note import NOTE_BYTES_MAX
from ledger.log.receipt import NO_WITNESSES, OriginUnexpected, VerifiedReceipt, WitnessPolicy, verify_receipt
from ledger.log.tiles import Tile
from ledger.statements.canonical import Json
from ledger.statements.entry import parse_entry
from ledger.statements.envelope import Envelope, StatementKey, parse_envelope, sign
from ledger.statements.keyring import KeyUnavailable, PrivateKey, SoftwareKey
from ledger.statements.members import Members, boolean, listed, string
from ledger.statements.refusal import read_objection
from ledger.statements.schema import parse_statement
from ledger.statements.statement import statement_id

JOSE: Final = "application/jose+json"
ANSWER_BYTES_MAX: Final = 1_048_576
_AGAIN: Final = frozenset({408, 429, 502, 503, 504})


class Rejected(LedgerError):
    """The ledger answered no. `kind` is the last part of the problem's type; `refusal` the ledger's signed refusal, if it gave
    one: keep it."""

    def __init__(
        self, status: int, kind: str, detail: str, objections: tuple[Objection, ...] = (), refusal: bytes | None = None
    ) -> None:
        super().__init__(f"{detail} [{kind}]")
        self.status = status
        self.kind = kind
        self.detail = detail
        self.objections = objections
        self.refusal = refusal


class Unanswered(LedgerError):
    """No answer that can be used came, after every try. A submission may have been recorded: submit the same bytes again."""


class AnswerInvalid(LedgerError):
    """The server said something that its own proofs do not bear out. `answer` is what it said."""

    def __init__(self, why: str, answer: bytes) -> None:
        super().__init__(why)
        self.why = why
        self.answer = answer


class Forked(LedgerError):
    """The log does not continue the one seen before: both notes are signed, and together they convict it."""

    def __init__(self, remembered: bytes, offered: bytes, why: str) -> None:
        super().__init__(
            f"the log forked, or its tiles are not those it signed: {why}. Keep both checkpoints as evidence."
        )
        self.remembered = remembered
        self.offered = offered
        self.why = why


@dataclass(frozen=True, slots=True)
class Trust:
    """What the reader pins: the log's origin, the id of its founding statement, its keys, and how many witnesses it demands."""

    origin: str
    genesis: StatementId
    log_keys: tuple[VerifierKey, ...]
    witnesses: WitnessPolicy = NO_WITNESSES

    def open(self, note: bytes) -> VerifiedCheckpoint:
        """A checkpoint of this log. Raises what opening it raises."""
        checkpoint = open_checkpoint(note, (*self.log_keys, *self.witnesses.keys))
        if checkpoint.origin != self.origin:
            raise OriginUnexpected(self.origin, note, checkpoint.origin)
        return checkpoint


@dataclass(frozen=True, slots=True)
class Checked:
    """What the ledger would say of a statement. `payload` are the bytes to sign. This is the server's word."""

    statement: StatementId
    payload: bytes
    accepted: bool
    objections: tuple[Objection, ...]


@dataclass(frozen=True, slots=True)
class Submitted:
    """A statement proven to be in the log. `new` False: it was recorded before."""

    statement: StatementId
    receipt: VerifiedReceipt
    receipt_bytes: bytes
    new: bool

    @property
    def index(self) -> int:
        return self.receipt.index


def open_key(path: Path, passphrase: bytes | None) -> SoftwareKey:
    """The private key in a PKCS#8 file (PEM). Raises KeyUnavailable, Malformed for a key no register would take."""
    try:
        private = load_pem_private_key(path.read_bytes(), passphrase)
    except OSError as error:
        raise KeyUnavailable(path, f"cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise KeyUnavailable(path, "the passphrase is wrong, or the file is no PKCS#8 key") from error
    if not isinstance(private, PrivateKey):
        raise KeyUnavailable(path, "a key of a kind that signs no statements")
    return SoftwareKey.of(private)


def sign_statement(payload: bytes, keys: Sequence[StatementKey], now: float | None = None) -> bytes:
    """The envelope of a statement, signed by one key for each of its signers, in their order. Raises Malformed."""
    parse_statement(payload)
    return sign(payload, keys, int(time.time() if now is None else now)).to_bytes()


@dataclass(frozen=True)
class Patience:
    """How often to try, and how long to wait between: `first` seconds, doubled each time, at most `longest`."""

    tries: int = 6
    first: float = 0.5
    longest: float = 30.0
    sleep: Callable[[float], None] = field(default=time.sleep)


class Client:
    """A ledger over HTTP. `memory` names the file of the last checkpoint; without it, a fork is noticed in this process only."""

    def __init__(
        self,
        url: str,
        trust: Trust,
        token: str | None = None,
        memory: Path | None = None,
        patience: Patience | None = None,
        seconds: float = 30.0,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=seconds, follow_redirects=False, trust_env=False
        )
        self._trust = trust
        self._memory = _Memory(memory)
        self._patience = patience or Patience()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def check(self, statement: bytes) -> Checked:
        """The ledger's judgement on an envelope, an unsigned statement or a draft. Raises Rejected, Unanswered."""
        answer = self._ask("POST", "/v1/statements/check", statement)
        members = _members(answer)
        payload = members.one("payload", string).encode("utf-8")
        found = Checked(
            StatementId(parse_statement_id(members.one("statement", string), "statement")),
            payload,
            members.one("accepted", boolean),
            listed(members.raw("objections"), "/objections", read_objection, 0),
        )
        if statement_id(payload) != found.statement:
            raise AnswerInvalid("the payload has another id than the one beside it", answer.content)
        return found

    def submit(self, envelope: bytes) -> Submitted:
        """Records a statement and proves that it is recorded. Raises Malformed before anything is sent, Rejected, Unanswered,
        AnswerInvalid, Forked, or what verifying a receipt raises: then success is not proven."""
        sent = parse_envelope(envelope)
        ledger = parse_statement(sent.payload).ledger
        if (ledger.origin, ledger.genesis) != (self._trust.origin, self._trust.genesis):
            raise Malformed(
                "/ledger", "the statement is for another ledger than the one trusted", "ledger.other-origin"
            )
        answer = self._ask("POST", "/v1/statements", envelope)
        members = _members(answer)
        entry, receipt = members.one("entry", string).encode("utf-8"), members.one("receipt", string).encode("utf-8")
        self._require_same(sent, entry, answer.content)
        verified = verify_receipt(receipt, entry, self._trust.origin, self._trust.log_keys, self._trust.witnesses)
        self._continue(verified.checkpoint)
        return Submitted(statement_id(sent.payload), verified, receipt, answer.status_code == 201)

    def receipt(self, statement: StatementId) -> VerifiedReceipt:
        """The verified receipt of a recorded statement, under the strongest checkpoint the ledger has. Raises as `submit`."""
        entry = self._ask("GET", f"/v1/statements/{statement}", accept=JOSE).content
        if statement_id(parse_entry(entry).envelope.payload) != statement:
            raise AnswerInvalid("the entry is of another statement", entry)
        receipt = self._ask("GET", f"/v1/statements/{statement}/receipt", accept="text/plain").content
        verified = verify_receipt(receipt, entry, self._trust.origin, self._trust.log_keys, self._trust.witnesses)
        self._continue(verified.checkpoint)
        return verified

    def checkpoint(self) -> VerifiedCheckpoint:
        """The latest checkpoint, shown to continue the last one seen. Raises Forked, or what opening a note raises."""
        found = self._trust.open(self._ask("GET", "/checkpoint", accept="text/plain").content)
        self._continue(found)
        return found

    # Within

    def _require_same(self, sent: Envelope, entry: bytes, answer: bytes) -> None:
        if parse_entry(entry).envelope != sent:
            raise AnswerInvalid("the entry holds another statement or other signatures than were sent", answer)

    def _continue(self, offered: VerifiedCheckpoint) -> None:
        """Remembers a checkpoint that continues the one remembered. Raises Forked."""
        note = self._memory.read()
        if note is not None:
            remembered = self._trust.open(note)
            self._require_consistent(remembered, offered)
            if offered.size <= remembered.size:
                return
        self._memory.keep(offered.note)

    def _require_consistent(self, remembered: VerifiedCheckpoint, offered: VerifiedCheckpoint) -> None:
        old, new = sorted((remembered, offered), key=lambda checkpoint: checkpoint.size)
        try:
            proof = () if old.size in (0, new.size) else prove_consistency(old.size, new.size, self._tiles(new.size))
            verify_consistency(old.size, old.root, new.size, new.root, proof)
        except ConsistencyInvalid as error:
            raise Forked(remembered.note, offered.note, error.why) from error
        except Rejected as error:
            if error.kind != "resource-unknown":
                raise
            # A log that was rolled back, or cut: it signed a tree of which it no longer has the tiles.
            raise Forked(remembered.note, offered.note, f"no tiles of the {new.size} entries it signed") from error

    def _tiles(self, size: int) -> TileHashes:
        def tile(level: int, index: int, width: int) -> bytes:
            return self._ask("GET", f"/{Tile(level, index, width).path}", accept="*/*").content

        return TileHashes(size, tile)

    def _ask(
        self, method: str, path: str, body: bytes | None = None, accept: str = "application/json"
    ) -> httpx.Response:
        """An answer of 200 or 201. Tries again where that is safe: everything asked here may be asked twice."""
        patience, wait = self._patience, self._patience.first
        last = "no try was made"
        for n in range(patience.tries):
            if n:
                patience.sleep(wait)
            wait = min(self._patience.longest, self._patience.first * 2**n)
            headers = {"Accept": accept, **({"Content-Type": JOSE} if body is not None else {})}
            try:
                answer = self._read(method, path, headers, body)
            except (httpx.TransportError, httpx.DecodingError) as error:
                last = f"{type(error).__name__} while asking {path}"
                continue
            if answer.status_code in (200, 201):
                return answer
            if answer.status_code not in _AGAIN:
                raise _rejected(answer)
            last = f"status {answer.status_code} from {path}"
            wait = max(wait, _seconds(answer.headers.get("retry-after"), patience.longest))
        raise Unanswered(f"{last}; tried {patience.tries} times")

    def _read(self, method: str, path: str, asked: Mapping[str, str], body: bytes | None) -> httpx.Response:
        with self._http.stream(method, path, headers=dict(asked), content=body) as answer:
            found = bytearray()
            for chunk in answer.iter_bytes():
                found += chunk
                if len(found) > ANSWER_BYTES_MAX:
                    raise AnswerInvalid(f"an answer of more than {ANSWER_BYTES_MAX} bytes", bytes(found[:1024]))
            headers = answer.headers.copy()
            # What a proxy compressed has been read already: it must not be read so once more.
            headers.pop("content-encoding", None)
            return httpx.Response(answer.status_code, headers=headers, content=bytes(found))


class _Memory:
    """The note of the largest checkpoint seen: in a file, or in this process only."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._note: bytes | None = None

    def read(self) -> bytes | None:
        if self._path is not None and self._path.exists():
            with self._path.open("rb") as file:
                return file.read(NOTE_BYTES_MAX)
        return self._note

    def keep(self, note: bytes) -> None:
        """Durably, or not at all."""
        self._note = note
        if self._path is not None:
            draft = self._path.with_name(f".{self._path.name}.{os.getpid()}.new")
            with draft.open("wb") as file:
                file.write(note)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)


def _members(answer: httpx.Response) -> Members:
    value: Json
    try:
        value = json.loads(answer.content)
        return Members(value, "")
    except (ValueError, RecursionError) as error:
        raise AnswerInvalid("not the JSON object that was expected", answer.content) from error


def _rejected(answer: httpx.Response) -> LedgerError:
    """The problem in an answer; anything else that is no success is an answer of nobody we know."""
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return Unanswered(f"status {answer.status_code} without a problem: not a ledger's answer")
    members = _members(answer)
    kind = members.one("type", string).removeprefix("/problems/")
    objections: tuple[Objection, ...] = ()
    if "objections" in members:
        objections = listed(members.raw("objections"), "/objections", read_objection, 0)
    refusal = json.dumps(members.raw("refusal")).encode() if "refusal" in members else None
    return Rejected(answer.status_code, kind, members.one("detail", string), objections, refusal)


def _seconds(text: str | None, longest: float) -> float:
    return (
        min(longest, float(text)) if text is not None and text.isascii() and text.isdigit() and len(text) < 6 else 0.0
    )
