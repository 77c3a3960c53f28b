"""Submitting: what is recorded, what is refused and how, and that refusing leaves no trace."""

import copy
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from domain.errors import Malformed
from domain.objections import Objection, Refused
from domain.periods import Clocks
from ledger.appending import HeadStale, SeenInconsistent, SignaturesDiffer, SubmittedLate
from ledger.application import KeysForeign, Ledger, LedgerKeys, Recorded
from ledger.log.checkpoint import open_checkpoint
from ledger.log.keys import Algorithm, Ed25519Signer
from ledger.log.merkle import leaf_hash, verify_consistency, verify_inclusion
from ledger.log.receipt import verify_receipt
from ledger.reading import LedgerReader, NotFounded, Unrecorded
from ledger.recording_clock import ClockRefused
from ledger.shelf import LogCorrupt
from ledger.statements.canonical import canonical_bytes
from ledger.statements.entry import parse_entry
from ledger.statements.envelope import sign
from ledger.statements.refusal import open_refusal
from ledger.statements.statement import statement_id
from ledger.store import schema
from ledger.store.errors import StoreAbsent, StoreForeign
from tests.ledger.ledgers import (
    ANNA,
    BODO,
    BY_ROOTS,
    DESK,
    MINISTRY,
    OFFICER_ONE,
    OFFICER_TWO,
    ORIGIN,
    PORT,
    ROOTS,
    SCRIBE,
    START,
    Clock,
    by,
    founded,
    founding,
    key_json,
    key_of,
    ledger_keys,
    signed,
)
from tests.ledger.statements.samples import ed25519


@pytest.fixture
def house(tmp_path):
    with founded(tmp_path) as house:
        yield house


def rules(refused: Refused) -> list[str]:
    return [objection.rule for objection in refused.objections]


def all_of(house) -> tuple[object, ...]:
    recorder = house.ledger.recorder
    return recorder.head(), list(recorder.recorded(0, recorder.size())), list(recorder.checkpoints())


# --- recorded -----------------------------------------------------------------------------------------------------


def test_a_statement_is_recorded_with_a_receipt_that_verifies(house):
    members = house.sale()
    recorded = house.submit(members)
    assert recorded.statement == statement_id(canonical_bytes(members))
    assert (recorded.index, recorded.new) == (house.reader.size - 1, True)
    verified = verify_receipt(recorded.receipt, recorded.entry, ORIGIN, house.reader.verifiers)
    assert (verified.index, verified.checkpoint.size) == (recorded.index, recorded.index + 1)
    assert house.reader.entry(recorded.index) == recorded.entry
    assert parse_entry(recorded.entry).recorded_at == START


def test_an_entry_names_the_true_heads_of_its_streams_and_of_the_register(house):
    asset = house.submit(house.declared(effective={"from": "2002-01-01", "zone": "Europe/Berlin"}))
    recorded = house.submit(house.sale())
    entry = parse_entry(recorded.entry)
    assert [(head.count, head.head) for head in entry.prev] == [(3, leaf_hash(asset.entry))]
    register = house.reader.entry(3)
    assert (entry.register.count, entry.register.head) == (4, leaf_hash(register))


def test_a_batch_has_one_checkpoint_and_every_receipt_proves_its_entry(house):
    before = house.reader.size
    outcomes = house.ledger.submit_many([signed(house.note(f"report {n}")) for n in range(9)])
    assert [outcome.index for outcome in outcomes] == list(range(before, before + 9))
    assert len({outcome.note for outcome in outcomes}) == 1
    for outcome in outcomes:
        verify_receipt(outcome.receipt, outcome.entry, ORIGIN, house.reader.verifiers)
    assert [c.size for c in house.ledger.recorder.checkpoints(after=before)] == [before + 9]


def test_bad_statements_never_fail_their_neighbours(house):
    good = [signed(house.note(f"report {n}")) for n in range(3)]
    outcomes = house.ledger.submit_many([good[0], b"{}", good[1], signed(house.resale()), good[2]])
    assert [type(outcome) for outcome in outcomes] == [Recorded, Malformed, Recorded, Refused, Recorded]
    assert [outcome.index for outcome in outcomes if isinstance(outcome, Recorded)] == [6, 7, 8]


def test_a_batch_is_judged_in_order_each_against_those_before_it(house):
    first, second = house.sale("3/4"), house.sale("3/4", day="2024-03-05")
    outcomes = house.ledger.submit_many([signed(first), signed(second)])
    assert isinstance(outcomes[0], Recorded)
    assert rules(outcomes[1]) == ["shares.no-room"]


# --- refused ------------------------------------------------------------------------------------------------------


def test_a_refused_statement_leaves_no_trace(house):
    before = all_of(house)
    with pytest.raises(Refused) as refused:
        house.submit(house.resale())
    assert rules(refused.value)
    with pytest.raises(Malformed):
        house.ledger.submit(b"not an envelope")
    assert all_of(house) == before
    house.submit(house.sale("1/1"))


def test_the_registers_objections_and_the_laws_are_told_together(house):
    alone = house.resale(signers=[by(BODO, "seller"), by(ANNA, "buyer")])
    with pytest.raises(Refused) as refused:
        house.submit(alone)
    assert rules(refused.value) == ["signer.incompetent", "signer.incompetent", "shares.no-room"]


def test_a_statement_for_another_ledger_is_refused(house):
    other = house.sale()
    other["ledger"] = {"origin": ORIGIN, "genesis": "sha256:" + "0" * 64}
    with pytest.raises(Refused) as refused:
        house.submit(other)
    assert rules(refused.value) == ["ledger.other-genesis"]


def test_a_key_revoked_earlier_in_the_same_batch_signs_nothing_more(house):
    revoke = house.register_act(
        "key.revoked", {"op": "key-revoke", "thumbprint": key_of(DESK).kid, "reason": "compromised"}
    )
    before, after = signed(house.note("before")), signed(house.note("after"))
    outcomes = house.ledger.submit_many([before, signed(revoke), after])
    assert [type(outcome) for outcome in outcomes] == [Recorded, Recorded, Refused]
    assert rules(outcomes[2]) == ["key.revoked"]


def test_a_key_added_earlier_in_the_same_batch_signs(house):
    newcomer = "party:newcomer"
    added = house.register_act(
        "key.added",
        {"op": "key-add", "party": newcomer, "key": key_json(key_of(newcomer))},
        signers=[*BY_ROOTS, by(newcomer, "key-holder")],
    )
    granted = house.register_act(
        "competence.granted", {"op": "competence-add", "competence": {"party": newcomer, "types": ["*"]}}
    )
    report = house.note("mine", signers=[by(newcomer, "registrar", "registrar")])
    outcomes = house.ledger.submit_many([signed(added), signed(granted), signed(report)])
    assert [type(outcome) for outcome in outcomes] == [Recorded, Recorded, Recorded]


def test_a_register_act_needs_its_threshold(house):
    grant = {"op": "competence-add", "competence": {"party": ANNA, "types": ["*"]}}
    with pytest.raises(Refused) as refused:
        house.submit(house.register_act("competence.granted", grant, signers=BY_ROOTS[:1]))
    assert rules(refused.value) == ["root.threshold"]


def test_rules_that_this_release_cannot_judge_by_are_not_adopted(house):
    rules_named = {"law": "2026.1", "tzdata": "2099z", "codes": "2026.1"}
    with pytest.raises(Refused) as refused:
        house.submit(house.register_act("rules.adopted", {"op": "rules-adopt", "rules": rules_named}))
    assert rules(refused.value) == ["rules.tzdata-unknown"]


def test_codes_are_checked_when_a_statement_is_admitted(house):
    with pytest.raises(Malformed) as malformed:
        house.submit(house.sale(effective={"from": "2024-02-29", "zone": "Europe/Atlantis"}))
    assert malformed.value.rule == "time.unknown-zone"


def test_a_statement_is_not_submitted_after_its_last_moment(house):
    by_then = house.note("in time", submit_by="2026-01-15T09:30:01Z")
    house.clock.move(seconds=1)
    with pytest.raises(SubmittedLate) as late:
        house.submit(by_then)
    assert rules(late.value) == ["submit-by.passed"]
    house.submit(house.note("just in time", submit_by="2026-01-15T09:30:01.250Z"))


# --- follows, exact, seen -----------------------------------------------------------------------------------------


def test_an_act_signed_without_sight_of_later_ones_is_recorded_unless_it_demands_the_head(house):
    free, exact = house.note("free"), house.note("exact", exact=True)
    head = house.submit(house.note("in between"))
    assert house.submit(free).new
    with pytest.raises(HeadStale) as stale:
        house.submit(exact)
    assert rules(stale.value) == ["head.stale"]
    assert (stale.value.subject, stale.value.head) == (PORT, statement_id(canonical_bytes(free)))
    assert head.statement != stale.value.head
    assert house.submit(house.note("exact again", exact=True)).new


def test_exact_heads_are_those_of_the_batch(house):
    first, second = house.note("first", exact=True), house.note("second", exact=True)
    outcomes = house.ledger.submit_many([signed(first), signed(second)])
    assert isinstance(outcomes[0], Recorded)
    assert isinstance(outcomes[1], HeadStale)
    assert outcomes[1].head == outcomes[0].statement


def test_a_checkpoint_that_the_signers_saw_must_be_ours(house):
    house.ledger.submit_many([signed(house.note(f"report {n}")) for n in range(5)])
    sizes = range(house.reader.size + 1)
    for size in sizes:
        house.submit(house.note(f"saw {size}", seen={"size": str(size), "root": house.reader.root(size).hex()}))
    with pytest.raises(SeenInconsistent) as other_root:
        house.submit(house.note("saw another", seen={"size": "4", "root": "ab" * 32}))
    assert (other_root.value.seen.size, other_root.value.root) == (4, house.reader.root(4))
    with pytest.raises(SeenInconsistent) as too_large:
        house.submit(house.note("saw more", seen={"size": "400", "root": "ab" * 32}))
    assert too_large.value.root is None
    assert rules(too_large.value) == ["seen.inconsistent"]


# --- repeats ------------------------------------------------------------------------------------------------------


def test_the_same_statement_again_is_answered_with_the_first_receipt(house):
    envelope = signed(house.sale())
    first = house.ledger.submit(envelope)
    house.submit(house.note("later"))
    before = all_of(house)
    again = house.ledger.submit(envelope)
    assert (again.index, again.entry, again.new) == (first.index, first.entry, False)
    assert again.receipt == first.receipt
    assert all_of(house) == before


def test_twice_in_one_batch_is_once(house):
    envelope = signed(house.sale())
    first, again = house.ledger.submit_many([envelope, envelope])
    assert (first.new, again.new) == (True, False)
    assert again.receipt == first.receipt


def test_a_repeat_is_answered_after_its_keys_were_revoked(house):
    envelope = signed(house.note("by the desk"))
    first = house.ledger.submit(envelope)
    house.submit(
        house.register_act("key.revoked", {"op": "key-revoke", "thumbprint": key_of(DESK).kid, "reason": "rotated"})
    )
    assert house.ledger.submit(envelope).index == first.index


def test_other_valid_signatures_of_a_recorded_statement_are_told_where_it_is(house):
    members = house.note("signed twice")
    recorded = house.submit(members)
    later = sign(canonical_bytes(members), [key_of(DESK)], 1_795_349_999).to_bytes()
    with pytest.raises(SignaturesDiffer) as differ:
        house.ledger.submit(later)
    assert (differ.value.index, rules(differ.value)) == (recorded.index, ["repeat.signatures-differ"])


def test_a_repeat_with_an_invalid_signature_is_malformed_as_ever(house):
    members = house.note("signed twice")
    house.submit(members)
    forged = signed(members, [ed25519("stranger")])
    with pytest.raises(Refused) as refused:
        house.ledger.submit(forged)
    assert rules(refused.value) == ["key.unknown"]
    broken = signed(members).replace(b'"signature":"', b'"signature":"A')
    with pytest.raises(Malformed):
        house.ledger.submit(broken)


# --- the clock ----------------------------------------------------------------------------------------------------


def test_time_repeats_when_the_clock_is_a_little_behind_and_stops_when_far(house):
    house.clock.move(seconds=-2)
    assert parse_entry(house.submit(house.note("behind")).entry).recorded_at == START
    house.clock.move(milliseconds=-1)
    before = all_of(house)
    with pytest.raises(ClockRefused):
        house.submit(house.note("far behind"))
    assert all_of(house) == before
    house.clock.move(hours=1)
    assert parse_entry(house.submit(house.note("right again")).entry).recorded_at == house.clock.at


def test_a_clock_far_ahead_of_a_second_one_stops(house, tmp_path):
    second = Clock()
    with Ledger.open(house.url, ledger_keys(), house.clock, second) as ledger:
        house.clock.move(seconds=60)
        assert ledger.submit(signed(house.note("at the limit"))).new
        house.clock.move(milliseconds=1)
        with pytest.raises(ClockRefused) as refused:
            ledger.submit(signed(house.note("past it")))
        assert refused.value.now - refused.value.met == timedelta(seconds=60.001)


# --- opening ------------------------------------------------------------------------------------------------------


def test_what_is_reopened_is_what_was_kept(house):
    house.submit(house.sale())
    with Ledger.open(house.url, ledger_keys(), house.clock) as ledger:
        kept, folded = house.ledger._kept(), ledger._kept()
        assert folded.register == kept.register
        assert list(folded.record.walk()) == list(kept.record.walk())
        for act in kept.record.walk():
            assert folded.record.actor_forum(act) == kept.record.actor_forum(act)
        assert (folded.frontier, folded.recorded_at) == (kept.frontier, kept.recorded_at)
        assert ledger.submit(signed(house.note("after reopening"))).index == kept.size


def test_progress_is_told_while_the_log_is_read(house):
    told = []
    with LedgerReader.open(house.url, progress=lambda done, total: told.append((done, total))):
        assert told == [(6, 6)]


def test_two_writers_on_one_file_judge_by_what_both_recorded(house):
    with Ledger.open(house.url, ledger_keys(), house.clock) as other:
        assert house.submit(house.sale("3/4")).index == 6
        with pytest.raises(Refused) as refused:
            other.submit(signed(house.sale("3/4", day="2024-03-05")))
        assert rules(refused.value) == ["shares.no-room"]
        assert other.submit(signed(house.sale("1/4", day="2024-03-05"))).index == 7
        assert house.submit(house.note("and on")).index == 8


def test_a_ledger_opens_only_with_its_own_keys(house):
    own = ledger_keys()
    other = LedgerKeys(Ed25519Signer(ORIGIN, ed25519("other").private), own.cosigner, own.service)
    for keys in (other, LedgerKeys(own.signer, own.cosigner, ed25519("other"))):
        with pytest.raises(KeysForeign):
            Ledger.open(house.url, keys, house.clock)


def test_founding_is_judged_before_anything_is_made(tmp_path):
    path = tmp_path / "new.db"
    alone = founding(signers=[by(ROOTS[0], "root")])
    with pytest.raises(Refused) as refused:
        Ledger.create(f"sqlite:///{path}", signed(alone), ledger_keys(), Clock())
    assert "root.threshold" in rules(refused.value)
    other = LedgerKeys(Ed25519Signer(ORIGIN, ed25519("other").private), ledger_keys().cosigner, ledger_keys().service)
    with pytest.raises(KeysForeign):
        Ledger.create(f"sqlite:///{path}", signed(founding()), other, Clock())
    unknown = copy.deepcopy(founding())
    unknown["effects"][-1]["rules"]["tzdata"] = "1999a"
    with pytest.raises(Refused):
        Ledger.create(f"sqlite:///{path}", signed(unknown), ledger_keys(), Clock())
    assert not path.exists()


def test_what_is_no_ledger_is_not_opened(house, tmp_path):
    with pytest.raises(StoreAbsent):
        LedgerReader.open(f"sqlite:///{tmp_path / 'none.db'}")
    (tmp_path / "text.db").write_text("")
    with pytest.raises(StoreForeign):
        LedgerReader.open(f"sqlite:///{tmp_path / 'text.db'}")
    schema.create(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(NotFounded):
        LedgerReader.open(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(StoreForeign):
        Ledger.create(house.url, signed(founding()), ledger_keys(), Clock())


def test_founding_that_died_before_its_first_entry_is_completed(tmp_path):
    url = f"sqlite:///{tmp_path / 'new.db'}"
    schema.create(url)
    with Ledger.create(url, signed(founding()), ledger_keys(), Clock()) as ledger:
        assert ledger.reader.size == 1
    with pytest.raises(StoreForeign):
        Ledger.create(url, signed(founding()), ledger_keys(), Clock())


def test_asking_does_not_wait_for_a_writer(house):
    """A commit under way in another thread holds the one write lock; questions are answered beside it."""
    with house.ledger._appending, house.ledger.recorder.locked(), ThreadPoolExecutor(1) as other:
        assert other.submit(lambda: house.ledger.reader.size).result(10) == 6
        objection = Objection("impossible", "no", None, "", "no")
        assert other.submit(lambda: house.ledger.refuse("sha256:" + "0" * 64, [objection])).result(10)


def test_an_entry_exchanged_with_all_its_hashes_is_noticed_when_opening(house):
    """Who can write the file but does not hold the log's key cannot make another history."""
    raw = bytearray(house.reader.entry(5))
    place = raw.index(b'"recorded_at":"2026') + len(b'"recorded_at":"202')
    raw[place : place + 1] = b"5"
    house.ledger.close()
    with sqlite3.connect(house.path) as database:
        database.execute("DROP TRIGGER entries_update")
        database.execute("UPDATE entries SET entry = ?, leaf_hash = ? WHERE position = 6", (raw, leaf_hash(bytes(raw))))
    database.close()
    with pytest.raises(LogCorrupt):
        LedgerReader.open(house.url)


# --- what the ledger signs, and what can be asked -----------------------------------------------------------------


def test_cosigning_upgrades_the_receipts(house):
    first = house.submit(house.sale())
    second = house.submit(house.note("later"))
    note = house.ledger.cosign_latest()
    assert house.ledger.cosign_latest() is None
    keys = house.reader.verifiers
    for recorded in (first, second):
        receipt = house.reader.receipt(recorded.index)
        verified = verify_receipt(receipt, recorded.entry, ORIGIN, keys)
        assert verified.checkpoint.note == note == house.reader.checkpoint()
        algorithms = [signature.key.algorithm for signature in verified.checkpoint.log_signatures]
        assert algorithms == [Algorithm.ED25519, Algorithm.ML_DSA_44_COSIGNATURE]


def test_a_refusal_is_signed_and_names_what_was_refused(house):
    members = house.resale()
    with pytest.raises(Refused) as refused:
        house.submit(members)
    raw = house.ledger.refuse(statement_id(canonical_bytes(members)), refused.value.objections)
    refusal = open_refusal(raw, house.reader.register())
    assert refusal.statement == statement_id(canonical_bytes(members))
    assert refusal.objections == refused.value.objections
    assert (refusal.size, refusal.time) == (6, START)


def test_a_refusal_with_too_many_objections_keeps_the_first(house):
    with pytest.raises(Refused) as refused:
        house.submit(house.resale())
    many = refused.value.objections[:1] * 400
    opened = open_refusal(house.ledger.refuse("sha256:" + "0" * 64, many), house.reader.register())
    assert 1 <= len(opened.objections) < 400


def test_checking_says_what_submitting_would_and_records_nothing(house):
    before = all_of(house)
    good, bad = house.sale(), house.resale()
    assert house.reader.check(signed(good)).objections == ()
    assert house.reader.check_payload(canonical_bytes(good)).objections == ()
    with pytest.raises(Refused) as refused:
        house.submit(bad)
    assert house.reader.check(signed(bad)).objections == refused.value.objections
    assert house.reader.check_payload(canonical_bytes(bad)).objections == refused.value.objections
    by_another = signed(good, [key_of(SCRIBE), key_of(BODO), key_of(DESK)])
    assert rules_of(house.reader.check(by_another)) == ["key.other-party"]
    assert all_of(house) == before
    recorded = house.submit(good)
    assert house.reader.check(signed(good)).recorded == recorded.index


def rules_of(checked) -> list[str]:
    return [objection.rule for objection in checked.objections]


def test_checking_tells_circumstances_as_well(house):
    late = house.note("late", submit_by="2026-01-15T09:00:00Z")
    stale = house.note("stale", exact=True)
    unseen = house.note("unseen")
    other = house.note("other", seen={"size": "3", "root": "ab" * 32})
    house.submit(house.note("in between"))
    assert rules_of(house.reader.check(signed(late))) == ["submit-by.passed"]
    assert rules_of(house.reader.check(signed(stale))) == ["head.stale"]
    assert rules_of(house.reader.check(signed(other))) == ["seen.inconsistent"]
    assert house.reader.check(signed(unseen)).unseen == 1


def test_a_register_act_can_be_checked_before_it_is_signed(house):
    grant = {"op": "competence-add", "competence": {"party": ANNA, "types": ["*"]}}
    enough = house.register_act("competence.granted", grant)
    too_few = house.register_act("competence.granted", grant, signers=BY_ROOTS[:1])
    assert rules_of(house.reader.check_payload(canonical_bytes(enough))) == []
    assert rules_of(house.reader.check_payload(canonical_bytes(too_few))) == ["root.threshold"]


def test_answers_on_the_recorded_clock_stay(house):
    before = house.reader.size
    at = house.clock()
    house.clock.move(days=1)
    house.submit(house.sale())
    assert house.reader.size_at(START) == before
    assert house.reader.size_at(house.clock()) == before + 1
    assert house.reader.size_at(START - timedelta(milliseconds=1)) == 0

    def holders(size):
        snapshot = house.reader.snapshot(PORT, at, Clocks(size=size))
        return {holding.holder: str(holding.share.low) for holding in snapshot.rights["title"]}

    assert holders(before) == {ANNA: "1"}
    assert holders(before + 1) == {ANNA: "3/4", BODO: "1/4"}


def test_a_forum_nested_later_changes_no_answer_on_the_recorded_clock(house):
    before = house.reader.size
    with house.reader.reading() as record:
        assert record.nesting("body:court", START) == frozenset()
    nest = {"op": "forum-nest", "inner": "body:court", "outer": "DE"}
    house.submit(house.register_act("forum.nested", nest))
    with house.reader.reading() as record:
        assert record.nesting("body:court", START) == {"DE", "EU"}
    with house.reader.reading(before) as record:
        assert record.nesting("body:court", START) == frozenset()
        assert record.count == before


def test_proofs_between_any_two_sizes(house):
    house.ledger.submit_many([signed(house.note(f"report {n}")) for n in range(4)])
    reader = house.reader
    for new in range(1, reader.size + 1):
        for old in range(new + 1):
            verify_consistency(old, reader.root(old), new, reader.root(new), reader.consistency(old, new))
        for index in range(new):
            verify_inclusion(leaf_hash(reader.entry(index)), index, new, reader.inclusion(index, new), reader.root(new))


def test_what_is_not_recorded_has_no_index_entry_or_receipt(house):
    for ask in (
        lambda reader: reader.index_of("sha256:" + "0" * 64),
        lambda reader: reader.act("sha256:" + "0" * 64),
        lambda reader: reader.entry(6),
        lambda reader: reader.entry(-1),
        lambda reader: reader.receipt(6),
        lambda reader: reader.receipt(-1),
        lambda reader: reader.checkpoint(400),
        lambda reader: reader.register(7),
    ):
        with pytest.raises(Unrecorded):
            ask(house.reader)


def test_the_checkpoint_is_signed_by_the_log_over_all_entries(house):
    opened = open_checkpoint(house.reader.checkpoint(), house.reader.verifiers)
    assert (opened.origin, opened.size, opened.root) == (ORIGIN, 6, house.reader.root(6))


def test_officers_take_control_together_and_the_answer_names_their_order(house):
    order = house.statement(
        "control.imposed",
        [
            {
                "effect": "impose",
                "kind": "trusteeship",
                "over": [PORT],
                "powers": {"manage": "takes", "vote": "takes"},
                "holder": MINISTRY,
                "term": {"until": "2026-12-31"},
            }
        ],
        actor=MINISTRY,
        signers=[by(OFFICER_ONE, "officer"), by(OFFICER_TWO, "officer")],
        basis={"kind": "order", "title": "Order", "legal_basis": "§ 17 EnSiG"},
        effective={"from": "2026-01-01", "zone": "Europe/Berlin"},
    )
    recorded = house.submit(order)
    snapshot = house.reader.snapshot(PORT, house.clock())
    assert [exercised.holder for exercised in snapshot.control.headline] == [MINISTRY]
    assert [live.course.ref.statement for live in snapshot.measures] == [recorded.statement]


def test_a_reader_in_another_place_follows_the_store(house):
    with LedgerReader.open(house.url) as reader:
        assert reader.size == 6
        recorded = house.submit(house.sale())
        assert reader.index_of(recorded.statement) == 6
        assert reader.head_of(PORT) == recorded.statement
        assert reader.act(recorded.statement).signers[0].party == ANNA


def test_a_record_of_no_entries_or_of_more_than_there_are_is_refused(house):
    size = house.reader.size
    for wrong in (0, -1, size + 1):
        with pytest.raises(Unrecorded), house.reader.reading(wrong):
            pass
    with house.reader.reading(size) as record:
        assert record.end == size
    with house.reader.reading(1) as record:
        assert [act.position for act in record.walk()] == [0]
