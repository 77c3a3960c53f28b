"""One spelling per identifier; outside identifiers by their own check digits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Malformed
from domain.identifiers import (
    EXTERNAL_SCHEMES,
    EffectRef,
    StatementId,
    check_external,
    country_known,
    currency_known,
    parse_effect_number,
    parse_forum,
    parse_kind,
    parse_ref,
    parse_statement_id,
    parse_subject,
)

ID = StatementId("sha256:" + "0123456789abcdef" * 4)
SLUGS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,63}", fullmatch=True)


@given(st.sampled_from(["asset", "party", "proceeding", "norm"]), SLUGS)
def test_a_subject_is_its_own_spelling(kind, slug):
    assert parse_subject(f"{kind}:{slug}", "") == f"{kind}:{slug}" == parse_kind(f"{kind}:{slug}", kind, "")


def test_the_register_is_a_subject_of_no_kind():
    assert parse_subject("register", "") == "register"
    for kind in ("asset", "party", "proceeding", "norm"):
        with pytest.raises(Malformed):
            parse_kind("register", kind, "")


@pytest.mark.parametrize(
    "text",
    [
        "", "asset", "asset:", "asset:-a", "asset:A", "asset:a_b", "asset:ä", "Asset:a", "vessel:a", " asset:a", "asset:a ",
        "asset:a\n", "asset:a:b", "asset:" + "a" * 65, "register:", "Register", "party:a/../b",
    ],
)  # fmt: skip
def test_any_other_subject_is_refused(text):
    with pytest.raises(Malformed) as caught:
        parse_subject(text, "/subjects/0")
    assert caught.value.where == "/subjects/0"


def test_a_subject_of_another_kind_is_refused():
    with pytest.raises(Malformed):
        parse_kind("party:a", "asset", "")


@given(st.integers(1, 9999))
def test_a_reference_comes_back(n):
    assert parse_ref(str(EffectRef(ID, n)), "") == EffectRef(ID, n)


def test_a_reference_to_a_statement_comes_back():
    assert parse_ref(str(EffectRef(ID, 0)), "") == EffectRef(ID, 0)
    assert parse_statement_id(ID, "") == ID


@pytest.mark.parametrize("text", ["", "sha256:", ID.upper(), ID[:-1], ID + "0", "sha512:" + ID[7:], ID + "\n", ID[7:]])
def test_any_other_statement_id_is_refused(text):
    with pytest.raises(Malformed):
        parse_statement_id(text, "")


@pytest.mark.parametrize("text", ["", "0", "01", "-1", "10000", "a", "1 ", "١"])
def test_any_other_effect_number_is_refused(text):
    with pytest.raises(Malformed):
        parse_effect_number(text, "")
    with pytest.raises(Malformed):
        parse_ref(f"{ID}#{text}", "")


@pytest.mark.parametrize("text", ["DE", "EU", "body:icsid", "body:eu-general-court"])
def test_a_forum(text):
    assert parse_forum(text, "") == text


@pytest.mark.parametrize("text", ["", "de", "DEU", "D", "body:", "body:ICSID", "DE\n", "court:x"])
def test_any_other_forum_is_refused(text):
    with pytest.raises(Malformed):
        parse_forum(text, "")


EXTERNAL: dict[str, Any] = {
    "LEI": ("529900T8BM49AURSDO55", ["529900T8BM49AURSDO56", "529900t8bm49aursdo55", "529900T8BM49AURSDO5", ""]),
    "IMO": ("9074729", ["9074728", "IMO9074729", "907472", ""]),
    "ISIN": ("US0378331005", ["US0378331006", "us0378331005", "US037833100", ""]),
    "ECLI": ("ECLI:DE:BVerwG:2023:140323U8A2.22.0", ["ECLI:DE:BVerwG:23:1", "DE:BVerwG:2023:1", ""]),
    "UN/LOCODE": ("DEHAM", ["DEHAM1", "deham", "DEH1M", ""]),
    "register": ("GB-COH 03273685", ["03273685", "GB-COH", "gb-coh 1", "GB-COH  1", ""]),
}


def test_every_scheme_is_tested():
    assert set(EXTERNAL) == set(EXTERNAL_SCHEMES)


@pytest.mark.parametrize("scheme", EXTERNAL)
def test_outside_identifiers_are_checked(scheme):
    good, bad = EXTERNAL[scheme]
    check_external(scheme, good, "")
    for value in bad:
        with pytest.raises(Malformed):
            check_external(scheme, value, "/value")


def test_an_unknown_scheme_is_refused():
    with pytest.raises(Malformed, match="known: LEI"):
        check_external("DUNS", "123456789", "")


def test_code_lists():
    assert country_known("DE")
    assert not country_known("XX")
    assert not country_known("EU")
    assert currency_known("EUR")
    assert not currency_known("XYZ")
