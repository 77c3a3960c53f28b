"""The envelope: who signed a statement, as a JWS in general JSON serialisation (RFC 7515 section 7.2.1, DESIGN
section 2).

Guarantees that `verify` returns only when each element of `signers`, in order, is answered by exactly one valid
signature, all by distinct keys, each registered to that party, in force at that position and used with its one
algorithm; and that no header changes what is checked: `alg kid typ iat` are mandatory, `x5c` (leaf only), `x5t#S256`
and `cty` allowed, all else refused. A key is never taken from a header. The register acts that carry keys are the
one exception to keys coming from the register: holders of new keys, and the roots in entry 0, sign with the keys
that the act itself brings; `domain.register` judges those acts. Bytes that are wrong are `Malformed`; what the
register does not allow is `Refused`. Certificates are compared, not validated.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final, NamedTuple, NoReturn, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.acts import Signer
from domain.effects import PublicKey
from domain.errors import Malformed
from domain.identifiers import REGISTER, PartyId
from domain.objections import Objection, Refused
from domain.register import KEY_HOLDER_ROLE, ROOT_ROLE, Register, carried_keys
from ledger.statements.base64url import decode_base64url, encode_base64url, format_base64url, parse_base64url
from ledger.statements.canonical import Json, canonical_bytes, parse_strict
from ledger.statements.keys import ALGORITHMS, Check, check_of, not_valid
from ledger.statements.members import Members, choice, listed, string, text
from ledger.statements.register_forms import thumbprint
from ledger.statements.statement import SIGNERS_MAX, STATEMENT_BYTES_MAX, Statement

ENVELOPE_BYTES_MAX: Final = 65_535
HEADER_BYTES_MAX: Final = 8_192
PLAIN_HEADER_BYTES_MAX: Final = 256
PLAIN_HEADERS_MAX: Final = 4_096
"""How many headers are kept by their bytes, and up to which length."""
STATEMENT_TYP: Final = "control-statement+json"

_SIGNATURE = rb'\{"protected":"[^"]+","signature":"[^"]+"\}'
SIGNATURES_FORM: Final = rb'"signatures":\[\{"protected":"([^"]+)","signature":"([^"]+)"\}((?:,%b)*)\]' % _SIGNATURE
"""The usual spelling, as `Envelope.to_bytes` and an entry have it: the first signature, and what follows it, mostly nothing.
What is no base64url in it, reading it refuses."""
PAYLOAD_FORM: Final = b'{"payload":"'
_REST = re.compile(rb'",%b\}' % SIGNATURES_FORM)
_MORE = re.compile(rb'"protected":"([^"]+)","signature":"([^"]+)"')
_HEADER = re.compile(
    rf'\{{"alg":"({"|".join(ALGORITHMS)})","iat":(0|[1-9][0-9]{{0,14}}),'
    r'"kid":"([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])","typ":"([a-z+-]+)"\}'
)
"""The usual header, in canonical form. The last digit of a thumbprint has two unused bits, which are zero."""

_PLACES: Final = tuple(f"/signatures/{n}/signature" for n in range(SIGNERS_MAX))
_ALGORITHM: Final = choice(*ALGORITHMS)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature: the protected header as bytes, and the signature itself, both decoded."""

    protected: bytes
    signature: bytes

    @property
    def json(self) -> Json:
        return {"protected": format_base64url(self.protected), "signature": format_base64url(self.signature)}


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload and its signatures, nothing verified yet."""

    payload: bytes
    signatures: tuple[Signature, ...]
    _spelled: bytes | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def spelled(self) -> bytes:
        """The payload in base64url: as it was read, where that is how it came."""
        return self._spelled or encode_base64url(self.payload)

    def to_bytes(self) -> bytes:
        """The envelope as a submission: JWS general JSON."""
        signatures: list[Json] = [signature.json for signature in self.signatures]
        return canonical_bytes({"payload": self.spelled.decode("ascii"), "signatures": signatures})


@dataclass(frozen=True, slots=True)
class Header:
    """A protected header. `certificate` = the leaf in DER, if the header carries one."""

    alg: str
    kid: str
    typ: str
    iat: int
    certificate: bytes | None = None


@dataclass(frozen=True, slots=True)
class VerifiedStatement:
    """A statement whose signatures are valid and whose signers the register knows. Made by `verify` only.

    `kids`: the thumbprint that signed for each element of `signers`; `issued`: each signature's `iat`, in seconds.
    """

    statement: Statement
    envelope: Envelope
    kids: tuple[str, ...]
    issued: tuple[int, ...]


class StatementKey(Protocol):
    """A private key that signs statements: a file of the keyring, or a token."""

    @property
    def alg(self) -> str: ...

    @property
    def kid(self) -> str: ...

    def sign(self, message: bytes) -> bytes:
        """The raw JWS signature over `message` (RFC 7518 section 3, RFC 9864)."""
        ...


def parse_envelope(raw: bytes, limit: int = ENVELOPE_BYTES_MAX) -> Envelope:
    """The envelope that `raw`, at most `limit` bytes, spells. Any JSON spelling, unique members. Raises Malformed."""
    start = len(PAYLOAD_FORM)
    if len(raw) <= limit and raw.startswith(PAYLOAD_FORM) and (found := _REST.fullmatch(raw, raw.find(b'"', start))):
        try:
            return envelope_of(raw[start : found.start()], *found.groups())
        except ValueError:
            pass  # refused below, with its place
    return _read_envelope(raw, limit)


def _read_envelope(raw: bytes, limit: int) -> Envelope:
    """`parse_envelope` by the letter of the format."""
    return read_envelope(Members(parse_strict(raw, limit), ""), closed=True)


def read_envelope(members: Members, *, closed: bool) -> Envelope:
    """`payload` and `signatures`; `closed` refuses members beside them."""
    payload = _payload(members.one("payload", string))
    signatures = listed(members.raw("signatures"), "/signatures", _signature, 1, SIGNERS_MAX)
    if closed:
        members.end()
    return Envelope(payload, signatures)


def envelope_of(spelled: bytes, protected: bytes, signature: bytes, more: bytes) -> Envelope:
    """The envelope of what `PAYLOAD_FORM` and `SIGNATURES_FORM` enclose. Raises ValueError, without saying where."""
    signed: tuple[Signature, ...] = (Signature(_decode_header(protected), decode_base64url(signature)),)
    if more:
        pairs = _MORE.findall(more)
        signed += tuple([Signature(_decode_header(one), decode_base64url(other)) for one, other in pairs])
        if len(signed) > SIGNERS_MAX:
            raise Malformed("", f"{len(signed)} signatures, 1 to {SIGNERS_MAX} are allowed", "list.length")
    payload = decode_base64url(spelled)
    if len(payload) > STATEMENT_BYTES_MAX:
        raise Malformed("", f"{len(payload)} bytes, at most {STATEMENT_BYTES_MAX} are allowed", "json.too-large")
    envelope = Envelope(payload, signed)
    object.__setattr__(envelope, "_spelled", spelled)
    return envelope


def _decode_header(spelled: bytes) -> bytes:
    return _kept_header(spelled) if len(spelled) <= PLAIN_HEADER_BYTES_MAX else decode_base64url(spelled)


_kept_header = lru_cache(maxsize=PLAIN_HEADERS_MAX)(decode_base64url)


def _spelled_header(protected: bytes) -> bytes:
    return _kept_spelling(protected) if len(protected) <= PLAIN_HEADER_BYTES_MAX else encode_base64url(protected)


_kept_spelling = lru_cache(maxsize=PLAIN_HEADERS_MAX)(encode_base64url)


def _payload(text: str) -> bytes:
    payload = parse_base64url(text, "/payload")
    if len(payload) > STATEMENT_BYTES_MAX:
        raise Malformed(
            "/payload", f"{len(payload)} bytes, at most {STATEMENT_BYTES_MAX} are allowed", "json.too-large"
        )
    return payload


def _signature(value: Json, where: str) -> Signature:
    members = Members(value, where)
    if "header" in members:
        raise Malformed(
            f"{where}/header", "an unprotected header proves nothing; leave it out", "envelope.unprotected-header"
        )
    protected = parse_base64url(members.one("protected", string), members.at("protected"))
    signature = parse_base64url(members.one("signature", string), members.at("signature"))
    members.end()
    return Signature(protected, signature)


def parse_header(protected: bytes, where: str, typ: str = STATEMENT_TYP) -> Header:
    """The protected header. Raises Malformed for every member but those of the format, whatever it says."""
    if len(protected) <= PLAIN_HEADER_BYTES_MAX:
        plain = _plain_header(protected)
        if plain is not None and plain.typ == typ:
            return plain
    return _read_header(protected, where, typ)


@lru_cache(maxsize=PLAIN_HEADERS_MAX)
def _plain_header(protected: bytes) -> Header | None:
    """The usual header, which who signs many statements at once writes many times."""
    found = _HEADER.fullmatch(protected.decode("latin-1"))
    if found is None:
        return None
    alg, iat, kid, typ = found.groups()
    return Header(alg, kid, typ, int(iat))


def _read_header(protected: bytes, where: str, typ: str) -> Header:
    """`parse_header` by the letter of the format."""
    value = parse_strict(protected, HEADER_BYTES_MAX, where)
    for name in value:
        if name == "crit":
            raise Malformed(f"{where}/crit", "no extension is understood here; leave crit out", "envelope.crit")
        if name not in ("alg", "kid", "typ", "iat", "x5c", "x5t#S256", "cty"):
            raise Malformed(where, f"the header {name[:40]!a} is not allowed; leave it out", "envelope.header-unknown")
    for name in ("alg", "kid", "typ", "iat"):
        if name not in value:
            raise Malformed(where, f"the header {name} is missing", "envelope.header-missing")
    members = Members(value, where)
    alg = members.one("alg", _ALGORITHM)
    kid = members.one("kid", thumbprint)
    if members.one("typ", string) != typ:
        raise Malformed(f"{where}/typ", f"expected {typ}", "envelope.typ")
    iat = members.raw("iat")
    if isinstance(iat, bool) or not isinstance(iat, int) or iat < 0:
        raise Malformed(f"{where}/iat", "expected whole seconds since 1970 as a number", "envelope.iat")
    members.maybe("cty", text)
    certificate = members.maybe("x5c", _leaf)
    digest = members.maybe("x5t#S256", string)
    if digest is not None:
        hashed = parse_base64url(digest, members.at("x5t#S256"))
        if len(hashed) != 32 or (certificate is not None and hashed != hashlib.sha256(certificate).digest()):
            raise Malformed(members.at("x5t#S256"), "not the SHA-256 of the certificate", "certificate.other-hash")
    members.end()
    return Header(alg, kid, typ, iat, certificate)


def _leaf(value: Json, where: str) -> bytes:
    """`x5c`: one certificate, the leaf, in padded base64 of its DER (RFC 7515 section 4.1.6)."""
    (spelled,) = listed(value, where, string, 1, 1)
    try:
        der = b64decode(spelled.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Malformed(where, "not base64", "certificate.spelling") from error
    if b64encode(der).decode("ascii") != spelled:
        raise Malformed(where, "base64 that does not re-encode to itself", "certificate.spelling")
    return der


def sign(
    payload: bytes,
    keys: Sequence[StatementKey],
    iat: int,
    extras: Sequence[Mapping[str, Json]] = (),
    typ: str = STATEMENT_TYP,
) -> Envelope:
    """`payload` signed by `keys`, one for each element of `signers`, in that order. `iat` in seconds since 1970.

    `extras`: for each key further protected headers (`x5c`, `x5t#S256`, `cty`), or nothing at all.
    """
    signatures = []
    for n, key in enumerate(keys):
        more = dict(extras[n]) if extras else {}
        protected = canonical_bytes({**more, "alg": key.alg, "iat": iat, "kid": key.kid, "typ": typ})
        signatures.append(Signature(protected, key.sign(signing_input(protected, payload))))
    return Envelope(payload, tuple(signatures))


def signing_input(protected: bytes, payload: bytes) -> bytes:
    """What is signed: `BASE64URL(protected) . BASE64URL(payload)` (RFC 7515 section 5.1)."""
    return b"%b.%b" % (encode_base64url(protected), encode_base64url(payload))


class DueSignature(NamedTuple):
    """A signature of which all is judged but whether it is valid: `check(signature, message, where)` raises Malformed or
    InvalidSignature unless it is. Nothing else is left to do, so that who has many checks them in one bare loop."""

    check: Check
    signature: bytes
    message: bytes
    where: str


def verify(envelope: Envelope, statement: Statement, register: Register) -> VerifiedStatement:
    """The verified statement, judged by the register in force at its position. Steps, each refusing:

    1. the statement names this ledger (`Refused`);
    2. as many signatures as signers, the headers well formed, all keys distinct (`Malformed`);
    3. each key known, of that signer, for its role, in force, used with its algorithm (`Refused`, with all objections);
    4. each certificate holds that key, each signature is valid (`Malformed`).
    """
    headers, due = due_signatures(envelope, statement, register)
    for header, (check, signature, message, where) in zip(headers, due, strict=True):
        try:
            check(signature, message, where)
        except InvalidSignature as error:
            raise not_valid(where, header.kid) from error
    return VerifiedStatement(statement, envelope, tuple([h.kid for h in headers]), tuple([h.iat for h in headers]))


def due_signatures(
    envelope: Envelope, statement: Statement, register: Register
) -> tuple[tuple[Header, ...], list[DueSignature]]:
    """Steps 1 to 3 of `verify`, and what is left of it: step 4, signature by signature. Raises Malformed, Refused."""
    assert envelope.payload == statement.payload, "the statement was parsed from this envelope"
    ledger = statement.ledger
    if ledger.origin != register.origin or ledger.genesis != register.genesis:
        _refuse_ledger(statement, register)
    headers = _read_headers(envelope, statement)
    keys = _find_keys(headers, statement, register)
    payload = envelope.spelled
    due = []
    for place, signature, header, key in zip(_PLACES, envelope.signatures, headers, keys, strict=False):
        check = check_of(key.alg, key.spki)
        if header.certificate is not None:
            check = partial(_check_certified, header.certificate, key, check)
        due.append(
            DueSignature(check, signature.signature, b"%b.%b" % (_spelled_header(signature.protected), payload), place)
        )
    return headers, due


def _check_certified(der: bytes, key: PublicKey, check: Check, signature: bytes, message: bytes, where: str) -> None:
    _check_certificate(der, key, where.removesuffix("signature") + "protected/x5c")
    check(signature, message, where)


def _refuse_ledger(statement: Statement, register: Register) -> NoReturn:
    if statement.ledger.origin != register.origin:
        words = f"the statement is for the ledger {statement.ledger.origin}, this one is {register.origin}"
        raise Refused((_impossible("ledger.other-origin", words, "/ledger/origin", "submit it there, or sign anew"),))
    words = f"this ledger was founded by {register.genesis or 'no statement yet'}, the statement names another"
    raise Refused((_impossible("ledger.other-genesis", words, "/ledger/genesis", "sign anew for this ledger"),))


def _read_headers(envelope: Envelope, statement: Statement) -> tuple[Header, ...]:
    signed, needed = len(envelope.signatures), len(statement.signers)
    if signed != needed:
        rule = "envelope.signature-missing" if signed < needed else "envelope.signature-extra"
        raise Malformed("/signatures", f"{signed} signatures, but {needed} signers; exactly one for each", rule)
    headers = tuple(
        [
            parse_header(signature.protected, f"/signatures/{n}/protected")
            for n, signature in enumerate(envelope.signatures)
        ]
    )
    if len(headers) > 1 and len({header.kid for header in headers}) != len(headers):
        raise Malformed(
            "/signatures", "one key signed twice; each signer signs with a key of its own", "envelope.key-repeated"
        )
    return headers


@dataclass(frozen=True, slots=True)
class _Owned:
    """A key as a signer may use it: its party, and the roles it may be used in (None: all but root and key-holder)."""

    key: PublicKey
    party: PartyId
    role: str | None
    revoked: int | None = None


def _find_keys(headers: tuple[Header, ...], statement: Statement, register: Register) -> tuple[PublicKey, ...]:
    """The key of each signer, from the register or, where the act brings it, from the act. Raises Refused."""
    keys = []
    for header, signer in zip(headers, statement.signers, strict=True):
        key = _usual_key(header, signer, register)
        if key is None:
            return _judge_keys(headers, statement, register)
        keys.append(key)
    return tuple(keys)


def _judge_keys(headers: tuple[Header, ...], statement: Statement, register: Register) -> tuple[PublicKey, ...]:
    """`_find_keys` where one of them is not the usual, or none at all."""
    carried = carried_keys(statement.effects) if statement.subjects == (REGISTER,) else {}
    found: list[_Owned | None] = []
    for header, signer in zip(headers, statement.signers, strict=True):
        registered = register.key(header.kid)
        if registered is not None:
            role = ROOT_ROLE if registered.root else None
            found.append(_Owned(registered.key, registered.party, role, registered.revoked))
        elif header.kid in carried:
            party, key, root = carried[header.kid]
            founding = root and register.genesis is None
            found.append(_Owned(key, party, ROOT_ROLE if founding and signer.role == ROOT_ROLE else KEY_HOLDER_ROLE))
        else:
            found.append(None)
    objections = []
    keys = []
    for n, (header, signer, owned) in enumerate(zip(headers, statement.signers, found, strict=True)):
        where = f"/signatures/{n}/protected/kid"
        if owned is None:
            remedy = "have the key registered for its party, or sign with a registered one"
            objections.append(_impossible("key.unknown", f"the register holds no key {header.kid}", where, remedy))
            continue
        objection = _misused(owned, signer, header, where)
        if objection is not None and objection.rule == "key.other-party" and _only_reordered(found, statement):
            raise Malformed(
                "/signatures",
                "the signatures are not in the order of signers; reorder them",
                "envelope.signature-reordered",
            )
        if objection is not None:
            objections.append(objection)
        keys.append(owned.key)
    if objections:
        raise Refused(tuple(objections))
    return tuple(keys)


def _usual_key(header: Header, signer: Signer, register: Register) -> PublicKey | None:
    """The registered key against which `_misused` would say nothing, of a party that signs as no root or key holder."""
    held = register.key(header.kid)
    if (
        held is not None
        and not held.root
        and held.revoked is None
        and held.party == signer.party
        and held.key.alg == header.alg
        and signer.role not in (ROOT_ROLE, KEY_HOLDER_ROLE)
    ):
        return held.key
    return None


def _only_reordered(found: list[_Owned | None], statement: Statement) -> bool:
    parties = [owned.party if owned is not None else None for owned in found]
    return sorted(str(party) for party in parties) == sorted(signer.party for signer in statement.signers)


def _misused(owned: _Owned, signer: Signer, header: Header, where: str) -> Objection | None:
    """Why this key cannot answer for this signer, if so."""
    if owned.party != signer.party:
        words = f"the key {header.kid} belongs to {owned.party}, the signer is {signer.party}"
        return _impossible("key.other-party", words, where, "sign with a key of that party")
    if owned.revoked is not None:
        words = f"the key {header.kid} was revoked in entry {owned.revoked}"
        return _impossible("key.revoked", words, where, "sign with a key that is in force")
    if owned.key.alg != header.alg:
        words = f"the key {header.kid} is registered for {owned.key.alg}, not {header.alg}"
        return _impossible("key.wrong-algorithm", words, where, f"sign with {owned.key.alg}")
    allowed = signer.role == owned.role if owned.role else signer.role not in (ROOT_ROLE, KEY_HOLDER_ROLE)
    if not allowed:
        words = f"this key signs in the role {owned.role or 'of a party to the act, never root or key-holder'}"
        return _impossible("key.wrong-role", words, where, "sign with the key for that role")
    return None


def _check_certificate(der: bytes, key: PublicKey, where: str) -> None:
    # Here and not above: hardly a header carries one, and a process that judges entries starts sooner without.
    from cryptography.x509 import load_der_x509_certificate

    try:
        spki = load_der_x509_certificate(der).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Malformed(where, "not a certificate in DER", "certificate.spelling") from error
    if spki != key.spki:
        raise Malformed(where, "the certificate holds another key than the one that kid names", "certificate.other-key")


def _impossible(rule: str, words: str, where: str, remedy: str) -> Objection:
    return Objection("impossible", rule, None, "the register", words, where, remedy)
