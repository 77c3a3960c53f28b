"""Keys that sign notes: verifier keys, what each algorithm signs, and the signers around private keys.

Implements the signature types 0x01 of c2sp.org/signed-note and 0x04 and 0x06 of c2sp.org/tlog-cosignature. A verifier
key carries its own algorithm, so nothing in a note can choose one; its key id is computed, never taken. Ed25519 keys
and signatures on which verifiers disagree are refused (`ledger.log.ed25519`). What is a valid signature, the
``cryptography`` library defines.

It knows no note: framing and which signatures suffice are `ledger.log.note`'s. Cosignatures of subtrees that do not
start at leaf 0 have no place in a note and are not made or read.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, assert_never

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from ledger.errors import LedgerError, Malformed
from ledger.log import ed25519
from ledger.log.body import Checkpoint
from ledger.log.encoding import format_base64, parse_base64

KEY_ID_BYTES = 4
KEY_NAME_BYTES_MAX = 255
"""What the one-byte length before the name in an ML-DSA-44 cosigned message can hold."""

VERIFIER_KEY_CHARS_MAX = 4096
TIME_MAX = 2**63 - 1
_TIME_BYTES = 8
_KEY_ID_HEX = re.compile(r"[0-9a-f]{8}")


class Algorithm(IntEnum):
    """Signature type identifier bytes (c2sp.org/signed-note, "Signature types")."""

    ED25519 = 0x01
    ED25519_COSIGNATURE = 0x04
    ML_DSA_44_COSIGNATURE = 0x06


_PUBLIC_BYTES = {Algorithm.ED25519: 32, Algorithm.ED25519_COSIGNATURE: 32, Algorithm.ML_DSA_44_COSIGNATURE: 1312}
_FIELD_BYTES = {
    Algorithm.ED25519: 64,
    Algorithm.ED25519_COSIGNATURE: _TIME_BYTES + 64,
    Algorithm.ML_DSA_44_COSIGNATURE: _TIME_BYTES + 2420,
}


class SignatureInvalid(LedgerError):
    """A signature that names a known key is not that key's signature of the text."""

    def __init__(self, why: str, key: VerifierKey, text: bytes, signature: bytes) -> None:
        super().__init__(f"the signature of {key.name}+{key.key_id.hex()} is refused: {why}")
        self.why = why
        self.key = key
        self.text = text
        self.signature = signature


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named public key, with the algorithm it is for."""

    name: str
    algorithm: Algorithm
    public: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if len(self.public) != _PUBLIC_BYTES[self.algorithm]:
            raise Malformed("verifier key", f"{self.algorithm.name} keys do not have {len(self.public)} bytes")
        if self.algorithm is not Algorithm.ML_DSA_44_COSIGNATURE:
            ed25519.check_public_key(self.public)

    @property
    def key_id(self) -> bytes:
        """The first four bytes of ``SHA256(name‖0A‖type‖public key)``."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed_public()).digest()[:KEY_ID_BYTES]

    @classmethod
    def parse(cls, spelled: str) -> VerifierKey:
        """Reads ``name+hex(key id)+base64(type‖public key)``; raises `Malformed`, also if the key id is not the key's.

        Split at the first two ``+`` only: base64 contains others.
        """
        if len(spelled) > VERIFIER_KEY_CHARS_MAX:
            raise Malformed("verifier key", f"longer than {VERIFIER_KEY_CHARS_MAX} characters")
        parts = spelled.split("+", 2)
        if len(parts) != 3:
            raise Malformed("verifier key", "not name+id+key")
        name, key_id, encoded = parts
        if _KEY_ID_HEX.fullmatch(key_id) is None:
            raise Malformed("verifier key/id", "not eight lower-case hexadecimal digits")
        typed = parse_base64(encoded, "verifier key/key")
        if not typed or typed[0] not in tuple(Algorithm):
            raise Malformed("verifier key/key", "not of a known signature type")
        key = cls(name, Algorithm(typed[0]), typed[1:])
        if key.key_id.hex() != key_id:
            raise Malformed("verifier key/id", f"is {key_id} where the key's own is {key.key_id.hex()}")
        return key

    def format(self) -> str:
        """The inverse of `parse`."""
        return f"{self.name}+{self.key_id.hex()}+{format_base64(self._typed_public())}"

    def verify(self, text: bytes, signature: bytes) -> VerifiedSignature:
        """Checks one signature field (what follows the key id in a signature line) of the note text ``text``.

        Raises `SignatureInvalid` if it does not verify, `Malformed` if a cosignature is on what is no checkpoint.
        """

        def refuse(why: str) -> SignatureInvalid:
            return SignatureInvalid(why, self, text, signature)

        if len(signature) != _FIELD_BYTES[self.algorithm]:
            raise refuse(f"has {len(signature)} bytes")
        time, bare = None, signature
        if self.algorithm is not Algorithm.ED25519:
            time, bare = int.from_bytes(signature[:_TIME_BYTES], "big"), signature[_TIME_BYTES:]
            if time > TIME_MAX:
                raise refuse("its time is greater than 2^63-1")
        message = self._message(text, time or 0)
        try:
            self._verify_bare(bare, message)
        except InvalidSignature as refused:
            raise refuse("it does not verify") from refused
        except Malformed as refused:
            raise refuse(refused.why) from refused
        return VerifiedSignature(self, time)

    def _message(self, text: bytes, time: int) -> bytes:
        match self.algorithm:
            case Algorithm.ED25519:
                return text
            case Algorithm.ED25519_COSIGNATURE:
                return ed25519_cosigned_message(text, time)
            case Algorithm.ML_DSA_44_COSIGNATURE:
                return ml_dsa_44_cosigned_message(self.name, text, time)
            case _:
                assert_never(self.algorithm)

    def _verify_bare(self, bare: bytes, message: bytes) -> None:
        match self.algorithm:
            case Algorithm.ED25519 | Algorithm.ED25519_COSIGNATURE:
                ed25519.check_signature_r(bare)
                Ed25519PublicKey.from_public_bytes(self.public).verify(bare, message)
            case Algorithm.ML_DSA_44_COSIGNATURE:
                MLDSA44PublicKey.from_public_bytes(self.public).verify(bare, message)
            case _:
                assert_never(self.algorithm)

    def _typed_public(self) -> bytes:
        return bytes((self.algorithm,)) + self.public


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """``key`` signed the note it was found in; ``time`` is a cosignature's, in POSIX seconds, else None.

    A cosignature time is the cosigner's claim. Zero, which ML-DSA-44 cosignatures may carry, claims no time.
    """

    key: VerifierKey
    time: int | None


class Signer(Protocol):
    """Signs note texts as themselves."""

    @property
    def key(self) -> VerifierKey: ...

    def sign(self, text: bytes) -> bytes:
        """The signature field for the note text ``text``."""
        ...


class Cosigner(Protocol):
    """Signs checkpoints as seen at a time."""

    @property
    def key(self) -> VerifierKey: ...

    def cosign(self, text: bytes, time: int) -> bytes:
        """The signature field for the checkpoint ``text`` at ``time``, in POSIX seconds."""
        ...


class Ed25519Signer:
    """Signs notes with type 0x01."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.key = VerifierKey(name, Algorithm.ED25519, private.public_key().public_bytes_raw())

    def sign(self, text: bytes) -> bytes:
        return self._private.sign(text)


class Ed25519Cosigner:
    """Cosigns checkpoints with type 0x04. Its message does not bind the name: one private key serves one cosigner."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.key = VerifierKey(name, Algorithm.ED25519_COSIGNATURE, private.public_key().public_bytes_raw())

    def cosign(self, text: bytes, time: int) -> bytes:
        return _join_time(time, self._private.sign(ed25519_cosigned_message(text, time)))


class MlDsa44Cosigner:
    """Cosigns checkpoints with type 0x06, for witnesses and for the log's own post-quantum signature."""

    def __init__(self, name: str, private: MLDSA44PrivateKey) -> None:
        self._private = private
        self.key = VerifierKey(name, Algorithm.ML_DSA_44_COSIGNATURE, private.public_key().public_bytes_raw())

    def cosign(self, text: bytes, time: int) -> bytes:
        return _join_time(time, self._private.sign(ml_dsa_44_cosigned_message(self.key.name, text, time)))


def ed25519_cosigned_message(text: bytes, time: int) -> bytes:
    """What a 0x04 cosignature signs: two header lines, then the whole checkpoint text."""
    Checkpoint.parse(text)
    return b"cosignature/v1\ntime %d\n" % time + text


def ml_dsa_44_cosigned_message(name: str, text: bytes, time: int) -> bytes:
    """What a 0x06 cosignature signs: the ``cosigned_message`` structure for the whole tree of the checkpoint."""
    checkpoint = Checkpoint.parse(text)
    encoded_name, origin = name.encode(), checkpoint.origin.encode()
    return b"".join(
        (
            b"subtree/v1\n\x00",
            bytes((len(encoded_name),)),
            encoded_name,
            time.to_bytes(8, "big"),
            bytes((len(origin),)),
            origin,
            (0).to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def check_key_name(name: str) -> str:
    """Returns ``name`` if it is 1 to 255 bytes of UTF-8 without spaces, control characters and pluses."""
    try:
        encoded = name.encode("utf-8")
    except UnicodeEncodeError as refused:
        raise Malformed("key name", "not representable in UTF-8") from refused
    if not 1 <= len(encoded) <= KEY_NAME_BYTES_MAX:
        raise Malformed("key name", f"a key name has 1 to {KEY_NAME_BYTES_MAX} bytes, not {len(encoded)}")
    if any(character < " " or character == "+" or character.isspace() for character in name):
        raise Malformed("key name", "contains a space, a control character or a plus")
    return name


def _join_time(time: int, signature: bytes) -> bytes:
    return time.to_bytes(_TIME_BYTES, "big") + signature
