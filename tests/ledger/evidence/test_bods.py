"""Ownership as BODS 0.4: accepted by the standard's own checker, true to the ledger, open about what it cannot carry."""

import json
import re
from pathlib import Path
from typing import Any

import libcovebods.additionalfields
import libcovebods.config
import libcovebods.data_reader
import libcovebods.jsonschemavalidate
import libcovebods.run_tasks
import libcovebods.schema
import libcovebods.tasks.checks.legacy_checks
import libcovebods.tasks.checks.record_based_checks
import pytest

from domain.effects import External
from ledger.evidence.bods import BodsExport, export_bods
from tests.domain.builders import declare, freeze, impose, move, permit, proceed
from tests.ledger.evidence.ownership_cases import LEI, Past, port, sorts, with_nominee

ORIGIN = "ledger.example/test"


@pytest.fixture
def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What the checker has against a data set. The list of org-id codes it would fetch is given here."""
    for module in ("legacy_checks", "record_based_checks"):
        where = getattr(libcovebods.tasks.checks, module)
        monkeypatch.setattr(where, "get_orgids_prefixes", lambda: ["XI-LEI", "GB-COH", "NL-KVK", "DK-CVR", "UA-EDR"])

    def check(text: str) -> list[Any]:
        file = tmp_path / "bods.json"
        file.write_text(text, encoding="utf-8")
        data = libcovebods.data_reader.DataReader(str(file))
        config = libcovebods.config.LibCoveBODSConfig()
        schema = libcovebods.schema.SchemaBODS(data, config)
        assert schema.schema_version == "0.4"
        found: list[Any] = [e.json() for e in libcovebods.jsonschemavalidate.JSONSchemaValidator(schema).validate(data)]
        found += libcovebods.run_tasks.process_additional_checks(data, config, schema)["additional_checks"]
        return found + list(libcovebods.additionalfields.AdditionalFields(schema).process(data))

    return check


def exported(case: Past, *assets: str) -> BodsExport:
    return export_bods(case.ownership(*assets), ORIGIN)


def relations(export: BodsExport) -> dict[str, list[dict[str, Any]]]:
    """The interests of each relationship, by record."""
    data = json.loads(export.format())
    return {s["recordId"]: s["recordDetails"]["interests"] for s in data if s["recordType"] == "relationship"}


def record(export: BodsExport, name: str) -> dict[str, Any]:
    (found,) = [s for s in json.loads(export.format()) if s["recordId"] == name]
    return dict(found)


@pytest.mark.parametrize("case", [port, with_nominee])
def test_the_checker_of_the_standard_accepts_it(case, problems):
    assert problems(exported(case()).format()) == []


def test_and_would_not_accept_a_relationship_before_its_parties(problems):
    data = json.loads(exported(port()).format())
    assert problems(json.dumps(data[::-1])) != []


def test_each_right_is_an_interest_over_legal_days():
    found = relations(exported(port(), "port"))
    assert set(found) == {
        "party:port/party:alpha", "party:port/party:beta", "party:port/party:gamma", "party:port/party:ministry",
        "party:alpha/party:root",
    }  # fmt: skip
    beta = found["party:port/party:beta"]
    assert [i["type"] for i in beta] == ["shareholding", "votingRights", "rightsToProfitOrIncome"]
    assert {(i["startDate"], i["endDate"], i["share"]["exact"]) for i in beta} == {("2020-01-01", "2022-05-15", 50)}
    assert [("endDate" in i, i["startDate"]) for i in found["party:port/party:gamma"]] == [(False, "2022-05-15")] * 3


def test_a_measure_of_control_is_an_interest_by_law_and_ends_after_its_last_day():
    (held,) = relations(exported(port()))["party:port/party:ministry"]
    assert (held["type"], held["startDate"], held["endDate"]) == ("controlByLegalFramework", "2023-01-01", "2023-07-01")
    assert held["details"] == "trusteeship: vote takes, manage takes"


def test_each_interest_names_the_statement_that_decides_it_and_its_place_in_the_log():
    case = port()
    sale = case.record.acts[7]
    noted = record(exported(case), "party:port/party:gamma")["annotations"]
    assert [n["statementPointerTarget"] for n in noted] == [f"/recordDetails/interests/{n}" for n in range(3)]
    assert all(f"entry 7 ({sale.id}#1)" in n["description"] for n in noted)
    source = record(exported(case), "party:port/party:gamma")["source"]
    assert source["assertedBy"] == [{"name": "party:beta"}]
    assert source["type"] == ["selfDeclaration"]


def test_outside_identifiers_keep_their_schemes_and_unlisted_registers_are_only_named(problems):
    case = port()
    case.company("zeta", External("register", "DE-HRB HRB 1 B"))
    case.given(declare("zeta", {"root": "1/1"}), by="registrar")
    export = exported(case)
    schemes = record(export, "party:port")["recordDetails"]["identifiers"]
    assert {(i.get("scheme"), i["id"]) for i in schemes} == {("XI-LEI", LEI), ("GB-COH", "03273685")}
    (named,) = record(export, "party:zeta")["recordDetails"]["identifiers"]
    assert named == {"schemeName": "DE-HRB", "id": "HRB 1 B"}
    assert problems(export.format()) == []


def test_what_percent_cannot_spell_is_an_open_interval_and_never_a_wrong_number():
    export = exported(with_nominee())
    unknown = relations(export)["party:port/unknown"][0]
    assert unknown["share"] == {"exclusiveMinimum": 33.333333, "exclusiveMaximum": 33.333334}
    assert unknown["details"] == "title: 1/3"
    assert "fraction" in sorts(export.could_not_carry)
    assert "fraction" not in sorts(exported(port()).could_not_carry)


def test_units_and_ranges_are_told_as_counted(problems):
    case = Past()
    case.company("bank")
    units = {"state": "83292493000 of 83292578000", "others": "85000 of 83292578000"}
    case.given(declare("bank", units), on="2020-01-01", by="registrar")
    case.company("mill")
    case.given(declare("mill", {"alpha": "1/4..1/2", "?": "1/2..3/4"}), on="2020-01-01", by="registrar")
    export = exported(case)
    assert problems(export.format()) == []
    found = relations(export)
    assert found["party:bank/party:state"][0]["details"] == "title: 83292493000 of 83292578000 units"
    assert found["party:mill/party:alpha"][0]["share"] == {"minimum": 25, "maximum": 50}


def test_an_unknown_holder_is_unspecified_and_one_of_several_is_told_of_each():
    export = exported(with_nominee())
    assert record(export, "party:port/unknown")["recordDetails"]["interestedParty"]["reason"] == "unknown"
    beta = relations(export)["party:port/party:beta"][0]
    assert (beta["share"], beta["directOrIndirect"]) == ({"minimum": 0, "exclusiveMaximum": 33.333334}, "unknown")
    assert "one-of" in sorts(export.could_not_carry)


def test_a_nominee_holds_through_an_arrangement_with_the_one_it_holds_for():
    export = exported(with_nominee())
    arrangement = "party:port/nomination/party:nominee/party:p-17"
    assert record(export, arrangement)["recordDetails"]["entityType"] == {
        "type": "arrangement",
        "subtype": "nomination",
    }
    found = relations(export)
    assert [i["type"] for i in found[f"{arrangement}/nominee"]] == ["nominee"]
    assert [i["type"] for i in found[f"{arrangement}/nominator"]] == ["nominator"]
    assert "shareholding" in [i["type"] for i in found[f"party:port/{arrangement}"]]
    assert [i["type"] for i in found["party:port/party:delta"]] == ["votingRights"]


def test_a_natural_person_stays_an_opaque_identifier():
    export = exported(with_nominee())
    details = record(export, "party:p-17")["recordDetails"]
    assert details["personType"] == "anonymousPerson"
    assert "names" not in details
    assert "person" in sorts(export.could_not_carry)


def test_an_asset_that_is_no_company_is_left_out_and_said_to_be():
    case = port()
    case.given(declare("quay", {"alpha": "1/1"}), on="2020-01-01", by="registrar")
    export = exported(case)
    assert not any("quay" in name for name in relations(export))
    assert [item.subject for item in export.could_not_carry if item.sort == "asset"] == ["asset:quay"]


def test_what_it_could_not_carry_is_listed_with_its_causes():
    case = port()
    frozen = case.given(freeze("asset:port"), on="2023-02-01", by="ministry", type="restriction.imposed")
    asked = case.given(permit("applied", over=["asset:port"]), by="gamma", type="licence.applied-for")
    heard = case.given(
        proceed("suit", "filed", "DE"), on="2023-03-01", by="gamma", subjects=["asset:port", "proceeding:suit"]
    )
    later = case.given(move("port", "1/4", "gamma", "delta", pending="permit"), on="2024-01-01")
    lost = exported(case).could_not_carry
    for sort, act in (("restriction", frozen), ("permit", asked), ("proceeding", heard), ("pending", later)):
        assert [act.id] in [[ref.statement for ref in item.causes] for item in lost if item.sort == sort], sort


def test_a_rival_view_is_not_exported_but_said():
    case = Past({"ministry": "DE", "other": "US"})
    case.company("port")
    case.given(declare("port", {"alpha": "1/1"}), on="2020-01-01", by="registrar")
    taken = case.given(
        move("port", "1/1", "alpha", "state"),
        on="2021-01-01",
        by="other",
        type="ownership.nationalised",
        basis="statute",
    )
    export = exported(case)
    assert "party:port/party:state" not in relations(export)
    rival = [item for item in export.could_not_carry if item.sort == "forum"]
    assert any(taken.id in {ref.statement for ref in item.causes} for item in rival)
    abroad = export_bods(case.ownership(forum="US"), ORIGIN)
    assert "party:port/party:state" in relations(abroad)


def test_the_same_ledger_exports_the_same_bytes_and_an_identifier_follows_what_is_said():
    first, again = exported(port()), exported(port())
    assert first.format() == again.format()
    ids = {str(s["recordId"]): s["statementId"] for s in first.statements}
    assert len(set(ids.values())) == len(ids)
    assert all(re.fullmatch("[0-9a-f]{64}", str(name)) for name in ids.values())
    case = port()
    case.given(move("port", "1/4", "gamma", "delta"), on="2024-01-01")
    grown = {str(s["recordId"]): s["statementId"] for s in exported(case).statements}
    assert grown["party:port/party:gamma"] != ids["party:port/party:gamma"]
    assert grown["party:port/party:alpha"] == ids["party:port/party:alpha"]


def test_a_measure_over_one_stake_is_said_to_be_over_that_stake():
    case = port()
    over = impose("requisition", "asset:port/party:alpha", "ministry", takes="vote takes", until="2021-12-31")
    case.given(over, on="2021-01-01", by="ministry", type="control.imposed")
    made = exported(case)
    (words,) = [
        interest["details"]
        for interest in relations(made)["party:port/party:ministry"]
        if interest["details"].startswith("requisition")
    ]
    assert words == "requisition over the stake of party:alpha: vote takes"
    lost = [item.words for item in made.could_not_carry if item.sort == "measure"]
    assert "requisition: that it lies over one stake, not the whole: told in words only" in lost
