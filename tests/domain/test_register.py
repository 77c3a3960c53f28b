"""The register folds who may sign and record what, and objects to acts that would break its rules."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.acts import Act, Basis, Signer
from domain.effects import Authorise, Competence, PublicKey, Rules
from domain.identifiers import REGISTER, Forum, PartyId, StatementId, SubjectId
from domain.periods import Effective, parse_days
from domain.register import Register, judge_register_act, judge_signers

AT = datetime(2026, 11, 22, tzinfo=UTC)
ZONES = {"Europe/Berlin": ZoneInfo("Europe/Berlin")}
DE, EU, GB, WTO = (Forum(name) for name in ("DE", "EU", "GB", "body:wto"))
RULES = Rules("2026.1", "2026f", "2026.1")
LOG_BYTES = b"\x01" + b"L" * 32
VKEY = "ledger.example+00000000+AUxMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExM"


def key(name: str, alg: str = "Ed25519") -> PublicKey:
    return PublicKey(alg, b"spki of " + name.encode().ljust(40, b"."), name)


def party(name: str) -> PartyId:
    return PartyId(SubjectId(f"party:{name}"))


def act(position: int, effects: list[Authorise], signed: list[tuple[str, str]], **members) -> Act:
    """A register act; `signed` = party and role of each signer."""
    return Act(
        id=StatementId(f"sha256:{position:064x}"),
        position=position,
        recorded_at=AT,
        type="key.added",
        subjects=(REGISTER,),
        follows=(None,),
        actor=party("steward"),
        signers=tuple(Signer(PartyId(SubjectId(name)), role, "author") for name, role in signed),
        basis=Basis("ceremony", "A change"),
        effects=tuple(effects),
        **members,
    )


def root_add(name: str, threshold: int | None = None) -> Authorise:
    return Authorise("root-add", party=party(name), key=key(name), threshold=threshold)


def key_add(owner: str, name: str) -> Authorise:
    return Authorise("key-add", party=party(owner), key=key(name))


def grant(*types: str, owner: str = "a", forum: Forum = DE, since: str | None = None, until: str | None = None):
    dates = [parse_days(text, "") if text else None for text in (since, until)]
    zone = "Europe/Berlin" if since or until else None
    return Competence(party(owner), types, forum, dates[0], dates[1], zone)


ROOT_SIGNERS = [("party:r1", "root"), ("party:r2", "root")]
ROOT_KEYS = ("r1", "r2")
FOUNDING = [
    root_add("r1", 2),
    root_add("r2"),
    root_add("r3"),
    Authorise("log-key", vkey=VKEY),
    Authorise("service-key", key=key("service")),
    Authorise("rules-adopt", rules=RULES),
]


def founded() -> Register:
    return Register.empty("ledger.example").apply(act(0, FOUNDING, ROOT_SIGNERS))


def with_keys() -> Register:
    return founded().apply(act(1, [key_add("a", "a1"), key_add("b", "b1")], ROOT_SIGNERS))


def rules(
    register: Register, effects: list[Authorise], signed: list[tuple[str, str]], kids: tuple[str, ...]
) -> list[str]:
    found = judge_register_act(register, act(9, effects, signed), kids)
    assert all(o.kind == "impossible" and o.words for o in found)
    return [o.rule for o in found]


def test_the_founding_statement():
    empty = Register.empty("ledger.example")
    assert judge_register_act(empty, act(0, FOUNDING, ROOT_SIGNERS), ROOT_KEYS) == ()
    register = founded()
    assert (register.genesis, register.count, register.threshold) == (StatementId(f"sha256:{0:064x}"), 1, 2)
    assert register.roots == {"r1", "r2", "r3"}
    assert (register.rules, register.log_vkeys, register.service_keys) == (RULES, (VKEY,), (key("service"),))
    assert register.keys_of(party("r1")) == (), "a root key is no statement key"


@pytest.mark.parametrize("missing", ["log-key", "service-key", "rules-adopt"])
def test_the_founding_statement_lacks_nothing(missing):
    fewer = [effect for effect in FOUNDING if effect.op != missing]
    assert rules(Register.empty("x"), fewer, ROOT_SIGNERS, ROOT_KEYS) == ["genesis.incomplete"]


def test_the_founding_statement_needs_its_own_threshold():
    found = rules(Register.empty("x"), FOUNDING, ROOT_SIGNERS[:1], ("r1",))
    assert set(found) == {"root.threshold"}
    no_threshold = [root_add("r1"), *FOUNDING[1:]]
    assert "genesis.incomplete" in rules(Register.empty("x"), no_threshold, ROOT_SIGNERS, ROOT_KEYS)
    too_high = [root_add("r1", 4), *FOUNDING[1:]]
    assert "root.threshold-unreachable" in rules(Register.empty("x"), too_high, ROOT_SIGNERS, ROOT_KEYS)


def test_an_act_is_in_force_only_after_its_own_position():
    before = founded()
    after = before.apply(act(1, [key_add("a", "a1")], ROOT_SIGNERS))
    assert before.key("a1") is None
    assert after.keys["a1"].added == 1
    assert [held.key.thumbprint for held in after.keys_of(party("a"))] == ["a1"]
    assert before.keys.keys() == {"r1", "r2", "r3"}, "the register before is unchanged"


def test_acts_about_anything_else_change_nothing():
    register = founded()
    assert register.apply(replace(act(5, [], []), subjects=(SubjectId("asset:x"),))) is register


def test_a_new_key_is_signed_by_itself_and_by_the_roots():
    signed = [*ROOT_SIGNERS, ("party:a", "key-holder")]
    assert rules(founded(), [key_add("a", "a1")], signed, (*ROOT_KEYS, "a1")) == []
    assert rules(founded(), [key_add("a", "a1")], ROOT_SIGNERS, ROOT_KEYS) == ["key.not-possessed"]
    other = [*ROOT_SIGNERS, ("party:b", "key-holder")]
    assert rules(founded(), [key_add("a", "a1")], other, (*ROOT_KEYS, "a1")) == ["key.not-possessed"]
    assert rules(founded(), [key_add("a", "a1")], [("party:a", "key-holder")], ("a1",)) == ["root.threshold"]
    one_root = [ROOT_SIGNERS[0], ("party:a", "key-holder")]
    assert rules(founded(), [key_add("a", "a1")], one_root, ("r1", "a1")) == ["root.threshold"]


def test_a_party_changes_its_own_keys_with_a_valid_key_of_its_own():
    signed = [("party:a", "author"), ("party:a", "key-holder")]
    rotate = Authorise("key-rotate", party=party("a"), key=key("a2"), replaces="a1")
    assert rules(with_keys(), [rotate], signed, ("a1", "a2")) == []
    assert rules(with_keys(), [key_add("a", "a2")], signed, ("a1", "a2")) == []
    revoke = Authorise("key-revoke", thumbprint="a1", reason="lost")
    assert rules(with_keys(), [revoke], [("party:a", "author")], ("a1",)) == []
    assert rules(with_keys(), [revoke], [("party:b", "author")], ("b1",)) == ["root.threshold"]
    rotate_b = Authorise("key-rotate", party=party("b"), key=key("b2"), replaces="b1")
    assert rules(with_keys(), [rotate_b], [("party:a", "author"), ("party:b", "key-holder")], ("a1", "b2")) == [
        "root.threshold"
    ]


def test_rotation_revokes_the_old_key_for_ever():
    rotate = Authorise("key-rotate", party=party("a"), key=key("a2"), replaces="a1")
    after = with_keys().apply(act(7, [rotate], []))
    assert (after.keys["a1"].revoked, after.keys["a1"].reason) == (7, "rotated")
    assert [held.key.thumbprint for held in after.keys_of(party("a"))] == ["a2"]
    signed = [*ROOT_SIGNERS, ("party:a", "key-holder")]
    assert rules(after, [key_add("a", "a1")], signed, (*ROOT_KEYS, "a1")) == ["key.returned"]
    again = Authorise("key-revoke", thumbprint="a1", reason="lost")
    assert rules(after, [again], ROOT_SIGNERS, ROOT_KEYS) == ["key.revoked"]


def test_a_thumbprint_belongs_to_one_party_for_ever():
    signed = [*ROOT_SIGNERS, ("party:b", "key-holder")]
    assert rules(with_keys(), [key_add("b", "a1")], signed, (*ROOT_KEYS, "a1")) == ["key.already-registered"]
    twice = [key_add("c", "c1"), key_add("d", "c1")]
    both = [*ROOT_SIGNERS, ("party:c", "key-holder")]
    found = rules(founded(), twice, both, (*ROOT_KEYS, "c1"))
    assert found == ["key.already-registered", "key.not-possessed"], "the second in one act"


def test_the_keys_of_the_ledger_are_no_statement_keys():
    signed = [*ROOT_SIGNERS, ("party:a", "key-holder")]
    assert rules(founded(), [key_add("a", "service")], signed, (*ROOT_KEYS, "service")) == ["key.reserved"]
    as_log = Authorise("key-add", party=party("a"), key=PublicKey("Ed25519", b"header" + b"L" * 32, "log"))
    assert rules(founded(), [as_log], signed, (*ROOT_KEYS, "log")) == ["key.reserved"]
    service = Authorise("service-key", key=key("a1"))
    assert rules(with_keys(), [service], ROOT_SIGNERS, ROOT_KEYS) == ["key.reserved"]
    mine = replace(with_keys().keys["a1"], key=PublicKey("Ed25519", b"header" + b"L" * 32, "a1"))
    register = replace(with_keys(), keys={"a1": mine, **founded().keys}, log_vkeys=())
    assert rules(register, [Authorise("log-key", vkey=VKEY)], ROOT_SIGNERS, ROOT_KEYS) == ["key.reserved"]


def test_replacing_a_key_of_someone_else_or_of_nobody():
    signed = [*ROOT_SIGNERS, ("party:a", "key-holder")]
    for old, rule in (("b1", "key.other-party"), ("x", "key.unknown"), ("r1", "key.unknown")):
        rotate = Authorise("key-rotate", party=party("a"), key=key("a2"), replaces=old)
        assert rules(with_keys(), [rotate], signed, (*ROOT_KEYS, "a2")) == [rule]


@pytest.mark.parametrize(
    "effect",
    [
        Authorise("competence-add", competence=grant("*")),
        Authorise("rules-adopt", rules=RULES),
        Authorise("log-key", vkey=VKEY),
        Authorise("service-key", key=key("s2")),
        Authorise("forum-nest", inner=DE, outer=EU),
        Authorise("root-revoke", thumbprint="r3"),
    ],
)
def test_only_the_threshold_of_roots_changes_the_ledger_itself(effect):
    assert rules(with_keys(), [effect], ROOT_SIGNERS, ROOT_KEYS) == []
    assert rules(with_keys(), [effect], [ROOT_SIGNERS[0], ("party:a", "author")], ("r1", "a1")) == ["root.threshold"]


def test_roots_rotate_and_never_fall_below_their_threshold():
    two_gone = [Authorise("root-revoke", thumbprint="r3"), Authorise("root-revoke", thumbprint="r2")]
    assert rules(founded(), two_gone, ROOT_SIGNERS, ROOT_KEYS) == ["root.threshold-unreachable"]
    lowered = [two_gone[0], replace(two_gone[1], threshold=1)]
    assert rules(founded(), lowered, ROOT_SIGNERS, ROOT_KEYS) == []
    after = founded().apply(act(3, lowered, ROOT_SIGNERS))
    assert after.roots == {"r1"}
    assert after.threshold == 1
    assert rules(after, [Authorise("forum-nest", inner=DE, outer=EU)], ROOT_SIGNERS[1:], ("r2",)) == ["root.threshold"]
    new_root = [*ROOT_SIGNERS, ("party:r4", "key-holder")]
    assert rules(founded(), [root_add("r4")], new_root, (*ROOT_KEYS, "r4")) == []
    assert rules(founded(), [root_add("r4")], ROOT_SIGNERS, ROOT_KEYS) == ["key.not-possessed"]


def test_competence_to_record_holds_by_position():
    add = Authorise("competence-add", competence=grant("control.*", "ownership.transferred"))
    register = with_keys().apply(act(2, [add], ROOT_SIGNERS))
    assert register.may_record(party("a"), "control.extended")
    assert register.may_record(party("a"), "ownership.transferred")
    assert not register.may_record(party("a"), "ownership.declared")
    assert not register.may_record(party("b"), "control.extended")
    assert rules(register, [add], ROOT_SIGNERS, ROOT_KEYS) == ["competence.already-granted"]
    end = Authorise("competence-end", competence=add.competence)
    assert not register.apply(act(3, [end], ROOT_SIGNERS)).may_record(party("a"), "control.extended")
    assert rules(register, [end], ROOT_SIGNERS, ROOT_KEYS) == []
    assert rules(with_keys(), [end], ROOT_SIGNERS, ROOT_KEYS) == ["competence.unknown"]


def test_competence_in_law_holds_at_the_time_of_the_act():
    add = Authorise("competence-add", competence=grant("*", since="2022-09-16", until="2024-03-10"))
    register = with_keys().apply(act(2, [add], ROOT_SIGNERS))

    def competent(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> bool:
        at = datetime(year, month, day, hour, minute, tzinfo=UTC)
        assert (register.forum_of(party("a"), "x.y", at, ZONES) == "DE") is register.competent(
            party("a"), "x.y", at, ZONES
        )
        return register.competent(party("a"), "x.y", at, ZONES)

    assert not competent(2022, 9, 15, 21, 59)
    assert competent(2022, 9, 15, 22)  # midnight in Berlin
    assert competent(2024, 3, 10, 22, 59)
    assert not competent(2024, 3, 10, 23)
    ended = Effective(parse_days("2023-01-01", ""), None, "Europe/Berlin")
    end = Authorise("competence-end", competence=add.competence, effective=ended)
    register = register.apply(act(3, [end], ROOT_SIGNERS))
    assert competent(2022, 12, 31, 22, 59)
    assert not competent(2022, 12, 31, 23)


def test_forums_nest_with_dates_and_through_each_other():
    joined = Effective(parse_days("1973-01-01", ""), parse_days("2020-01-31", ""), "Europe/Berlin")
    nest = [
        Authorise("forum-nest", inner=GB, outer=EU, effective=joined),
        Authorise("forum-nest", inner=EU, outer=WTO, effective=Effective()),
        Authorise("forum-nest", inner=WTO, outer=GB, effective=Effective()),
    ]
    register = founded().apply(act(1, nest, ROOT_SIGNERS))
    assert register.outer_forums(GB, datetime(2010, 1, 1, tzinfo=UTC), ZONES) == {"EU", "body:wto"}
    assert register.outer_forums(GB, datetime(2021, 1, 1, tzinfo=UTC), ZONES) == set()
    assert register.outer_forums(EU, datetime(2021, 1, 1, tzinfo=UTC), ZONES) == {"body:wto", "GB"}


def signed_by(*signers: tuple[str, Any]) -> Act:
    """An act about an asset; `signers` = party and capacity."""
    whole = replace(act(9, [], []), subjects=(SubjectId("asset:x"),), type="ownership.transferred")
    return replace(whole, signers=tuple(Signer(PartyId(SubjectId(p)), "seller", c) for p, c in signers))


def test_who_signs_must_be_competent_to_record():
    add = Authorise("competence-add", competence=grant("ownership.*", owner="registrar"))
    register = with_keys().apply(act(2, [add], ROOT_SIGNERS))

    def wanting(*signers: tuple[str, str]) -> list[str]:
        return [o.where for o in judge_signers(register, signed_by(*signers)) if o.rule == "signer.incompetent"]

    assert wanting(("party:registrar", "registrar")) == []
    assert wanting(("party:a", "author"), ("party:registrar", "registrar")) == []
    assert wanting(("party:a", "author"), ("party:b", "author")) == ["/signers/0", "/signers/1"]
    assert wanting(("party:a", "transcriber"), ("party:registrar", "registrar")) == ["/signers/0"]
    assert judge_signers(register, act(3, [], ROOT_SIGNERS)) == (), "the register judges its own acts"
