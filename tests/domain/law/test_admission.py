"""Admission: for each rule an act it accepts and one it objects to, compared by rule and by the statement met."""

from __future__ import annotations

import pytest

from domain.acts import Signer
from domain.effects import Described, Exist, Move, Part, Portion, Reach, Right
from domain.effects import Void as VoidEffect
from domain.identifiers import EffectRef
from tests.domain.builders import (
    Case,
    admit,
    agree,
    alter,
    asset,
    cap,
    declare,
    exist,
    freeze,
    impose,
    move,
    party,
    permit,
    proceed,
    ref,
    register,
    reunit,
    share,
    statement_id,
    subject,
    void,
)
from tests.domain.law.shapes import shape

OFFICES = {"ministry": "DE", "court": "DE", "court-us": "US", "tribunal": "body:icsid"}


@pytest.fixture
def case() -> Case:
    case = Case(OFFICES)
    case.given(register("asset:port", "DE"))
    case.given(declare("port", {"alpha": "3/4", "beta": "1/4"}))
    return case


def opening(case: Case):
    return case.record.acts[1]


# --- references and subjects -------------------------------------------------------------------------------------


def test_a_reference_must_be_on_record(case: Case):
    missing = EffectRef(statement_id("nothing"), 1)
    assert case.objections(void(missing), on="2020-01-01", by="court") == {("reference.unknown", None)}
    assert case.objections(void(EffectRef(opening(case).id, 9)), on="2020-01-01", by="court") == {
        ("reference.unknown", None)
    }
    assert case.objections(move("port", "1/4", "alpha", "beta", performs=[missing]), on="2020-01-01") == {
        ("reference.unknown", None)
    }
    after = move("port", "1/4", "alpha", "beta")
    assert case.objections(after, on="2020-01-01", after=missing) == {("reference.unknown", None)}
    assert case.objections(after, on="2020-01-01", after=ref(opening(case))) == set()


def test_and_of_the_right_kind(case: Case):
    end = alter(ref(opening(case)), "end")
    assert case.objections(end, on="2020-01-01", by="ministry", type="control.ended") == {
        ("reference.kind", opening(case).id)
    }
    held = case.given(impose("trusteeship", "asset:port", "ministry"), on="2019-01-01", by="ministry")
    assert case.objections(alter(ref(held), "end"), on="2020-01-01", by="ministry", type="control.ended") == set()


def test_subjects_list_what_the_effects_are_about(case: Case):
    sale = move("port", "1/4", "alpha", "gamma")
    assert case.objections(sale, on="2020-01-01", subjects=["asset:other"]) == {("subjects.missing", None)}
    assert case.objections(sale, on="2020-01-01", subjects=["asset:port", "asset:other"]) == set()


def test_follows_names_a_statement_of_that_stream(case: Case):
    elsewhere = case.given(declare("quay", {"alpha": "1/1"}))
    sale = move("port", "1/4", "alpha", "gamma")
    assert case.objections(sale, on="2020-01-01", follows=[elsewhere.id]) == {("follows.unknown", None)}
    assert case.objections(sale, on="2020-01-01", follows=[case.record.acts[0].id]) == set()
    assert case.objections(sale, on="2020-01-01", follows=[None]) == set()


def test_another_source_is_for_the_same_act(case: Case):
    sale = case.given(move("port", "1/4", "alpha", "gamma"), on="2020-01-01", capacity="transcriber")
    again = move("port", "1/4", "alpha", "gamma")
    assert case.objections(again, on="2020-01-01", records=sale, by="beta") == {("records.other-act", sale.id)}
    assert case.objections(again, on="2020-01-01", records=sale, capacity="registrar") == set()


# --- what contradicts itself -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "rule"),
    [
        (declare("quay", {"alpha": "1/2", "beta": "1/4"}), "shares.not-whole"),
        (declare("quay", {"alpha": "3/4", "beta": "1/2"}), "shares.not-whole"),
        (
            declare("quay", [Portion(party("alpha"), share("1/2")), Portion(party("alpha"), share("1/2"))]),
            "shares.holder-twice",
        ),
        (declare("quay", {"alpha": "1/4..1/2", "beta": "1/4..1/3"}), "shares.not-whole"),
        (declare("quay", {"alpha": "1/4..1/2", "beta": "1/4..1/2"}), None),
        (declare("quay", {"alpha": "3/4", "?": "1/4"}), None),
    ],
)
def test_a_split_sums_to_the_whole(case: Case, effect, rule: str | None):
    assert case.objections(effect) == ({(rule, None)} if rule else set())


def test_a_transfer_has_two_sides_and_an_amount(case: Case):
    assert ("move.same-holder", None) in case.objections(move("port", "1/4", "alpha", "alpha"), on="2020-01-01")
    assert ("move.nothing", None) in case.objections(move("port", "0/1", "alpha", "beta"), on="2020-01-01")


@pytest.mark.parametrize(
    ("cancel", "issue", "rule"),
    [
        ({"alpha": "750 of 1000"}, {"state": "100 of 350"}, None),
        ({"alpha": "750 of 1000"}, {"state": "100 of 400"}, "units.do-not-add-up"),
        ({"alpha": "500 of 1000", "beta": "20 of 100"}, {"state": "100 of 400"}, "units.totals-differ"),
        ({"alpha": "3/4", "beta": "1/2"}, {"state": "1/2"}, "shares.not-whole"),
    ],
)
def test_units_of_a_reissue_add_up(case: Case, cancel, issue, rule: str | None):
    found = case.objections(reunit("port", cancel, issue), on="2020-01-01", by="registrar")
    assert found == ({(rule, None)} if rule else set())


def test_parts_of_a_division_do_not_exceed_the_whole_and_should_cover_it(case: Case):
    def divide(*shares: str) -> Exist:
        parts = tuple(Part(asset(f"part{n}"), share(s)) for n, s in enumerate(shares))
        return Exist("divide", subject("asset:port"), parts=parts)

    def judged(*shares: str):
        return case.objections(divide(*shares), on="2020-01-01", by="registrar", type="asset.divided", basis="deed")

    assert judged("1/2", "1/2") == set()
    assert judged("3/4", "1/2") == {("parts.exceed-whole", None)}
    assert judged("1/2", "1/4") == {("parts.below-whole", None)}


def test_dates_do_not_end_before_they_begin(case: Case):
    held = impose("trusteeship", "asset:port", "ministry")
    assert case.objections(held, on="2020-02-01", until="2020-01-31", by="ministry") == {
        ("time.ends-before-start", None)
    }
    assert case.objections(held, on="2020-02-01", until="2020-02-01", by="ministry") == set()
    assert case.objections(held, on="2020-02", until="2020-02-10", by="ministry") == {
        ("time.may-end-before-start", None)
    }
    ended = impose("trusteeship", "asset:port", "ministry", until="2020-01-31")
    assert case.objections(ended, on="2020-02-01", by="ministry") == {("time.ends-before-start", None)}


def test_nothing_succeeds_itself(case: Case):
    assert case.objections(exist("succeed", "party:alpha", "party:alpha"), on="2020-01-01", type="party.succeeded") == {
        ("identity.cycle", None)
    }
    first = case.accepted(exist("succeed", "party:alpha", "party:nova"), on="2020-01-01", type="party.succeeded")
    assert case.objections(exist("succeed", "party:nova", "party:alpha"), on="2021-01-01", type="party.succeeded") == {
        ("identity.cycle", first.id)
    }


def test_a_slug_is_registered_once(case: Case):
    assert case.objections(register("asset:port", "DE")) == {("subject.registered", case.record.acts[0].id)}
    assert case.objections(register("asset:quay", "DE")) == set()


def test_nobody_declares_two_splits_for_one_time(case: Case):
    other = declare("port", {"alpha": "1/1"})
    assert case.objections(other) == {("contradicts.own-statement", opening(case).id)}
    assert case.objections(other, by="someone") == {("declare.second-opening", opening(case).id)}
    assert case.objections(declare("port", {"alpha": "1/1"}, Right.VOTES)) == set()
    assert case.objections(other, on="2020-01-01") == set()


# --- transfers ---------------------------------------------------------------------------------------------------


def test_a_transfer_finds_room(case: Case):
    assert case.objections(move("port", "1/2", "beta", "gamma"), on="2020-01-01") == {
        ("shares.no-room", opening(case).id)
    }
    assert case.objections(move("port", "1/4", "beta", "gamma"), on="2020-01-01") == set()


def test_a_backdated_transfer_does_not_take_the_room_of_a_recorded_one(case: Case):
    later = case.given(move("port", "1/4", "beta", "gamma"), on="2021-01-01")
    sale = move("port", "1/8", "beta", "delta")
    assert case.objections(sale, on="2020-01-01") == {("later-act.displaced", later.id)}
    case.accepted(sale, on="2020-01-01", despite=[("later-act.displaced", later)])
    assert case.split("2022-01-01", "port") == {"alpha": "3/4", "delta": "1/8", "gamma": "1/8"}


def test_despite_names_each_objection_and_no_other(case: Case):
    frozen = case.given(freeze("asset:port"), on="2019-01-01", by="ministry")
    sale = move("port", "1/2", "beta", "gamma")
    known = [("restriction.binds", frozen), ("shares.no-room", opening(case))]
    assert case.objections(sale, on="2020-01-01", despite=known[:1]) == {("shares.no-room", opening(case).id)}
    assert case.objections(sale, on="2020-01-01", despite=known) == set()
    wrong = [("restriction.binds", frozen)]
    assert case.objections(sale, on="2018-01-01", despite=wrong) == {
        ("shares.no-room", opening(case).id),
        ("despite.unfounded", frozen.id),
    }


def test_who_is_no_party_to_a_transfer_needs_a_power(case: Case):
    sale = move("port", "1/4", "beta", "gamma")
    found = case.objections(sale, on="2020-01-01", by="stranger")
    assert {rule for rule, _ in found} == {"actor.no-power"}
    held = case.given(impose("trusteeship", "asset:port", "trustee"), on="2019-01-01", by="ministry")
    assert case.objections(sale, on="2020-01-01", by="trustee") == {("measure.lacks-disposal", held.id)}
    case.given(alter(ref(held), "powers", takes="manage takes, dispose takes"), on="2019-06-01", by="ministry")
    assert case.objections(sale, on="2020-01-01", by="trustee") == set()


def test_disposal_may_be_barred_or_need_consent(case: Case):
    pledge = case.given(impose("pledge", "asset:port", "bank", takes="dispose vetoes"), on="2019-01-01", by="alpha")
    sale = move("port", "1/4", "beta", "gamma")
    assert case.objections(sale, on="2020-01-01") == {("measure.consent-missing", pledge.id)}
    both = [Signer(party("beta"), "seller", "author"), Signer(party("bank"), "creditor", "author")]
    assert case.objections(sale, on="2020-01-01", signers=both) == set()
    other = Case(OFFICES)
    other.given(declare("port", {"beta": "1/1"}))
    seized = other.given(
        impose("attachment", "asset:port", "bank", takes="dispose forbids"), on="2019-01-01", by="beta"
    )
    assert other.objections(sale, on="2020-01-01") == {("measure.bars-disposal", seized.id)}


def test_a_cap(case: Case):
    limit = case.given(cap("port", "1/3", "cosco"), on="2019-01-01", by="ministry")
    assert case.objections(move("port", "1/3", "alpha", "cosco"), on="2020-01-01") == set()
    assert case.objections(move("port", "1/2", "alpha", "cosco"), on="2020-01-01") == {("limit.exceeded", limit.id)}
    assert case.objections(move("port", "1/2", "alpha", "other"), on="2020-01-01") == set()
    case.accepted(move("port", "1/4", "alpha", "cosco"), on="2020-01-01")
    assert case.objections(move("port", "1/4", "alpha", "cosco"), on="2021-01-01") == {("limit.exceeded", limit.id)}


def test_below_is_not_at_most(case: Case):
    limit = case.given(cap("port", "1/4", inclusive=False), on="2019-01-01", by="ministry")
    assert case.objections(move("port", "1/4", "alpha", "cosco"), on="2020-01-01") == {("limit.exceeded", limit.id)}
    assert case.objections(move("port", "1/5", "alpha", "cosco"), on="2020-01-01") == set()


def test_a_cap_on_those_bound_together():
    case = Case(OFFICES)
    case.given(declare("port", {"alpha": "3/4", "twin": "1/4"}))
    together = Reach(share("1/2"), True, True, "concert")
    limit = case.given(cap("port", "1/3", "cosco", "twin", reach=together), on="2019-01-01", by="ministry")
    assert case.objections(move("port", "1/8", "alpha", "cosco"), on="2020-01-01") == {("limit.exceeded", limit.id)}
    assert case.objections(move("port", "1/8", "twin", "cosco"), on="2020-01-01") == set()


def test_a_completion_performs_something_that_still_stands(case: Case):
    agreed = case.given(agree(of="port"), on="2019-06-01", by="beta")
    lapsed = case.given(
        agree("lapse-of-offer", of="port"), on="2019-07-01", by="beta", type="offer.lapsed", basis="notice"
    )

    def sale(performs: EffectRef) -> Move:
        return move("port", "1/4", "beta", "gamma", performs=[performs])

    assert case.objections(sale(ref(agreed)), on="2020-01-01") == set()
    assert case.objections(sale(ref(lapsed)), on="2020-01-01") == {("performs.lapsed", lapsed.id)}
    assert case.objections(sale(ref(opening(case))), on="2020-01-01") == {
        ("performs.nothing-to-perform", opening(case).id)
    }


def test_a_transaction_prohibition_bars_what_performs_that_transaction(case: Case):
    agreed = case.given(agree(of="port"), on="2019-06-01", by="beta")
    barred = case.given(
        impose("transaction-prohibition", "asset:port", takes="dispose forbids", transaction=ref(agreed)),
        on="2019-07-01",
        by="ministry",
    )
    sale = move("port", "1/4", "beta", "gamma")
    assert case.objections(sale, on="2020-01-01") == set()
    performing = move("port", "1/4", "beta", "gamma", performs=[ref(agreed)])
    assert case.objections(performing, on="2020-01-01") == {("restriction.binds", barred.id)}


def test_nothing_comes_to_own_itself():
    case = Case(OFFICES)
    case.given(declare("port", {"alpha": "1/1"}))
    above = case.given(declare("mid", {"port": "1/1"}))
    assert case.objections(move("port", "1/2", "alpha", "mid"), on="2020-01-01") == set()
    found = case.objections(move("port", "2/3", "alpha", "mid"), on="2020-01-01")
    assert found == {("chain.owns-itself", above.id)}
    assert case.objections(move("port", "2/3", "alpha", "port"), on="2020-01-01") == {("chain.owns-itself", None)}


def test_what_has_ended_is_not_dealt_in(case: Case):
    over = case.given(exist("end", "asset:port"), on="2020-01-01", type="asset.ended")
    assert case.objections(move("port", "1/4", "beta", "gamma"), on="2019-12-31") == set()
    assert case.objections(move("port", "1/4", "beta", "gamma"), on="2020-01-01") == {("asset.ended", over.id)}
    assert case.objections(declare("port", {"alpha": "1/1"}), on="2021-01-01", by="x") == {("asset.ended", over.id)}


def test_a_reissue_needs_room_and_power(case: Case):
    assert ("shares.no-room", opening(case).id) in case.objections(
        reunit("port", {"beta": "1/2"}, {"state": "1/4"}), on="2020-01-01", by="registrar"
    )
    held = case.given(impose("trusteeship", "asset:port", "trustee"), on="2019-01-01", by="ministry")
    cut = reunit("port", {"beta": "1/4"}, {"state": "1/4"})
    assert case.objections(cut, on="2020-01-01", by="trustee") == {("measure.lacks-disposal", held.id)}


# --- measures and burdens ----------------------------------------------------------------------------------------


def test_a_first_term_keeps_to_its_maximum(case: Case):
    def held(until: str):
        return impose("trusteeship", "asset:port", "ministry", until=until, max_step="P6M")

    assert case.objections(held("2020-07-31"), on="2020-02-01", by="ministry") == set()
    assert case.objections(held("2020-08-01"), on="2020-02-01", by="ministry") == {("term.beyond-maximum", None)}


def test_no_measure_outranks_itself(case: Case):
    first = case.given(impose("trusteeship", "asset:port", "ann"), on="2019-01-01", by="ministry")
    second = case.given(impose("trusteeship", "asset:port", "bob", above=[ref(first)]), on="2019-02-01", by="ministry")
    rank = alter(ref(first), "rank", above=[ref(second)])
    assert case.objections(rank, on="2020-01-01", by="ministry", type="control.ranked") == {("rank.cycle", second.id)}
    again = alter(ref(second), "rank", above=[ref(first)])
    assert case.objections(again, on="2020-01-01", by="ministry", type="control.ranked") == set()


def test_who_burdens_an_asset_holds_it(case: Case):
    pledge = impose("pledge", "asset:port", "bank", takes="")
    found = case.objections(pledge, on="2020-01-01", by="stranger", type="encumbrance.created", basis="agreement")
    assert found == {("encumbrance.grantor-lacks", opening(case).id)}
    assert case.objections(pledge, on="2020-01-01", by="beta", type="encumbrance.created", basis="agreement") == set()


def test_only_its_holder_discharges_a_burden(case: Case):
    pledge = case.given(impose("pledge", "asset:port", "bank", takes=""), on="2019-01-01", by="beta")
    freed = alter(ref(pledge), "discharge")
    assert case.objections(freed, on="2020-01-01", by="beta", type="encumbrance.discharged", basis="deed") == {
        ("encumbrance.not-holder", pledge.id)
    }
    assert case.objections(freed, on="2020-01-01", by="bank", type="encumbrance.discharged", basis="deed") == set()


def test_a_measure_is_altered_by_its_own_legal_order(case: Case):
    held = case.given(impose("trusteeship", "asset:port", "ann"), on="2019-01-01", by="ministry")
    end = alter(ref(held), "end")
    assert case.objections(end, on="2020-01-01", by="court", type="control.ended", basis="judgment") == set()
    foreign = {"on": "2020-01-01", "by": "court-us", "type": "control.ended", "basis": "judgment"}
    assert case.objections(end, **foreign) == {("measure.other-authority", held.id)}
    assert case.objections(end, on="2020-01-01", by="alpha", type="control.ended", basis="notice") == {
        ("measure.other-authority", held.id)
    }


def test_a_later_alteration_keeps_its_measure(case: Case):
    held = case.given(impose("trusteeship", "asset:port", "ann", until="2020-12-31"), on="2019-01-01", by="ministry")
    later = case.given(alter(ref(held), "extend", until="2021-12-31"), on="2020-12-01", by="ministry")
    end = alter(ref(held), "end")
    assert case.objections(end, on="2020-06-01", by="ministry", type="control.ended") == {
        ("later-act.displaced", later.id)
    }
    assert case.objections(end, on="2021-06-01", by="ministry", type="control.ended") == set()


# --- permits -----------------------------------------------------------------------------------------------------


def test_only_a_granted_permit_is_revoked(case: Case):
    asked = case.given(permit("applied"), on="2020-01-01", by="beta", subjects=["asset:port"])
    good = case.given(permit(), on="2020-02-01", by="ministry", subjects=["asset:port"])

    def revoked(of: EffectRef):
        return permit("revoked", of=of, time="judgment")

    assert case.objections(revoked(ref(asked)), on="2020-06-01", by="ministry", type="licence.revoked") == {
        ("permit.not-granted", asked.id)
    }
    assert case.objections(revoked(ref(good)), on="2020-06-01", by="ministry", type="licence.revoked") == set()


# --- proceedings -------------------------------------------------------------------------------------------------


def test_no_appeal_lies_after_finality(case: Case):
    decided = case.given(proceed("suit", "decided", "DE", force="immediate"), on="2020-01-01", by="court")
    appeal = proceed("suit", "appealed", "DE", on=ref(decided))
    more = {"by": "alpha", "type": "appeal.filed", "basis": "pleading"}
    assert case.objections(appeal, on="2020-03-01", **more) == set()
    final = case.given(proceed("suit", "final", "DE", on=ref(decided)), on="2020-02-01", by="court")
    assert case.objections(appeal, on="2020-03-01", **more) == {("proceeding.final", final.id)}


def test_a_court_decides_for_its_own_order(case: Case):
    def decided(forum: str):
        return proceed("suit", "decided", forum, force="immediate")

    assert case.objections(decided("DE"), on="2020-01-01", by="court") == set()
    assert case.objections(decided("US"), on="2020-01-01", by="court") == {("proceeding.other-forum", None)}
    assert case.objections(decided("DE"), on="2020-01-01", by="tribunal") == set()


def test_a_judgment_whose_filing_was_never_recorded_is_a_gap_and_no_objection(case: Case):
    act = case.act(proceed("suit", "decided", "DE", force="immediate"), on="2020-01-01", by="court")
    judged = case.admission.judge(act)
    assert judged.accepted
    assert [g.kind for g in judged.gaps] == ["antecedent-not-on-record"]


# --- voids -------------------------------------------------------------------------------------------------------


def test_a_void_of_a_decision_states_its_consequence(case: Case):
    decided = case.given(
        proceed("suit", "decided", "DE", force="immediate"), void(ref(opening(case))), on="2020-01-01", by="court"
    )

    def quashed(consequence: str | None):
        return (
            proceed("suit", "decided", "DE", force="immediate"),
            void(ref(decided), consequence=consequence),
        )

    more = {"on": "2021-01-01", "by": "court", "type": "act.annulled"}
    assert case.objections(*quashed(None), **more) == {("void.consequence-missing", decided.id)}
    assert case.objections(*quashed("revives"), **more) == set()


def test_what_is_void_is_not_voided_again(case: Case):
    sale = case.given(move("port", "1/4", "beta", "gamma"), on="2020-01-01")
    more = {"on": "2021-01-01", "by": "court"}
    once = (proceed("suit", "decided", "DE", force="immediate"), void(ref(sale)))
    assert case.objections(*once, **more, type="act.annulled") == set()
    first = case.given(*once, **more)
    assert case.objections(*once, **more, type="act.annulled") == {("void.already-void", first.id)}


def test_only_who_recorded_it_corrects_a_record(case: Case):
    sale = case.given(move("port", "1/4", "beta", "gamma"), on="2020-01-01")
    back = void(sale, ground="retraction")
    assert case.objections(back, by="stranger", type="record.retracted", basis="correction") == {
        ("void.not-recorder", sale.id)
    }
    assert case.objections(back, by="beta", type="record.retracted", basis="correction") == set()


def test_an_annulment_is_the_act_of_a_court(case: Case):
    sale = case.given(move("port", "1/4", "beta", "gamma"), on="2020-01-01")
    ruling = (proceed("suit", "decided", "DE", force="immediate"), void(ref(sale)))
    assert ("actor.no-power", sale.id) in case.objections(*ruling, on="2021-01-01", by="alpha", type="act.annulled")
    assert case.objections(*ruling, on="2021-01-01", by="court", type="act.annulled") == set()


def test_a_void_by_description_is_a_gap(case: Case):
    described = Described(asset("port"), Right.TITLE, "the deed of 1999")
    ruling = (
        proceed("suit", "decided", "DE", force="immediate"),
        VoidEffect(described, "judgment", "this", "annulment"),
    )
    act = case.act(*ruling, on="2021-01-01", by="court", type="act.annulled")
    judged = case.admission.judge(act)
    assert judged.accepted
    assert "described-act-void" in {g.kind for g in judged.gaps}


# --- recognition -------------------------------------------------------------------------------------------------


def test_a_court_answers_for_its_own_forum(case: Case):
    foreign = case.given(move("port", "1/4", "beta", "usa"), on="2020-01-01", by="court-us")
    answer = {"on": "2021-01-01", "by": "court"}
    assert case.objections(admit(foreign, "DE"), **answer) == set()
    assert case.objections(admit(foreign, "US"), **answer) == {("recognition.other-forum", None)}


# --- what is judged is not what is recorded ----------------------------------------------------------------------


def test_judging_leaves_everything_as_it_was(case: Case):
    before = shape(case.record)
    sale = move("port", "1/4", "beta", "gamma", performs=[ref(opening(case))])
    case.objections(sale, on="2020-01-01", records=opening(case), despite=[("limit.exceeded", opening(case))])
    case.objections(exist("merge", "party:beta", "party:omega"), on="2020-01-01", type="party.succeeded")
    case.objections(freeze("asset:port"), on="2020-01-01", by="ministry")
    assert shape(case.record) == before


def test_the_words_of_an_objection_reach_a_lawyer(case: Case):
    (found,) = case.refused(move("port", "1/2", "beta", "gamma"), on="2020-01-01")
    assert "party:beta does not hold 1/2 of title in asset:port then" in found.words
    assert found.state == "an instrument"
    assert found.remedy
    assert found.where == "/effects/0"


def test_a_breach_that_is_void_does_not_hide_what_else_speaks_against_it(case: Case):
    """Whoever lists every objection that was told is not told that one of them has gone."""
    frozen = case.given(freeze("asset:port", sanction="void"), on="2019-01-01", by="ministry")
    later = case.given(move("port", "1/4", "beta", "gamma"), on="2021-01-01", despite=[("restriction.binds", None)])
    sale = move("port", "1/8", "beta", "delta")
    told = case.objections(sale, on="2020-01-01")
    assert told == {("restriction.binds", frozen.id), ("later-act.displaced", later.id)}
    despite = [("restriction.binds", frozen), ("later-act.displaced", later)]
    case.accepted(sale, on="2020-01-01", despite=despite)
    assert case.split("2022-01-01", "port") == {"alpha": "3/4", "gamma": "1/4"}
