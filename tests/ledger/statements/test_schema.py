"""What a statement says is read in full, and refused wherever it could say it in another way."""

import copy
from fractions import Fraction
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import effects
from domain.errors import Malformed
from domain.identifiers import AssetId, EffectRef, PartyId, SubjectId
from domain.periods import Days, Effective, Instant, parse_instant
from domain.shares import exactly
from ledger.statements.canonical import canonical_bytes
from ledger.statements.schema import format_statement, parse_statement
from tests.ledger.statements.forms import ALL, COURTS, EARLIER, MEASURES, RIGHTS, every_form
from tests.ledger.statements.samples import AT, altered, attempt, founding, sale


def refused(members: dict[str, Any]) -> Malformed:
    with pytest.raises(Malformed) as caught:
        parse_statement(canonical_bytes(members))
    assert caught.value.rule, f"no rule named: {caught.value}"
    return caught.value


def places(value: Any, where: str = "") -> list[tuple[str, Any]]:
    """Every value inside a statement, with its JSON pointer."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(where, value), *(place for name, item in inner for place in places(item, f"{where}/{name}"))]


def with_member(members: dict[str, Any], where: str, name: str) -> dict[str, Any]:
    result = copy.deepcopy(members)
    place: Any = result
    for step in where.split("/")[1:]:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[name] = "x"
    return result


@pytest.mark.parametrize("name", ALL)
def test_every_form_is_read(name):
    statement = parse_statement(format_statement(ALL[name]))
    assert [effects.effect_name(effect) for effect in statement.effects] == [e["effect"] for e in ALL[name]["effects"]]


def test_the_forms_together_use_every_effect_and_every_op():
    read = [effect for members in ALL.values() for effect in parse_statement(format_statement(members)).effects]
    assert {type(effect) for effect in read} == set(get_args(effects.Effect))
    for kind, ops in (
        (effects.Alter, effects.AlterOp),
        (effects.Exist, effects.ExistOp),
        (effects.Authorise, effects.AuthoriseOp),
    ):
        assert {effect.op for effect in read if isinstance(effect, kind)} == set(get_args(ops))


@pytest.mark.parametrize("name", ALL)
def test_an_unknown_member_is_refused_at_every_level(name):
    for where, value in places(ALL[name]):
        if isinstance(value, dict):
            error = refused(with_member(ALL[name], where, "unheard"))
            assert error.where in (f"{where}/unheard", where)
            assert error.rule in ("member.unknown", "share.spelling"), error


ANYTHING_ELSE: tuple[Any, ...] = (..., None, False, [], {}, "", 0)


@pytest.mark.parametrize("name", ALL)
def test_every_member_matters_or_is_mandatory(name):
    """Leaving out any member, or writing null, false or an empty list or text for it, is refused or says something else."""
    whole = parse_statement(format_statement(ALL[name]))
    for where, _ in places(ALL[name])[1:]:
        for changed in ANYTHING_ELSE:
            members = altered(ALL[name], where, changed)
            if members == ALL[name] or (changed is False and where.endswith(("/aggregate", "/retroactive"))):
                continue
            found = attempt(lambda raw: parse_statement(canonical_bytes(raw)), members)
            if isinstance(found, Malformed):
                assert found.rule, f"{where} := {changed!r} refused without a rule: {found}"
            else:
                may_be_null = "/follows/" in where or where.endswith(("/statement", "/genesis"))
                assert changed is ... or (changed is None and may_be_null), where
                assert found.id != whole.id


def test_a_statement_says_what_its_members_say():
    statement: Any = parse_statement(format_statement(every_form(MEASURES)))
    imposed = statement.effects[0]
    assert imposed.over[2] == effects.Stake(AssetId(SubjectId("asset:nordhafen")), PartyId(SubjectId("party:b")))
    assert dict(imposed.powers)[effects.Power.DISPOSE] is effects.Grip.FORBIDS
    assert imposed.term.until == Days(AT.date().replace(2025, 3, 10), AT.date().replace(2025, 3, 10), "2025-03-10")
    assert str(imposed.term.max_step) == "P6M"
    assert imposed.reach.share == exactly(Fraction(1, 2))
    assert imposed.rank_above == (EffectRef(EARLIER, 1),)
    assert imposed.transaction == EffectRef(EARLIER, 0)
    assert statement.effects[1].measure == EffectRef(statement.id, 1), "#1 is made absolute"
    assert statement.notice[0].zone == "Europe/Berlin"
    assert statement.notice[1].zone == "Europe/Paris"
    assert isinstance(statement.notice[2].at, Instant)
    assert statement.submit_by.text == "2026-12-31T23:59:59Z"
    act = statement.act(7, AT)
    assert (act.position, act.recorded_at, act.id, act.sealed) == (7, AT, statement.id, ("price",))


HEAD_REFUSALS = {
    "version": ("/v", 2, "statement.version"),
    "true for version 1": ("/v", True, "statement.version"),
    "type that is no wire name": ("/type", "ownership", "type.spelling"),
    "subject twice": ("/subjects", ["asset:nordhafen", "asset:nordhafen"], "list.repeated"),
    "subject in another spelling": ("/subjects/0", "asset:Nordhafen", "subject.spelling"),
    "follows of another length": ("/follows", [None], "list.length"),
    "exact false": ("/exact", False, "member.default"),
    "no date": ("/effective/from", "2023-02-29", "time.spelling"),
    "instant with zero milliseconds": ("/submit_by", "2026-12-31T23:59:59.000Z", "time.spelling"),
    "from a date until an instant": ("/effective/until", "2024-12-31T00:00:00Z", "time.mixed"),
    "until before from": ("/effective/until", "2024-02-28", "time.reversed"),
    "zone that is no name": ("/effective/zone", "../etc", "time.zone-spelling"),
    "after a whole statement": ("/effective/after", EARLIER, "ref.no-effect"),
    "after an effect of its own": ("/effective/after", "#1", "ref.forward"),
    "notice repeats the zone": ("/notice/1/zone", "Europe/Berlin", "member.default"),
    "notice zone of an instant": ("/notice/1/at", "2024-03-02T10:00:00Z", "time.zone-unused"),
    "role out of the list": ("/signers/0/role", "friend", "code.not-in-list"),
    "transcriber without sources": ("/signers/1/sources", ..., "signer.sources"),
    "author with sources": ("/signers/1/capacity", "author", "signer.sources"),
    "nine signers": ("/signers", [sale()["signers"][0]] * 9, "list.length"),
    "month of access": ("/signers/1/sources/0/accessed", "2026-11", "time.spelling"),
    "basis kind": ("/basis/kind", "rumour", "code.not-in-list"),
    "text too long": ("/basis/title", "x" * 2001, "text.length"),
    "despite unsorted": ("/despite/0/rule", "zoning.broken", "list.unsorted"),
    "short hash": ("/evidence/0/sha512", "1" * 64, "hash.spelling"),
    "size as a number": ("/evidence/0/size", 1024, "member.wrong-kind"),
    "sealed name": ("/sealed/0/name", "Price", "sealed.name"),
    "sealed twice": ("/sealed", [{"name": "a", "commit": "0" * 64}] * 2, "list.repeated"),
    "media type": ("/evidence/0/media_type", "PDF", "evidence.media-type"),
    "origin too long": ("/ledger/origin", "ü" * 128, "ledger.origin"),
    "no genesis": ("/ledger/genesis", None, "ledger.genesis-missing"),
    "register beside an asset": ("/subjects/1", "register", "register.subject"),
}


@pytest.mark.parametrize("case", HEAD_REFUSALS)
def test_the_head_is_refused_with_place_and_rule(case):
    where, value, rule = HEAD_REFUSALS[case]
    error = refused(altered(every_form(RIGHTS), where, value))
    assert error.rule == rule, error
    assert error.where.startswith("/" + where.split("/")[1]), error


EFFECT_REFUSALS = {
    "unknown effect": (RIGHTS, "/0/effect", "seize", "effect.unknown"),
    "share above the whole": (RIGHTS, "/0/split/0/share", "5/4", "share.spelling"),
    "share not reduced": (RIGHTS, "/0/split/0/share", "2/8", "share.spelling"),
    "share as a number": (RIGHTS, "/0/split/0/share", 1, "share.spelling"),
    "count with a leading zero": (RIGHTS, "/1/amount/of", "0100", "share.spelling"),
    "one holder of one": (RIGHTS, "/0/split/1/holder/one_of", ["party:b"], "list.length"),
    "holders unsorted": (RIGHTS, "/0/split/1/holder/one_of", ["party:c", "party:b"], "list.unsorted"),
    "a reference to itself": (RIGHTS, "/1/performs/2", "#2", "ref.forward"),
    "a reference to a later effect": (RIGHTS, "/1/performs/2", "#3", "ref.forward"),
    "the effective of the statement again": (
        RIGHTS,
        "/1/effective",
        {"from": "2024-02-29", "until": "2024-12-31", "zone": "Europe/Berlin", "after": f"{EARLIER}#1"},
        "member.default",
    ),
    "zone that no date is read in": (
        RIGHTS,
        "/1/effective",
        {"from": "2024-01-01T00:00:00Z", "zone": "Europe/Berlin"},
        "time.zone-unused",
    ),
    "measure over the register": (MEASURES, "/0/over/0", "register", "subject.spelling"),
    "sanction unstated is the default": (MEASURES, "/0/sanction", "unstated", "code.not-in-list"),
    "duration of nothing": (MEASURES, "/0/term/max_step", "P0M", "time.spelling"),
    "binds unsorted": (MEASURES, "/0/binds", ["party:b", "party:a"], "list.unsorted"),
    "limit of both kinds": (MEASURES, "/0/limit/at_most", "1/3", "member.unknown"),
    "until where the op has none": (MEASURES, "/2/until", "2025-01-01", "member.unknown"),
    "time of a permit that is granted": (MEASURES, "/12/time", "own", "member.unknown"),
    "trailing zero": (COURTS, "/7/amount/amount", "0.50", "amount.spelling"),
    "range of nothing": (COURTS, "/6/amount/max", "1000000", "amount.reversed"),
    "lower-case currency": (COURTS, "/7/amount/currency", "usd", "currency.spelling"),
    "forum of three letters": (COURTS, "/4/forum", "GBR", "forum.spelling"),
    "authorise among others": (RIGHTS, "/1", ALL["register"]["effects"][0], "register.subject"),
}


@pytest.mark.parametrize("case", EFFECT_REFUSALS)
def test_an_effect_is_refused_with_place_and_rule(case):
    effects_, where, value, rule = EFFECT_REFUSALS[case]
    error = refused(altered(every_form(effects_), f"/effects{where}", value))
    assert error.rule == rule, error
    assert error.where.startswith(f"/effects/{where.split('/')[1]}"), error


def test_a_date_needs_a_zone_and_a_zone_a_date():
    dateless = altered(sale(), "/effective", ...)
    assert refused(dateless).rule == "time.zone-missing", "the notice has a date"
    assert refused(altered(sale(), "/effective/zone", ...)).rule == "time.zone-missing"
    unread = altered(altered(sale(), "/notice", ...), "/effective", {"zone": "Europe/Berlin"})
    assert refused(unread).rule == "time.zone-unused"
    instant = altered(altered(sale(), "/notice", ...), "/effective", {"from": "2024-02-29T10:00:00Z"})
    assert parse_statement(canonical_bytes(instant)).effective == Effective(parse_instant("2024-02-29T10:00:00Z", ""))


def test_dates_inside_an_effect_that_starts_at_an_instant_are_read_in_the_zone_of_the_statement():
    order = every_form([{**MEASURES[0], "effective": {"from": "2024-03-01T14:00:00Z"}}])
    (imposed,) = parse_statement(canonical_bytes(order)).effects
    assert imposed.effective == Effective(parse_instant("2024-03-01T14:00:00Z", ""), None, "Europe/Berlin")


def test_only_entry_0_has_no_genesis():
    assert parse_statement(canonical_bytes(founding())).ledger.genesis is None
    assert refused(altered(founding(), "/follows/0", EARLIER)).rule == "ledger.genesis-missing"


def test_the_limit_is_24576_bytes():
    def sized(size: int) -> bytes:
        members = altered(sale(), "/evidence", [])
        row = {"title": "", "media_type": "text/plain", "size": "1", "commit": "0" * 64}
        members["evidence"] = [dict(row, title="x" * 2000) for _ in range(11)] + [dict(row, title="x")]
        short = size - len(canonical_bytes(members))
        members["evidence"][-1]["title"] = "x" * (1 + short)
        return canonical_bytes(members)

    assert len(sized(24_576)) == 24_576
    assert parse_statement(sized(24_576))
    with pytest.raises(Malformed) as caught:
        parse_statement(sized(24_577))
    assert caught.value.rule == "json.too-large"


@given(st.binary(max_size=200))
def test_random_bytes_are_malformed(raw):
    with pytest.raises(Malformed):
        parse_statement(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8) | st.sampled_from(["#1", EARLIER, "party:a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(ALL)), st.data())
def test_whatever_stands_where_a_member_stood_is_read_or_malformed(name, data):
    where, _ = data.draw(st.sampled_from(places(ALL[name])[1:]))
    members = altered(ALL[name], where, data.draw(JSON))
    found = attempt(lambda: parse_statement(canonical_bytes(members)))
    assert found.rule if isinstance(found, Malformed) else found.payload == canonical_bytes(members)
