"""Whoever is refused holds the ledger's own signature on why."""

from dataclasses import replace

import pytest

from domain.errors import Malformed
from domain.identifiers import StatementId
from domain.objections import Objection
from ledger.statements.canonical import canonical_bytes
from ledger.statements.envelope import sign
from ledger.statements.refusal import REFUSAL_TYP, Refusal, open_refusal, sign_refusal
from ledger.statements.statement import LedgerName
from tests.ledger.statements.samples import (
    AT,
    IAT,
    ORIGIN,
    SALE_KEYS,
    SELLER,
    SERVICE,
    altered,
    enveloped,
    founded,
    introduced,
    sale,
)  # fmt: skip

MET = StatementId("sha256:" + "ab" * 32)
OBJECTIONS = (
    Objection(
        "irregular", "freeze.live", MET, "a freeze binds the seller", "Verfügungsverbot", "/effects/0", "list it"
    ),
    Objection("impossible", "holder.too-little", None, "", "the seller holds less", "/effects/0"),
)


def refusal() -> Refusal:
    return Refusal(LedgerName(ORIGIN, founded().genesis), MET, OBJECTIONS, 2, AT)


def test_comes_back_verified():
    assert open_refusal(sign_refusal(refusal(), SERVICE).to_bytes(), introduced()) == refusal()


def test_only_the_service_key_refuses():
    with pytest.raises(Malformed) as caught:
        open_refusal(sign_refusal(refusal(), SELLER).to_bytes(), introduced())
    assert caught.value.rule == "key.unknown"


def test_of_another_ledger():
    other = replace(refusal(), ledger=LedgerName("other.example", founded().genesis))
    with pytest.raises(Malformed) as caught:
        open_refusal(sign_refusal(other, SERVICE).to_bytes(), introduced())
    assert caught.value.rule == "ledger.other-origin"


def test_a_statement_is_no_refusal_and_a_refusal_no_statement():
    one = altered(sale(), "/signers", sale()["signers"][:1])
    for envelope, rule in (
        (enveloped(one, SALE_KEYS[:1]), "envelope.typ"),
        (enveloped(sale(), SALE_KEYS), "envelope.signature-extra"),
        (sign(canonical_bytes(one), [SERVICE], IAT, typ=REFUSAL_TYP), "member.missing"),
    ):
        with pytest.raises(Malformed) as caught:
            open_refusal(envelope.to_bytes(), introduced())
        assert caught.value.rule == rule


def test_a_changed_refusal():
    envelope = sign_refusal(refusal(), SERVICE)
    changed = replace(envelope, payload=envelope.payload.replace(b"irregular", b"impossible"))
    with pytest.raises(Malformed) as caught:
        open_refusal(changed.to_bytes(), introduced())
    assert caught.value.rule == "envelope.signature-invalid"
