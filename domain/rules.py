"""The rules by which an act is objected to, as a table: name, kind, and what it protects (DESIGN section 3, rule 6).

Guarantees that every objection names a rule of this table, with the kind given here; a test reads the code for names that are
missing. It judges nothing: `admission`, `dealings`, `type_objections` and `register` do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.objections import Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of admission. An impossible act is refused; an irregular one unless its signers name the rule in `despite`."""

    name: str
    kind: Kind
    words: str


_IMPOSSIBLE: Final = {
    "certificate.other-key": "a certificate in the header must be of the key that signs",
    "competence.already-granted": "a competence in force is not granted again",
    "competence.unknown": "only a competence in force can be ended",
    "contradicts.own-statement": "an actor does not state the opposite of what it stated of the same moment",
    "despite.unfounded": "`despite` names what speaks against the act, and nothing else",
    "envelope.signature-reordered": "signatures stand in the order of the signers",
    "follows.unknown": "`follows` names a statement of that stream",
    "genesis.incomplete": "entry 0 names roots, threshold, log keys, service key and rules",
    "head.stale": "an act that demands the head of a stream follows it",
    "identity.cycle": "nothing is its own successor",
    "key.already-registered": "a key belongs to one party for ever",
    "key.not-possessed": "the holder of a new key signs with it",
    "key.other-party": "a key signs for its own party",
    "key.reserved": "log and service keys sign no statements",
    "key.returned": "a revoked key never returns",
    "key.revoked": "a revoked key signs nothing after its revocation",
    "key.unknown": "a signing key is in the register",
    "key.wrong-algorithm": "a key signs with the algorithm it was registered for",
    "key.wrong-role": "root keys sign register acts as roots; other keys do not",
    "ledger.other-genesis": "a statement names the founding statement of this ledger",
    "ledger.other-origin": "a statement names this ledger",
    "move.nothing": "a transfer moves something",
    "move.same-holder": "a transfer has two parties",
    "parts.exceed-whole": "the parts of a divided asset are not more than the whole",
    "performs.nothing-to-perform": "a completion performs an agreement or order",
    "rank.cycle": "a measure does not outrank itself, directly or through others",
    "recognition.other-forum": "recognition has effect in its own forum only",
    "records.other-act": "another source for an act has the same actor and a subject in common",
    "reference.kind": "a reference names an effect of the kind it needs",
    "reference.unknown": "an act refers only to what was recorded before it",
    "repeat.signatures-differ": "a recorded statement is not recorded again with other signatures",
    "root.threshold": "a change of the register is signed by enough root keys",
    "root.threshold-unreachable": "the threshold can be reached by the root keys in force",
    "rules.tzdata-unknown": "adopted time zone data is part of this release",
    "seen.inconsistent": "a checkpoint its signers saw is one of this log",
    "shares.holder-twice": "a split names each holder once",
    "shares.not-whole": "a split sums to the whole",
    "signer.incompetent": "a registrar or transcriber has the competence to record this type",
    "subject.registered": "a subject is registered once, an identifier never reused",
    "subjects.missing": "an act lists every subject its effects are about",
    "submit-by.passed": "a statement is submitted in time",
    "time.ends-before-start": "an end is not before its start",
    "type.asset-barred": "an act of this type is about an asset of this kind",
    "type.basis-barred": "the instrument is one that can have such an effect",
    "type.derived-not-stated": "what follows from the passing of time is derived, never stated",
    "type.effect-barred": "the type of act can have such an effect",
    "type.effect-missing": "an act has the effects its type needs",
    "type.kind-unknown": "the kind of measure is in the list",
    "type.member-missing": "an act states what its type needs",
    "type.unknown": "the type is in the table",
    "units.do-not-add-up": "units cancelled and issued add up to the total stated",
    "units.totals-differ": "units are counted of one total",
    "void.consequence-missing": "who voids a decision says what becomes of what it had done",
    "void.itself": "an act does not void itself",
    "void.not-recorder": "a record is retracted by who recorded it",
}

_IRREGULAR: Final = {
    "actor.no-power": "who acts is a party to the transfer, holds a measure, or has authority in law",
    "asset.ended": "no act in an asset that has ended",
    "chain.owns-itself": "a company does not come to own itself",
    "compensation.payee-not-holder": "who is compensated held on the day of valuation, or by assignment",
    "decision.orders-nothing": "title moves by a decision that orders it",
    "declare.second-opening": "a second opening balance replaces the first without explaining the difference",
    "divestment.overdue": "who was ordered to divest has divested in time",
    "encumbrance.grantor-lacks": "who encumbers an asset holds it",
    "encumbrance.not-holder": "an encumbrance is assigned or discharged by its holder",
    "encumbrance.rank-unconsented": "a burden is put before another only by that other's holder or a court",
    "extension.beyond-maximum": "an extension is no longer than its legal basis allows in one step",
    "extension.not-later": "an extension ends later than the old term",
    "grant.beyond-own-term": "nobody gives the use of a thing for longer than its own right lasts",
    "grant.lacks-right": "who grants a concession has the right to",
    "grant.overlaps": "the same use is not granted to two for one time without a rank",
    "identity.two-live": "two that bear different LEI in use are not made one without the register that issues them",
    "later-act.displaced": "a backdated act does not take away what later acts on record rest on",
    "limit.exceeded": "a holding stays within a cap",
    "measure.bars-disposal": "no disposal that a measure forbids",
    "measure.before-notice": "an order binds from its notice, unless a statute reaches back",
    "measure.consent-missing": "a disposal that needs consent has it",
    "measure.ended": "an ended measure is not altered",
    "measure.lacks-disposal": "a manager disposes only with the power to dispose",
    "measure.lapsed": "a lapsed measure is not extended or altered: a new one is needed",
    "measure.not-in-force": "only a measure in force is altered",
    "measure.not-suspended": "only a suspended measure is resumed",
    "measure.other-authority": "a measure is altered by the authority that imposed it, or by a court",
    "measure.overlaps-unranked": "measures that take one power have a rank",
    "parts.below-whole": "the parts of a divided asset are the whole of it",
    "payment.above-debt": "no more is paid than is owed",
    "payment.no-debt": "a payment is of a debt that stands",
    "payment.other-currency": "a debt is paid in its currency",
    "performs.lapsed": "a completion performs an agreement that has not lapsed",
    "performs.void": "a completion performs what was not declared void",
    "permit.ended": "an ended permit is not extended or revoked",
    "permit.not-granted": "only a permit that was granted is altered",
    "permit.withheld": "a transaction whose clearance was denied or revoked is not completed",
    "permit.nothing-excepted": "a licence excepts from a restriction that stands",
    "proceeding.final": "no appeal lies from a final decision",
    "proceeding.other-forum": "a decision is appealed and reviewed in its own legal order",
    "proceeding.other-parties": "a decision is between the parties of its proceeding",
    "restriction.binds": "no dealing that a restriction forbids, without a licence",
    "shares.no-room": "nobody transfers more than it holds",
    "term.beyond-maximum": "a first term is no longer than its legal basis allows",
    "time.may-end-before-start": "as its dates stand, an act does not end before it starts",
    "units.other-total": "units are cancelled out of the total on record",
    "void.already-void": "what is void is not voided again",
}

RULES: Final = tuple(
    sorted(
        (
            *(Rule(name, "impossible", words) for name, words in _IMPOSSIBLE.items()),
            *(Rule(name, "irregular", words) for name, words in _IRREGULAR.items()),
        ),
        key=lambda rule: (rule.kind, rule.name),
    )
)
"""All rules, impossible ones first, by name."""
