"""Ownership as FollowTheMoney entities: schemata and properties it publishes, links with both ends, what it cannot carry."""

import json
import re
from typing import Any

import pytest

from domain.effects import External, Right
from domain.identifiers import SubjectId
from ledger.evidence.ftm import FtmExport, entity_id, export_ftm
from tests.domain.builders import declare, exist, freeze, impose, move
from tests.ledger.evidence.ownership_cases import LEI, Past, port, sorts, with_nominee

ORIGIN = "ledger.example/test"
THING = {"name", "previousName", "publisher", "country"}
LEGAL = THING | {"jurisdiction", "leiCode", "registrationNumber", "dissolutionDate"}
LINK = {"role", "startDate", "endDate", "date", "recordId", "summary"}
SCHEMATA = {
    "Company": (LEGAL | {"isinCode"}, set()),
    "LegalEntity": (LEGAL, set()),
    "Organization": (LEGAL, set()),
    "PublicBody": (LEGAL, set()),
    "Person": (THING, set()),
    "RealEstate": (THING | {"propertyType", "registrationNumber"}, set()),
    "Vessel": (THING | {"imoNumber"}, set()),
    "Ownership": (LINK | {"owner", "asset", "percentage", "sharesCount", "ownershipType"}, {"owner", "asset"}),
    "Directorship": (LINK | {"director", "organization"}, {"director", "organization"}),
    "Representation": (LINK | {"agent", "client"}, {"agent", "client"}),
    "Succession": (LINK | {"predecessor", "successor"}, {"predecessor", "successor"}),
    "UnknownLink": (LINK | {"subject", "object"}, {"subject", "object"}),
    "Sanction": (LINK | {"entity", "authority", "program", "provisions", "status"}, {"entity"}),
}
"""Of the published schemata: the properties used here, and which of them name other entities."""


def exported(case: Past, *assets: str) -> FtmExport:
    return export_ftm(case.ownership(*assets), ORIGIN)


def entities(export: FtmExport, schema: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in export.format().splitlines()]
    return [entity["properties"] for entity in found if entity["schema"] == schema]


def full() -> Past:
    """Everything the export has a schema for."""
    case = with_nominee()
    case.company("alpha", External("LEI", LEI))
    case.company("ministry", kind="state-body")
    case.company("old")
    case.given(exist("merge", "party:old", "party:alpha"), on="2022-01-01", by="registrar", type="asset.merged")
    case.given(impose("trusteeship", "asset:port", "ministry"), on="2022-01-01", by="ministry")
    case.given(impose("board", "party:port", "chair", takes=""), on="2022-01-01", by="port", type="board.appointed")
    case.given(
        impose("liquidator", "party:alpha", "officer"), on="2022-01-01", by="port", type="administrator.appointed"
    )
    case.given(freeze("party:alpha"), on="2022-01-01", by="ministry", type="restriction.imposed")
    for name, kind in (("quay", "land"), ("ship", "vessel"), ("grant", "concession")):
        case.given(exist("register", f"asset:{name}", kind=kind), by="registrar", type="asset.registered")
        case.given(declare(name, {"old": "1/1"}), on="2020-01-01", by="registrar")
    return case


@pytest.mark.parametrize("case", [port, with_nominee, full])
def test_only_published_schemata_and_properties_and_every_link_has_its_ends(case):
    lines = exported(case()).format().splitlines()
    found = [json.loads(line) for line in lines]
    seen: set[str] = set()
    for entity in found:
        properties, ends = SCHEMATA[entity["schema"]]
        assert set(entity) == {"id", "schema", "properties"}
        assert set(entity["properties"]) <= properties, entity
        assert re.fullmatch(r"[0-9a-zA-Z]([0-9a-zA-Z.\-]*[0-9a-zA-Z])?", entity["id"])
        assert all(isinstance(v, str) and v for values in entity["properties"].values() for v in values)
        assert {value for end in ends for value in entity["properties"][end]} <= seen, entity
        seen.add(entity["id"])
    assert len(seen) == len(found)


def test_every_schema_it_knows_is_used_by_the_full_case():
    used = {str(entity["schema"]) for entity in exported(full()).entities}
    assert used == set(SCHEMATA) - {"Organization"}


def test_a_holding_is_an_ownership_from_its_first_to_its_last_legal_day():
    beta, gamma = (
        [e for e in entities(exported(port()), "Ownership") if e["owner"] == [f"{n}-party"]] for n in ("beta", "gamma")
    )
    assert [(e["startDate"], e["endDate"], e["percentage"], e["asset"]) for e in beta] == [
        (["2020-01-01"], ["2022-05-14"], ["50"], ["port-party"])
    ]
    assert [(e["startDate"], "endDate" in e) for e in gamma] == [(["2022-05-15"], False)]


def test_a_link_names_the_statement_that_decides_it_and_its_place_in_the_log():
    case = port()
    (sold,) = [e for e in entities(exported(case), "Ownership") if e["owner"] == ["gamma-party"]]
    sale = f"{case.record.acts[7].id}#1"
    assert sale in sold["summary"][0]
    assert "entry 7" in sold["summary"][0]
    assert sold["recordId"][0].startswith("sha256:")


def test_votes_that_follow_title_are_no_second_holding():
    assert entities(exported(port()), "UnknownLink") == [
        e for e in entities(exported(port()), "UnknownLink") if e["role"] == ["trusteeship"]
    ]
    apart = entities(exported(with_nominee()), "UnknownLink")
    assert ["votes"] in [e["role"] for e in apart if e["subject"] == ["delta-party"]]


def test_a_board_is_a_directorship_and_a_liquidator_a_representation():
    export = exported(full())
    assert [(e["director"], e["organization"]) for e in entities(export, "Directorship")] == [
        (["chair-party"], ["port-party"])
    ]
    agents = {(e["agent"][0], e["client"][0], e["role"][0]) for e in entities(export, "Representation")}
    assert agents == {("officer-party", "alpha-party", "liquidator"), ("nominee-party", "p-17-party", "nominee")}


def test_what_it_could_not_carry():
    lost = exported(full()).could_not_carry
    assert {"clock", "unknown", "one-of", "fraction", "asset", "person", "measure", "kind"} <= sorts(lost)
    assert [item.subject for item in lost if item.sort == "asset"] == ["asset:grant"]
    assert "unknown" not in sorts(exported(port()).could_not_carry)


def test_shares_are_exact_in_words_where_percent_is_rounded():
    case = Past()
    case.company("mill")
    case.given(declare("mill", {"alpha": "1/3", "beta": "1/4", "gamma": "5 of 12"}), on="2020-01-01", by="registrar")
    found = {e["owner"][0]: e for e in entities(exported(case), "Ownership")}
    assert found["alpha-party"]["percentage"] == ["~33.333333"]
    assert "title: 1/3" in found["alpha-party"]["summary"][0]
    assert found["beta-party"]["percentage"] == ["25"]
    assert found["gamma-party"]["sharesCount"] == ["5"]


def test_a_company_that_holds_itself_gets_no_link_to_itself():
    case = Past()
    case.company("mill")
    case.given(declare("mill", {"mill": "1/10", "alpha": "9/10"}), on="2020-01-01", by="registrar")
    export = exported(case)
    assert [e["owner"] for e in entities(export, "Ownership")] == [["alpha-party"]]
    assert "own-shares" in sorts(export.could_not_carry)


def test_different_subjects_never_share_an_identifier():
    names = ["party:a", "asset:a", "party:a-asset", "asset:a-party", "party:a-", "asset:a-"]
    assert len({entity_id(SubjectId(name)) for name in names}) == len(names)


def test_a_separated_right_that_returns_is_told_only_while_apart():
    case = port()
    case.given(move("port", "1/2", "gamma", "delta", Right.VOTES), on="2023-01-01", type="rights.separated")
    case.given(move("port", "1/2", "delta", "gamma", Right.VOTES), on="2024-01-01", type="rights.separated")
    found = [e for e in entities(exported(case), "UnknownLink") if e["subject"] == ["delta-party"]]
    assert [(e["startDate"], e["endDate"]) for e in found] == [(["2023-01-01"], ["2023-12-31"])]


def test_a_sanction_on_a_party_whose_place_is_not_on_record_begins_on_the_day_its_order_says():
    case = Past({"ministry": "DE"})
    case.company("port")
    case.given(declare("port", {"listed": "1/1"}), on="2020-01-01", by="registrar")
    order = freeze("party:listed", until="2023-12-31")
    case.given(order, on="2022-01-01", by="ministry", type="restriction.imposed")
    (found,) = entities(exported(case, "port"), "Sanction")
    assert (found["startDate"], found["endDate"]) == (["2022-01-01"], ["2023-12-31"])
