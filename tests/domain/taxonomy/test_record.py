"""CORRECTION and ASSET: each row once accepted, and objected to for what the taxonomy says speaks against it."""

from dataclasses import replace

import pytest

from domain.effects import Exist, External
from tests.domain.builders import Case, agree, declare, exist, move, ref, register, subject, void
from tests.domain.taxonomy.situations import divided, opening, port

SALE = move("port", "1/4", "beta", "gamma")
LEIS = ("5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55")
CORRECTS = {"type": "record.rectified", "basis": "correction"}


def sold() -> Case:
    case = port()
    case.accepted(SALE, on="2020-01-01")
    return case


def sale(case: Case):
    return case.record.acts[2]


# --- cor.rectify, retract, counterstatement ----------------------------------------------------------------------


def test_cor_rectify_accepted_and_the_first_record_stays_readable():
    case = sold()
    case.accepted(
        void(sale(case), ground="error"), move("port", "1/8", "beta", "gamma", on="2020-01-01"), by="beta", **CORRECTS
    )
    assert case.split("2020-06-01", "port") == {"alpha": "3/4", "beta": "1/8", "gamma": "1/8"}
    assert case.split("2020-06-01", "port", size=3) == {"alpha": "3/4", "gamma": "1/4"}


def test_cor_rectify_objected_no_pointer():
    case = sold()
    found = case.objections(move("port", "1/8", "beta", "gamma", on="2020-01-01"), by="beta", **CORRECTS)
    assert ("type.effect-missing", None) in found


def test_cor_rectify_objected_by_neither_author_nor_court():
    case = sold()
    found = case.objections(void(sale(case), ground="error"), by="stranger", **CORRECTS)
    assert found == {("void.not-recorder", sale(case).id)}


def test_cor_rectify_objected_it_ends_no_legal_effect():
    case = sold()
    assert case.objections(void(sale(case), ground="annulment"), by="beta", **CORRECTS) == {
        ("type.effect-barred", None),
        ("type.effect-missing", None),
    }


def test_cor_retract_accepted_by_who_recorded_it():
    case = sold()
    case.accepted(void(sale(case), ground="retraction"), by="beta", type="record.retracted", basis="correction")
    assert case.split("2020-06-01", "port") == {"alpha": "3/4", "beta": "1/4"}


def test_cor_counterstatement_accepted_and_changes_nothing():
    case = sold()
    case.accepted(agree("dispute", ref(sale(case), 0)), by="beta", type="record.disputed", basis="notice")
    assert case.split("2020-06-01", "port") == {"alpha": "3/4", "gamma": "1/4"}
    assert [d[0] for d in case.at("2020-06-01", "port").remarks.disputed] == [sale(case).id]


def test_cor_counterstatement_objected_it_moves_nothing():
    case = sold()
    found = case.objections(
        agree("dispute", ref(sale(case), 0)), SALE, by="beta", type="record.disputed", basis="completion"
    )
    assert found == {("type.effect-barred", None)}


# --- cor.merge_identity, split_identity --------------------------------------------------------------------------


def two(*schemes: External) -> Case:
    case = port()
    for name, scheme in zip(("one", "two"), schemes, strict=True):
        entry = replace(register(f"party:{name}", "DE"), identifiers=(scheme,))
        case.accepted(entry, type="party.registered", capacity="registrar")
    return case


JOINS = {"on": "2022-01-01", "type": "identity.joined", "basis": "extract"}


def test_cor_merge_identity_accepted_and_parted_again():
    case = two(External("register", "GB-COH 1"), External("LEI", LEIS[0]))
    case.accepted(exist("same", "party:one", "party:two"), by="steward", **JOINS)
    case.accepted(exist("distinct", "party:one", "party:two"), on="2023-01-01", by="steward", type="identity.parted",
                  basis="extract")  # fmt: skip
    assert case.objections(exist("same", "party:one", "party:one"), by="steward", **JOINS) == {("identity.cycle", None)}


def test_cor_merge_identity_objected_two_live_lei_without_authority():
    case = two(*(External("LEI", lei) for lei in LEIS))
    joined = exist("same", "party:one", "party:two")
    assert case.objections(joined, by="steward", **JOINS) == {("identity.two-live", case.record.acts[3].id)}
    assert case.objections(joined, by="steward", capacity="registrar", **JOINS) == set()
    assert case.objections(joined, by="court", **JOINS) == set()
    case.accepted(exist("end", "party:two"), on="2021-01-01", type="asset.ended")
    assert ("identity.two-live", case.record.acts[3].id) not in case.objections(joined, by="steward", **JOINS)


def test_cor_merge_identity_objected_a_cycle_of_successors():
    case = port()
    more = {"type": "party.succeeded"}
    first = case.accepted(exist("succeed", "party:one", "party:two"), on="2020-01-01", **more)
    case.accepted(exist("succeed", "party:two", "party:three"), on="2021-01-01", **more)
    found = case.objections(exist("succeed", "party:three", "party:one"), on="2022-01-01", **more)
    assert {rule for rule, _ in found} == {"identity.cycle"}
    assert case.record.find(first.id) is not None


# --- cor.seal ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["record.sealed", "record.unsealed", "record.redacted", "record.erased"])
def test_cor_seal_objected_not_offered_yet(name: str):
    case = sold()
    (found,) = case.refused(void(sale(case), ground="error"), by="beta", type=name)
    assert (found.rule, found.kind) == ("type.unknown", "impossible")
    assert "access control" in found.words


# --- ast.* -------------------------------------------------------------------------------------------------------


def test_ast_registered_accepted_and_renamed():
    case = port()
    case.accepted(register("asset:quay", "DE"))
    case.accepted(Exist("name", subject("asset:quay"), name="New Quay"), on="2022-01-01", type="asset.renamed")
    assert case.at("2022-01-01", "quay").identity.name_at(case.at("2022-01-01", "quay").at) == "New Quay"


def test_ast_registered_objected_a_slug_is_never_reused():
    case = port()
    assert case.objections(register("asset:port", "FR")) == {("subject.registered", case.record.acts[0].id)}


def test_ast_split_accepted():
    case = port()
    parts = Exist("divide", subject("asset:port"), parts=divided("1/2", "1/2"))
    case.accepted(parts, on="2022-01-01", type="asset.divided", basis="deed")
    assert [p[1] for p in case.history("port").identity.parts] == ["asset:part-0", "asset:part-1"]


def test_ast_split_objected_parts_do_not_cover_or_exceed_the_whole():
    more = {"on": "2022-01-01", "type": "asset.divided", "basis": "deed"}
    less, beyond = (Exist("divide", subject("asset:port"), parts=divided("1/2", last)) for last in ("1/4", "3/4"))
    assert port().objections(less, **more) == {("parts.below-whole", None)}
    assert port().objections(beyond, **more) == {("parts.exceed-whole", None)}


def test_ast_ended_objected_a_later_transfer():
    case = port()
    over = case.accepted(exist("end", "asset:port"), on="2021-12-31", type="asset.ended")
    assert case.objections(SALE, on="2022-01-01") == {("asset.ended", over.id)}
    assert case.objections(declare("port", {"alpha": "1/1"}), on="2022-01-01", by="x") == {("asset.ended", over.id)}
    assert case.record.find(opening(case).id) is not None


def test_ast_bill_introduced_accepted_and_changes_nothing():
    case = port()
    case.accepted(agree("bill", of="port"), on="2022-01-01", by="ministry", type="bill.introduced", basis="bill")
    assert case.split("2023-01-01", "port") == {"alpha": "3/4", "beta": "1/4"}
