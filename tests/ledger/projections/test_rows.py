"""Rows computed as entries come are those computed from the whole record: on every case on record, and on random ones."""

from collections.abc import Sequence
from pathlib import Path

from hypothesis import example, given, settings

from domain.acts import Act
from domain.admission import Admission
from domain.effects import Exist, Part
from domain.identifiers import EffectRef, StatementId, SubjectId
from domain.record import Record
from ledger.projections import rows
from ledger.projections.rows import RowMaker, everything, touched
from tests.domain.builders import Case, admit, asset, declare, exist, impose, move, register, share
from tests.domain.law.at_random import plans, play
from tests.ledger.evidence.demo_cases import DRAFTS, case_ledger

Rows = dict[tuple[str, str], list]
SLUGS = sorted(path.stem for path in Path(DRAFTS).glob("*.ndjson") if path.stem != "00-authorities")


def of_subject(maker: RowMaker, subject: SubjectId) -> Rows:
    return {("holdings", subject): maker.holdings(subject), ("names", subject): maker.names(subject)}


def of_statement(maker: RowMaker, statement: StatementId) -> Rows:
    return {("deadlines", statement): maker.deadlines(statement)}


def whole(record: Record) -> Rows:
    maker = RowMaker(record)
    found: Rows = {}
    for subject in everything(record).subjects:
        found |= of_subject(maker, subject)
    for statement in everything(record).statements:
        found |= of_statement(maker, statement)
    return {key: made for key, made in found.items() if made}


def as_they_come(acts: Sequence[Act], like: Record, batch: int) -> tuple[Record, Rows]:
    record = Record(like.zones, like.actor_forum, like.nesting)
    maker = RowMaker(record)
    found: Rows = {}
    for low in range(0, len(acts), batch):
        fresh = acts[low : low + batch]
        for act in fresh:
            record.add(act)
        part = touched(record, fresh)
        for subject in part.subjects:
            found |= of_subject(maker, subject)
        for statement in part.statements:
            found |= of_statement(maker, statement)
    return record, {key: made for key, made in found.items() if made}


def test_every_case_on_record():
    ledger = case_ledger(*SLUGS)
    for batch in (1, 7):
        record, found = as_they_come(ledger.acts, ledger.record, batch)
        assert found == whole(record)
    assert {kind for kind, _ in found} == {"holdings", "names", "deadlines"}


def test_rows_do_not_depend_on_what_is_kept(monkeypatch):
    """Folds that are let go of are folded anew: nothing of them grows with the ledger."""
    ledger = case_ledger(*SLUGS[:4])
    expected = whole(ledger.record)
    monkeypatch.setattr(rows, "_EFFECTS_MAX", 3)
    assert whole(ledger.record) == expected
    maker = RowMaker(ledger.record)
    for statement in everything(ledger.record).statements:
        maker.deadlines(statement)
        assert maker._weight <= 3


def test_what_is_learnt_of_a_whole_later_changes_the_rows_of_its_parts():
    case = Case()
    case.given(declare("plant", {"owner": "1/1"}))
    halves = (Part(asset("north"), share("1/2")), Part(asset("south"), share("1/2")))
    case.given(Exist("divide", asset("plant"), parts=halves), on="2012-01-01")
    case.given(move("plant", "1/4", "owner", "buyer"), on="2011-01-01")
    record, found = as_they_come(case.record.acts, case.record, 1)
    assert found == whole(record)


def test_identities_joined_through_others_change_the_rows_of_what_they_hold():
    case = Case()
    case.given(declare("port", {"alpha": "1/1"}))
    case.given(move("port", "1/4", "alfa", "buyer"), on="2013-01-01")
    for one, two in (("alpha", "aleph"), ("alfa", "alif"), ("aleph", "alif")):
        case.given(exist("same", f"party:{one}", f"party:{two}"), on="2012-01-01")
    record, found = as_they_come(case.record.acts, case.record, 1)
    assert found == whole(record)
    assert {row.holder for row in found["holdings", "asset:port"]} == {"party:alpha", "party:buyer"}


def test_a_change_of_place_is_seen_in_the_rows_of_the_asset_and_of_the_company_it_is():
    case = Case({"court": "DE", "state": "DE", "minister": "NL"})
    case.given(declare("port", {"alpha": "1/1"}))
    case.given(move("port", "1/1", "alpha", "state"), on="2012-01-01", by="state")
    over = impose("receivership", "party:port", "dan", takes="manage takes", until="2020-01-01")
    case.given(over, on="2013-01-01", by="court")
    case.given(register("asset:port", "DE"))
    case.given(register("asset:port", "NL"), on="2015-01-01")
    case.given(admit(EffectRef(case.record.acts[1].id, 1), "NL", "refused"), on="2017-01-01", by="minister")
    record, found = as_they_come(case.record.acts, case.record, 1)
    assert found == whole(record)
    holders = [row.holder for row in found["holdings", "asset:port"]]
    assert holders == ["party:alpha", "party:state", "party:alpha"]


@settings(max_examples=60)
@given(plans)
@example([(13, *[0] * 7), (4, *[0] * 7), (21, *[0] * 7)])  # a void of all that was declared, then a succession
def test_random_cases(plan):
    case = play(plan)
    record, found = as_they_come(case.record.acts, case.record, 1)
    assert found == whole(record)


def told(admission: Admission) -> dict[object, str]:
    """All that the kept folds say, spelled out."""
    found: dict[object, str] = {}
    for forum in sorted(admission._folds, key=str):
        folds = admission.folds(forum)
        for subject in admission.record.subjects():
            found[forum, subject, "courses"] = repr(folds.courses(subject))
            if subject.startswith("asset:"):
                title = folds.title(subject)
                found[forum, subject, "title"] = repr((title.steps, [title.state_at(at) for at in title.moments()]))
    return found


@settings(max_examples=60)
@given(plans)
def test_admitting_is_judging_and_adding(plan):
    """`admit` keeps what the trial folded: nobody can tell it from a judgement and an addition of its own."""
    case = play(plan)
    at_once, apart = (Admission(Record(case.record.zones, case.record.forum_of, case.record.nesting)) for _ in range(2))
    for act in case.record.acts:
        judged = apart.judge(act)
        assert at_once.admit(act) == judged
        if not judged.accepted:
            assert at_once.record.find(act.id) is None
            at_once.add(act)
        apart.add(act)
        assert told(at_once) == told(apart)
