"""Writes the vectors beside it that do not exist yet; run with the project's interpreter from the project's folder."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))
package = ModuleType("tests")
package.__path__ = [str(ROOT / "tests")]
sys.modules["tests"] = package

from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402

from domain.errors import Malformed  # noqa: E402
from ledger.statements.base64url import format_base64url  # noqa: E402
from ledger.statements.canonical import canonical_bytes  # noqa: E402
from ledger.statements.entry import EMPTY_STREAM, Entry, Head, format_entry, parse_entry  # noqa: E402
from ledger.statements.envelope import Envelope, Signature, parse_envelope, parse_header  # noqa: E402
from ledger.statements.keyring import SoftwareKey  # noqa: E402
from ledger.statements.refusal import sign_refusal  # noqa: E402
from ledger.statements.schema import parse_statement  # noqa: E402
from ledger.statements.statement import statement_id  # noqa: E402
from tests.ledger.statements import forms, samples, test_canonical, test_envelope, test_refusal, test_schema  # noqa: E402

HERE = Path(__file__).resolve().parent
PARSERS: dict[str, Callable[[bytes], object]] = {
    "statement": parse_statement,
    "envelope": parse_envelope,
    "header": lambda raw: parse_header(raw, ""),
    "entry": parse_entry,
}


def payloads() -> dict[str, bytes]:
    named = {"founding": samples.founding(), "introduction": samples.introduction(), "sale": samples.sale()}
    named |= {f"every-form-of-{name}": members for name, members in forms.ALL.items()}
    return {name: canonical_bytes(members) for name, members in named.items()}


def refused() -> list[dict[str, str]]:
    found = []

    def add(parser: str, name: str, raw: bytes) -> None:
        try:
            PARSERS[parser](raw)
        except Malformed as error:
            case = {"name": name, "parser": parser, "rule": error.rule or "", "where": error.where}
            found.append({**case, "bytes": format_base64url(raw)})
        else:
            raise SystemExit(f"{name} is not refused")

    for name, (raw, _) in test_canonical.REFUSED.items():
        if len(raw) < 10_000:
            add("statement", name, raw)
    for name, (where, value, _) in test_schema.HEAD_REFUSALS.items():
        add("statement", name, canonical_bytes(samples.altered(forms.every_form(forms.RIGHTS), where, value)))
    for name, (effects, where, value, _) in test_schema.EFFECT_REFUSALS.items():
        members = samples.altered(forms.every_form(effects), f"/effects{where}", value)
        add("statement", name, canonical_bytes(members))
    for name, (header, _) in test_envelope.HEADERS.items():
        if name != "no certificate":  # compared with the key, so refused when the signature is verified
            add("header", name, json.dumps(header).encode())
    envelope = json.loads(samples.enveloped(samples.sale(), samples.SALE_KEYS).to_bytes())
    for name, (change, _) in test_envelope.WIRE.items():
        add("envelope", name, json.dumps(change(envelope)).encode())
    entry = json.loads(entries()["sale"])
    for name, where, value in (
        ("a head of an empty stream", "/register/count", "0"),
        ("a time without milliseconds", "/recorded_at", "2026-11-22T09:30:00Z"),
        ("a member more", "/extra", "1"),
    ):
        add("entry", name, canonical_bytes(samples.altered(entry, where, value)))
    return found


def entries() -> dict[str, bytes]:
    founding = samples.enveloped(samples.founding(), samples.ROOTS[:2])
    sale = samples.enveloped(samples.sale(), samples.SALE_KEYS)
    return {
        "founding": format_entry(Entry(founding, (EMPTY_STREAM,), EMPTY_STREAM, samples.AT)),
        "sale": format_entry(Entry(sale, (Head(7, bytes(range(32))),), Head(2, b"\xff" * 32), samples.AT)),
    }


def ps256() -> tuple[bytes, bytes]:
    """A statement by a card's RSA key: PSS draws salts, so these bytes are made once only."""
    key = SoftwareKey.of(rsa.generate_private_key(public_exponent=65537, key_size=3072))
    add = {"effect": "authorise", "op": "key-add", "party": "party:card", "key": samples.key_json(key)}
    added = samples.register_act([add], [*samples.BY_ROOTS, samples.signer("party:card", "key-holder")])
    act = samples.altered(samples.sale(), "/signers", [samples.signer("party:card", "seller")])
    signed = samples.enveloped(samples.altered(act, "/actor", "party:card"), [key])
    return samples.enveloped(added, [*samples.ROOTS[:2], key]).to_bytes(), signed.to_bytes()


def write(name: str, content: bytes) -> None:
    path = HERE / name
    if not path.exists():
        path.write_bytes(content)
        print("wrote", name)


def pretty(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


if __name__ == "__main__":
    for name, payload in payloads().items():
        write(f"statement-{name}.json", payload)
    write("ids.json", pretty({name: statement_id(payload) for name, payload in payloads().items()}))
    write("envelope-founding-ed25519.json", samples.enveloped(samples.founding(), samples.ROOTS[:2]).to_bytes())
    introduction_keys = [*samples.ROOTS[:2], *samples.PARTIES.values()]
    write("envelope-introduction-ed25519-es256.json", samples.enveloped(samples.introduction(), introduction_keys).to_bytes())
    write("envelope-sale-ed25519-es256.json", samples.enveloped(samples.sale(), samples.SALE_KEYS).to_bytes())
    if not (HERE / "envelope-sale-ps256.json").exists():
        card, sale = ps256()
        write("envelope-key-added-ps256.json", card)
        write("envelope-sale-ps256.json", sale)
    small = samples.enveloped(samples.sale(), samples.SALE_KEYS)
    first = small.signatures[0]
    weak = Signature(first.protected, test_envelope.SMALL_ORDER_R + first.signature[32:])
    write("envelope-refused-small-order-r.json", Envelope(small.payload, (weak, *small.signatures[1:])).to_bytes())
    for name, raw in entries().items():
        write(f"entry-{name}.json", raw)
    write("refusal.json", sign_refusal(test_refusal.refusal(), samples.SERVICE).to_bytes())
    write("refused.json", pretty(refused()))
