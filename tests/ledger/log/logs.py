"""Logs for the tests: the checked-in vectors, and small logs made on the spot."""

import base64
import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.log.keys import Ed25519Cosigner, Ed25519Signer, MlDsa44Cosigner, VerifierKey
from ledger.log.merkle import Frontier, leaf_hash

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "log"
KEYS = json.loads((VECTORS / "keys.json").read_text())
ORIGIN: str = KEYS["origin"]
WITNESS: str = KEYS["witness"]
LOG_KEY = VerifierKey.parse(KEYS["log_ed25519"])
LOG_PQ_KEY = VerifierKey.parse(KEYS["log_ml_dsa_44"])
WITNESS_KEY = VerifierKey.parse(KEYS["witness_ed25519"])
WITNESS_PQ_KEY = VerifierKey.parse(KEYS["witness_ml_dsa_44"])
ALL_KEYS = (LOG_KEY, LOG_PQ_KEY, WITNESS_KEY, WITNESS_PQ_KEY)


def ed25519_private(label: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(label.encode()).digest())


def ml_dsa_44_private(label: str) -> MLDSA44PrivateKey:
    return MLDSA44PrivateKey.from_seed_bytes(hashlib.sha256(label.encode()).digest())


LOG_SIGNER = Ed25519Signer(ORIGIN, ed25519_private("log ed25519"))
LOG_PQ = MlDsa44Cosigner(ORIGIN, ml_dsa_44_private("log ml-dsa-44"))
WITNESS_SIGNER = Ed25519Cosigner(WITNESS, ed25519_private("witness ed25519"))
WITNESS_PQ = MlDsa44Cosigner(WITNESS, ml_dsa_44_private("witness ml-dsa-44"))


def signature_with_small_order_r(private: Ed25519PrivateKey, text: bytes) -> bytes:
    """A signature the holder of the key can make with the identity as R, and that the library verifies."""
    public = private.public_key().public_bytes_raw()
    secret = int.from_bytes(hashlib.sha512(private.private_bytes_raw()).digest()[:32], "little")
    secret = (secret & ((1 << 254) - 8)) | (1 << 254)
    r = (1).to_bytes(32, "little")
    challenge = int.from_bytes(hashlib.sha512(r + public + text).digest(), "little")
    order = 2**252 + 27742317777372353535851937790883648493
    signature = r + (challenge * secret % order).to_bytes(32, "little")
    private.public_key().verify(signature, text)
    return signature


def vector(name: str) -> bytes:
    return (VECTORS / name).read_bytes()


def json_vector(name: str) -> dict:
    return json.loads(vector(name))


def malformed_notes() -> dict[str, bytes]:
    return {name: base64.b64decode(note) for name, note in json_vector("malformed-notes.json")["notes"].items()}


def entries(size: int) -> list[bytes]:
    return [b"entry %d" % index for index in range(size)]


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(entry) for entry in entries(size)]


def checkpoint(size: int) -> Checkpoint:
    return Checkpoint(ORIGIN, size, Frontier().extend(leaves(size)).root())


def signed(size: int) -> bytes:
    return sign_checkpoint(checkpoint(size), [LOG_SIGNER])


def flips(value: bytes) -> list[bytes]:
    """``value`` with one bit changed, once for each byte."""
    return [value[:at] + bytes((value[at] ^ 1,)) + value[at + 1 :] for at in range(len(value))]
