"""The table of types: which effects, instruments, actors and members each type of act may, must and must not have.

Guarantees DESIGN section 3, rule 5: an act is what its instrument is. A contract, an offer, an award of a tender, a
bill, an order to divest move no title, whatever the type is called; a restriction or a measure of control never
carries a split. What follows from the passing of time is derived and has no type. The rows are data, so a new type
needs no code; `type_objections` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

ActorKind = Literal["authority", "court", "party", "registrar", "any"]


@dataclass(frozen=True, slots=True)
class ActType:
    """One row. `allows` and each set of `requires` hold effect tokens (of each set at least one must occur); `basis`
    the kinds of instrument (empty: any); `members` what must be stated beside the effects; `codes` the codes of the
    legal taxonomy it covers; `refuses` tokens barred although a wider one is allowed, or barred for a reason worth
    saying, with the words that say it; `not_of` kinds of asset it does not move;
    `presupposes` tokens of which one at least stands before it in the streams of its subjects: a stated gap where none does."""

    name: str
    title: str
    allows: frozenset[str]
    requires: tuple[frozenset[str], ...]
    basis: frozenset[str]
    actor: frozenset[ActorKind]
    members: tuple[str, ...]
    codes: tuple[str, ...]
    refuses: Mapping[str, str]
    not_of: frozenset[str] = frozenset()
    presupposes: frozenset[str] = frozenset()


NO_TITLE_BASIS: Final = frozenset(
    {"agreement", "offer", "tender-award", "bill", "announcement", "plan", "notice", "pleading", "invoice", "valuation"}
    | {"listing", "report", "lease", "licence"}
)
"""Instruments that never move title by themselves, in any type."""

_COMPLETING = "completion register-entry deed extract"
_PUBLIC = "order decree decision statute regulation"
_JUDICIAL = "judgment order decision"
_PROMISE = "it changes nothing in title: record the completion when it happens, as ownership.transferred"
_EXPECTANCY = {"declare": _PROMISE, "move": _PROMISE, "reunit": _PROMISE}
_ORDER_ONLY = (
    "a restriction forbids or commands and moves no title: record the completion that obeys it as ownership.divested"
)
_NO_SPLIT = {"declare": _ORDER_ONLY, "move": _ORDER_ONLY, "reunit": _ORDER_ONLY}
_CONTROL_ONLY = (
    "control changes hands, title does not: a taking of title is ownership.nationalised, by its own instrument"
)
_NO_TITLE = {"declare": _CONTROL_ONLY, "move": _CONTROL_ONLY, "reunit": _CONTROL_ONLY}
_OWN_FORUM = "recognition has effect inside its own forum only, and gives a foreign act no other content"
_NO_CONTENT = {"declare": _OWN_FORUM, "move": _OWN_FORUM, "reunit": _OWN_FORUM, "void": _OWN_FORUM}
_DATED = ("effective.from",)


def _type(
    name: str,
    title: str,
    actor: str,
    needs: str,
    may: str = "",
    basis: str = "",
    members: tuple[str, ...] = (),
    codes: str = "",
    refuses: Mapping[str, str] = MappingProxyType({}),
    not_of: str = "",
    presupposes: str = "",
) -> ActType:
    """A row from words: `needs` is a list of alternatives joined by `|`; whatever is needed is allowed too."""
    requires = tuple(frozenset(group.split("|")) for group in needs.split())
    kinds: dict[str, ActorKind] = {
        "authority": "authority", "court": "court", "party": "party", "registrar": "registrar", "any": "any",
    }  # fmt: skip
    return ActType(
        name,
        title,
        frozenset(may.split()).union(*requires),
        requires,
        frozenset(basis.split()),
        frozenset(kinds[word] for word in actor.split()),
        members,
        tuple(codes.split()),
        MappingProxyType(dict(refuses)),
        frozenset(not_of.split()),
        frozenset(presupposes.split()),
    )


_CLOSING = "pay owe declare exist state alter permit:granted permit:conditions impose:encumbrance impose:representation"
_RULING = "void move reunit declare alter impose owe pay permit admit exist state proceed"

_OWNERSHIP: Final = (
    _type("ownership.declared", "A split is declared", "any", "declare", "state exist:identify exist:name",
          f"{_COMPLETING} {_PUBLIC} judgment announcement report listing lease correction other",
          codes="own.initial own.declared",
          refuses={"move": "a declaration says how a right is split, it passes none: use ownership.transferred"}),
    _type("ownership.transferred", "Title passes", "party registrar", "move", _CLOSING, _COMPLETING, _DATED,
          "own.transfer own.privatisation own.escrow_release"),
    _type("business.transferred", "A business or facility passes, not the company", "party registrar", "move", _CLOSING,
          _COMPLETING, _DATED, "own.asset_transfer", not_of="company"),
    _type("rights.separated", "Votes or economic interest part from title", "party registrar",
          "move:votes|move:economic|declare:votes|declare:economic", "state owe impose:control impose:encumbrance",
          f"{_COMPLETING} agreement statute decision", _DATED, "", {"move:title": _PROMISE, "declare:title": _PROMISE}),
    _type("ownership.agreed", "A transfer is agreed", "party", "state:agreement",
          "state owe permit:applied impose:encumbrance impose:undertaking",
          "agreement deed offer announcement completion report", codes="own.agreement", refuses=_EXPECTANCY),
    _type("ownership.offered", "A transfer is offered", "party", "state:offer|state:option", "state",
          "offer announcement agreement notice report", codes="own.offer own.option", refuses=_EXPECTANCY),
    _type("ownership.announced", "An intention is announced", "any", "state:announcement|state:plan|state:operation",
          "state", "announcement report plan bill notice other", codes="own.announcement", refuses=_EXPECTANCY),
    _type("ownership.approved", "A corporate body approves", "party", "state:approval", "state",
          "decision announcement report agreement deed", codes="own.corporate_approval", refuses=_EXPECTANCY),
    _type("tender.awarded", "A tender or auction is awarded", "any", "state:tender-award", "state owe",
          "tender-award decision order report", codes="own.auction", refuses=_EXPECTANCY),
    _type("agreement.amended", "An agreement is amended", "any", "state:amendment",
          "state owe alter:extend alter:end alter:discharge", "agreement statute decision deed announcement report",
          codes="own.agreement_amended", refuses=_EXPECTANCY),
    _type("offer.lapsed", "An offer or agreement falls away", "party", "state:lapse-of-offer",
          "state alter:end alter:discharge", "offer announcement notice agreement report", codes="own.offer_lapsed",
          refuses=_EXPECTANCY),
    _type("upstream.changed", "A change above the owner", "any", "state:upstream-change", "state",
          codes="own.upstream_change", refuses=_EXPECTANCY),
    _type("ownership.divested", "Title passes in obedience to an order", "party registrar", "move", _CLOSING,
          _COMPLETING, _DATED, "own.forced_divestment", presupposes="impose:divestment-order impose:undertaking"),
    _type("sale.ordered", "A court orders a sale", "court", "state|proceed:decided|proceed:interim",
          "impose owe permit alter proceed", _JUDICIAL, codes="",
          refuses={**_EXPECTANCY,
              "move": "the sale order moves nothing; the sale does, when closed: ownership.sold-by-court"}),
    _type("ownership.sold-by-court", "A court sale is completed", "court party registrar", "move",
          f"{_CLOSING} void proceed", _COMPLETING, _DATED, "own.court_sale",
          presupposes="impose:attachment proceed:decided proceed:interim"),
    _type("ownership.nationalised", "The state takes title", "authority", "move|reunit",
          "impose alter owe pay exist state declare permit admit", f"{_PUBLIC} register-entry",
          ("effective.from", "basis.legal_basis"), "own.nationalisation"),
    _type("ownership.forfeited", "A judgment takes title", "court authority", "move|reunit", _RULING,
          f"{_JUDICIAL} decree statute", _DATED, "own.confiscation"),
    _type("capital.reissued", "Units are cancelled and issued", "party authority court registrar", "reunit",
          "declare owe pay exist state alter permit impose:encumbrance", f"{_COMPLETING} {_PUBLIC} judgment", _DATED,
          "own.capital_cut own.issue"),
    _type("ownership.returned", "Title is given back", "authority court party registrar", "move|reunit", _RULING,
          f"{_COMPLETING} {_PUBLIC} judgment", _DATED, "own.return"),
)  # fmt: skip

_CONTROL: Final = (
    _type("trusteeship.imposed", "A trusteeship is ordered", "authority", "impose:trusteeship",
          "impose alter permit owe state exist:name", _PUBLIC,
          ("effective.from", "basis.legal_basis", "impose.holder", "impose.powers"), "ctl.trusteeship", _NO_TITLE),
    _type("control.imposed", "Control is taken by order", "authority court", "impose:control",
          "impose alter permit owe state exist:name", f"{_PUBLIC} judgment",
          ("effective.from", "basis.legal_basis", "impose.holder", "impose.powers"),
          "ctl.temporary_management ctl.requisition ctl.decision_veto ctl.direction_power", _NO_TITLE),
    _type("control.extended", "A measure of control is extended", "authority court party", "alter:extend",
          "alter state permit owe", f"{_PUBLIC} judgment agreement deed", _DATED, "ctl.extended", _NO_TITLE),
    _type("control.suspended", "A measure of control is suspended", "authority court party", "alter:suspend",
          "alter state permit proceed", f"{_PUBLIC} judgment agreement notice", _DATED, "ctl.suspended", _NO_TITLE),
    _type("control.resumed", "A suspended measure of control resumes", "authority court party", "alter:resume",
          "alter state permit proceed", f"{_PUBLIC} judgment agreement notice", _DATED, "ctl.resumed", _NO_TITLE),
    _type("control.ended", "A measure of control ends", "authority court party", "alter:end|alter:discharge",
          "alter state owe pay permit proceed", f"{_PUBLIC} judgment agreement notice completion deed", _DATED,
          "ctl.ended", _NO_TITLE),
    _type("control.assigned", "A measure of control gets another holder", "authority court party", "alter:assign",
          "alter state permit", f"{_PUBLIC} judgment agreement deed completion", _DATED, "", _NO_TITLE),
    _type("control.ranked", "Rank or powers of measures are settled", "authority court party",
          "alter:rank|alter:powers", "alter state", f"{_PUBLIC} judgment agreement deed", _DATED, "", _NO_TITLE),
    _type("administrator.appointed", "A court or insolvency officer is appointed", "court authority party",
          "impose:representation|impose:administrator|impose:receivership|impose:special-administration",
          "impose alter proceed state owe", f"{_JUDICIAL} decree statute deed", _DATED,
          "ctl.court_administrator ctl.insolvency_officer", _NO_TITLE, presupposes="proceed"),
    _type("board.appointed", "Board or directors are appointed or replaced", "party authority court",
          "impose:representation", "impose alter state",
          f"{_JUDICIAL} decree register-entry deed announcement report notice agreement completion", _DATED,
          "ctl.director_appointed ctl.director_replaced", _NO_TITLE),
    _type("director.suspended", "Directors lose their powers", "party authority court",
          "alter:suspend|alter:end|alter:powers|impose:representation|impose:decision-veto",
          "alter impose proceed state", f"{_JUDICIAL} decree register-entry notice deed", _DATED,
          "ctl.director_suspended", _NO_TITLE),
    _type("liquidation.ordered", "Winding-up is ordered or resolved", "party court authority",
          "impose:representation|impose:control|state", "impose alter proceed state",
          f"{_JUDICIAL} deed register-entry notice decree statute", _DATED, "ctl.liquidation_ordered", _NO_TITLE),
    _type("concession.granted", "A concession or operating lease takes effect", "party authority",
          "impose:control|impose:encumbrance", "impose declare move owe pay permit exist alter state",
          f"{_COMPLETING} lease agreement statute decree licence", _DATED, "ctl.concession_granted ctl.lease_granted"),
    _type("operator.appointed", "An operator is appointed or steps in", "party authority court", "impose:control",
          "impose alter owe permit state", f"{_PUBLIC} judgment agreement lease notice deed completion",
          ("effective.from", "impose.holder"), "ctl.operator_appointed", _NO_TITLE),
    _type("possession.recorded", "Factual control is recorded", "any", "impose:possession", "alter state",
          "report notice ceremony order extract register-entry announcement judgment completion other", _DATED,
          "ctl.handover ctl.step_in", _NO_TITLE),
    _type("possession.ended", "Factual control ends", "any", "alter:end", "alter state impose:possession",
          "report notice ceremony order extract register-entry announcement judgment completion other", _DATED, "",
          _NO_TITLE),
)  # fmt: skip

_SCREENING = "decision order licence judgment statute regulation notice decree"
_RESTRICTION: Final = (
    _type("restriction.imposed", "Dealings are restricted", "authority court", "impose:restriction",
          "impose permit alter state", f"{_PUBLIC} listing judgment register-entry", _DATED,
          "res.freeze res.designation", _NO_SPLIT),
    _type("restriction.extended", "A restriction is extended", "authority court", "alter:extend", "alter permit state",
          f"{_PUBLIC} listing judgment", _DATED, "", _NO_SPLIT),
    _type("restriction.suspended", "A restriction is suspended or resumes", "authority court",
          "alter:suspend|alter:resume", "alter permit proceed state", f"{_PUBLIC} listing judgment", _DATED, "",
          _NO_SPLIT),
    _type("restriction.lifted", "A restriction is lifted", "authority court", "alter:end|alter:limit",
          "alter permit impose:restriction state", f"{_PUBLIC} listing judgment", _DATED, "res.unfreeze res.lifted",
          _NO_SPLIT),
    _type("restriction.annulled", "A restriction or permission is annulled", "court authority",
          "void|alter:end|proceed:decided", "alter proceed permit owe state", "judgment decision",
          ("effective.from", "proceed.decision"), "res.annulled", _NO_SPLIT),
    _type("licence.applied-for", "A licence is applied for", "party", "permit:applied", "state", codes="",
          refuses=_NO_SPLIT),
    _type("licence.granted", "A licence is granted", "authority court",
          "permit:granted|permit:extended|permit:conditions",
          "permit:revoked permit:licence permit:general-licence permit:exemption permit:consent impose:restriction "
          "alter state", f"{_SCREENING} listing", ("effective.from", "permit.time"), "res.licence_granted", _NO_SPLIT),
    _type("licence.denied", "A licence is refused", "authority court", "permit:denied", "impose:restriction state",
          f"{_SCREENING} listing", _DATED, "res.licence_denied", _NO_SPLIT),
    _type("licence.revoked", "A licence is revoked", "authority court", "permit:revoked",
          "permit:granted impose:restriction state", f"{_SCREENING} listing", ("effective.from", "permit.time"), "",
          _NO_SPLIT),
    _type("transaction.called-in", "A transaction is called in for review", "authority", "impose:call-in|permit:review",
          "impose:restriction permit alter state", _SCREENING, _DATED, "res.call_in", _NO_SPLIT),
    _type("clearance.applied-for", "A clearance is applied for", "party", "permit:applied", "state", codes="",
          refuses=_NO_SPLIT),
    _type("clearance.granted", "A transaction is cleared", "authority court", "permit:granted|permit:conditions",
          "permit impose:restriction alter state", _SCREENING, ("effective.from", "permit.time", "permit.about"),
          "res.clearance_granted res.conditional_approval", _NO_SPLIT),
    _type("clearance.denied", "A clearance is refused", "authority court", "permit:denied",
          "permit impose:restriction alter state", _SCREENING, _DATED, "", _NO_SPLIT),
    _type("clearance.revoked", "A clearance is withdrawn", "authority court", "permit:revoked",
          "permit impose:restriction alter state", _SCREENING, ("effective.from", "permit.time"),
          "res.clearance_revoked", _NO_SPLIT),
    _type("review.closed", "A review ends without a measure", "authority", "permit:review|alter:end|state",
          "permit alter state", f"{_SCREENING} announcement report", _DATED, "res.review_closed", _NO_SPLIT),
    _type("determination.made", "An authority determines a question", "authority court", "permit:determination",
          "permit state alter", _SCREENING, _DATED, "res.determination", _NO_SPLIT),
    _type("transaction.prohibited", "A transaction is prohibited or capped", "authority court", "impose:restriction",
          "impose permit alter state", f"{_SCREENING}", ("effective.from", "basis.legal_basis"),
          "res.transaction_prohibited res.acquisition_cap res.veto res.notification_duty", _NO_SPLIT),
    _type("divestment.ordered", "A sale is ordered by an authority", "authority", "impose:divestment-order",
          "impose permit alter state", _SCREENING, ("effective.from", "basis.legal_basis"), "res.divest_order",
          _NO_SPLIT),
)  # fmt: skip

_ENCUMBRANCE: Final = (
    _type("encumbrance.created", "A burden is created", "party court registrar authority", "impose:encumbrance",
          "impose owe alter state permit", f"{_COMPLETING} agreement {_JUDICIAL} lease statute notice pleading decree",
          _DATED, "enc.pledge enc.attachment enc.option enc.preemption enc.escrow enc.lease enc.charge enc.lis_pendens",
          _EXPECTANCY),
    _type("encumbrance.extended", "A burden is extended", "party court registrar authority", "alter:extend",
          "alter owe state", f"{_COMPLETING} agreement {_JUDICIAL} lease statute notice", _DATED, "", _EXPECTANCY),
    _type("encumbrance.discharged", "A burden is discharged", "party court registrar", "alter:discharge|alter:end",
          "alter pay state proceed", f"{_COMPLETING} agreement {_JUDICIAL} statute notice", _DATED, "enc.discharged",
          _EXPECTANCY),
    _type("encumbrance.subordinated", "A burden yields rank", "party court registrar", "alter:subordinate|alter:rank",
          "alter state", f"{_COMPLETING} agreement {_JUDICIAL}", _DATED, "enc.subordinated", _EXPECTANCY),
    _type("encumbrance.assigned", "A burden gets another holder", "party court registrar", "alter:assign",
          "alter pay owe state", f"{_COMPLETING} agreement {_JUDICIAL} notice", _DATED, "enc.assigned", _EXPECTANCY),
)  # fmt: skip

_FINAL_WORD = ("effective.from", "proceed.decision")
_ON = ("effective.from", "proceed.on")
_ONLY_ASKS = "a pleading asks; only a decision changes anything: record that as claim.decided"
_ASKING = {"declare": _ONLY_ASKS, "move": _ONLY_ASKS, "reunit": _ONLY_ASKS, "void": _ONLY_ASKS}
_CLAIM: Final = (
    _type("dispute.notified", "A dispute is notified", "party", "proceed:notified", "state",
          "notice pleading announcement report", _DATED, "clm.notice_of_dispute",
          {**_ASKING,
              "proceed:filed": "a notice starts the cooling-off period; the filing is a later act: claim.filed"}),
    _type("claim.filed", "A claim is filed", "party court", "proceed:filed", "state exist:register impose:lis-pendens",
          "pleading notice report extract", _DATED, "clm.filed clm.set_aside_filed", _ASKING),
    _type("position.stated", "A position is taken", "any", "state:position", "state", codes="clm.objection",
          refuses=_ASKING),
    _type("interim.ordered", "An interim measure is ordered", "court authority", "proceed:interim|proceed:stayed",
          "impose alter permit proceed owe state", f"{_JUDICIAL} award", _DATED, "clm.interim_measure clm.injunction"),
    _type("claim.stayed", "A proceeding is stayed", "court party", "proceed:stayed", "state alter:suspend",
          f"{_JUDICIAL} award agreement", _DATED, "clm.stay", _ASKING),
    _type("claim.resumed", "A stayed proceeding resumes", "court party", "proceed:resumed", "state alter:resume",
          f"{_JUDICIAL} award agreement notice", _DATED, "", _ASKING),
    _type("claim.decided", "A court decides", "court authority", "proceed:decided", _RULING, _JUDICIAL, _FINAL_WORD,
          "clm.judgment"),
    _type("award.made", "A tribunal decides", "court", "proceed:decided", _RULING, "award decision order", _FINAL_WORD,
          "clm.award clm.interim_award"),
    _type("reasons.published", "Reasons are published", "court", "state", "", f"{_JUDICIAL} award report",
          codes="clm.reasons", refuses=_ASKING),
    _type("investigation.ordered", "An investigation is ordered", "court authority", "state|proceed:interim",
          "impose:representation", f"{_JUDICIAL}", _DATED, "clm.investigation_ordered", _ASKING),
    _type("claim.settled", "A claim is settled", "party court", "proceed:settled", "owe pay alter permit state",
          f"agreement award {_JUDICIAL} notice", _DATED, "clm.settled", _EXPECTANCY),
    _type("claim.withdrawn", "A claim is withdrawn", "party court", "proceed:withdrawn",
          "state alter:end alter:discharge", f"pleading notice agreement {_JUDICIAL}", _DATED, "clm.withdrawn",
          _ASKING),
    _type("appeal.filed", "An appeal is filed", "party court", "proceed:appealed", "state exist:register",
          "pleading notice report extract", _ON, "clm.appeal_filed", _ASKING),
    _type("appeal.decided", "An appeal is decided", "court authority", "proceed:decided", _RULING, f"{_JUDICIAL} award",
          _FINAL_WORD, "clm.appeal_decided"),
    _type("claim.remanded", "A decision is quashed and the matter sent back", "court", "proceed:remanded", _RULING,
          _JUDICIAL, _ON, "clm.remanded"),
    _type("decision.finalised", "A decision becomes final", "court party", "proceed:final", _RULING,
          f"{_JUDICIAL} award notice statute", _ON, "clm.final"),
    _type("act.annulled", "An act, award or decision is annulled", "court authority", "void:annulment|void:avoidance",
          _RULING, f"{_JUDICIAL} award statute decree", _FINAL_WORD, "clm.set_aside clm.annulled",
          {"void:error": "an error of the record is record.rectified, not an annulment"}),
    _type("act.reinstated", "An annulment is itself annulled", "court authority", "void:annulment|void:avoidance",
          _RULING, f"{_JUDICIAL} award", _FINAL_WORD, "clm.reinstated",
          {"void:error": "an error of the record is record.rectified, not an annulment"}),
    _type("act.avoided", "A party avoids a voidable act", "party", "void:avoidance", "state proceed",
          "notice pleading agreement deed judgment", _DATED),
)  # fmt: skip

_RECOGNITION: Final = (
    _type("recognition.filed", "Recognition is sought", "party court", "admit:filed",
          "proceed:filed exist:register state", "pleading notice report extract", _DATED, "rec.filed", _NO_CONTENT),
    _type("recognition.granted", "A forum recognises a foreign act", "court authority", "admit:recognised",
          "proceed owe alter state admit:act permit", f"{_JUDICIAL} decree statute", _DATED, "rec.recognised",
          _NO_CONTENT),
    _type("recognition.refused", "A forum refuses a foreign act", "court authority", "admit:refused",
          "proceed state admit:act", f"{_JUDICIAL} decree statute", _DATED, "rec.refused", _NO_CONTENT),
    _type("recognition.stayed", "Recognition is stayed", "court authority", "admit:stayed", "proceed state", _JUDICIAL,
          _DATED, "rec.stayed", _NO_CONTENT),
    _type("recognition.withdrawn", "Recognition or its request is withdrawn", "court authority party",
          "admit:withdrawn", "proceed state", f"{_JUDICIAL} pleading notice", _DATED, "",
          {**_NO_CONTENT, "admit:government": "use government.derecognised"}),
    _type("recognition.remanded", "Recognition is to be decided anew", "court", "proceed:remanded",
          "admit:stayed admit:filed state", _JUDICIAL, _DATED, "rec.remanded", _NO_CONTENT),
    _type("immunity.upheld", "Immunity bars enforcement", "court", "proceed:decided", "admit:refused state", _JUDICIAL,
          _FINAL_WORD, "rec.immunity_upheld", _NO_CONTENT),
    _type("government.recognised", "A government is recognised for a state", "authority court",
          "admit:government admit:recognised", "state", f"{_JUDICIAL} announcement notice decree statute", _DATED,
          "rec.government_recognised", _NO_CONTENT),
    _type("government.derecognised", "Recognition of a government ends", "authority court",
          "admit:government admit:withdrawn|admit:refused", "state", f"{_JUDICIAL} announcement notice decree statute",
          _DATED, "rec.government_withdrawn", _NO_CONTENT),
)  # fmt: skip

_MONEY_ONLY = "compensation is money and restores no title: a giving back is ownership.returned"
_ONLY_MONEY = {"declare": _MONEY_ONLY, "move": _MONEY_ONLY, "reunit": _MONEY_ONLY}
_COMPENSATION: Final = (
    _type("compensation.established", "A scheme of compensation is made", "authority", "owe:scheme|state",
          "owe exist:register", _PUBLIC, _DATED, "cmp.scheme", _ONLY_MONEY),
    _type("compensation.offered", "Compensation is offered", "party authority", "state:offer|owe", "state",
          "offer notice decision announcement agreement report", _DATED, "cmp.offered", _ONLY_MONEY),
    _type("compensation.determined", "Compensation is determined", "authority court party", "owe", "state proceed",
          f"{_PUBLIC} valuation judgment award agreement", ("effective.from", "owe.amount"), "cmp.determined",
          _ONLY_MONEY),
    _type("compensation.awarded", "Compensation is awarded", "court authority", "owe", "proceed state",
          f"{_JUDICIAL} award", ("effective.from", "owe.amount"), "cmp.awarded", _ONLY_MONEY),
    _type("compensation.paid", "Compensation is paid", "party authority", "pay:paid", "state alter:discharge",
          f"{_COMPLETING} invoice notice announcement report order other", _DATED, "cmp.paid", _ONLY_MONEY),
    _type("compensation.refused", "Compensation is refused", "party authority", "pay:refused|state:position", "state",
          "notice announcement decision order report other", _DATED, "cmp.refused", _ONLY_MONEY),
    _type("price.paid", "A price is paid", "party", "pay:paid", "owe state alter:discharge",
          f"{_COMPLETING} invoice notice announcement report other", _DATED, "cmp.price_paid price_paid", _ONLY_MONEY),
)  # fmt: skip

_SAY_ONLY = "saying so changes no record: correct a record with record.rectified, attack an act before a court"
_TALK = {"declare": _SAY_ONLY, "move": _SAY_ONLY, "reunit": _SAY_ONLY, "void": _SAY_ONLY, "alter": _SAY_ONLY}
_LEGAL_EFFECT = "a rectification corrects the record; ending an act's legal effect is act.annulled"
_CORRECTION: Final = (
    _type("record.rectified", "A record is corrected", "any", "void:error",
          "declare move reunit impose alter permit proceed owe pay exist admit state", codes="cor.rectify",
          refuses={"void:annulment": _LEGAL_EFFECT, "void:avoidance": _LEGAL_EFFECT,
                   "void:described": "a rectification names the record it corrects"}),
    _type("record.retracted", "A record is taken back", "any", "void:retraction", "state", codes="cor.retract",
          refuses={"void:annulment": _LEGAL_EFFECT, "void:avoidance": _LEGAL_EFFECT,
                   "declare": "a retraction puts nothing in place: use record.rectified",
              "move": "a retraction puts nothing in place: use record.rectified"}),
    _type("record.disputed", "A record is disputed", "any", "state:dispute", "state", codes="cor.counterstatement",
          refuses=_TALK),
    _type("record.confirmed", "A record is confirmed", "any", "state:confirmation", "state", codes="", refuses=_TALK),
    _type("report.recorded", "A report about the asset is kept", "any", "state:report", "state", codes="",
          refuses=_TALK),
    _type("identity.joined", "Two identities are one", "registrar authority court", "exist:same",
          "exist:identify exist:name state", codes="cor.merge_identity"),
    _type("identity.parted", "Two identities are not one", "registrar authority court", "exist:distinct",
          "exist:identify exist:name state", codes="cor.split_identity"),
)  # fmt: skip

_REGISTERED = "exist:register exist:identify exist:name"
_ASSET: Final = (
    _type("asset.registered", "An asset enters the record", "registrar authority party", "exist:register exist:asset",
          f"{_REGISTERED} state", codes="ast.registered",
          refuses={"declare": "say who holds it in an act of its own: ownership.declared"}),
    _type("party.registered", "A party enters the record", "registrar authority party", "exist:register exist:party",
          f"{_REGISTERED} state"),
    _type("proceeding.registered", "A proceeding enters the record", "registrar court party",
          "exist:register exist:proceeding", f"{_REGISTERED} state"),
    _type("asset.renamed", "A name changes, the identity does not", "registrar party authority court", "exist:name",
          "exist:identify state", f"{_COMPLETING} {_PUBLIC} judgment announcement report notice", _DATED,
          "ast.renamed"),
    _type("asset.identified", "An outside identifier is added", "registrar authority party", "exist:identify", "state"),
    _type("asset.divided", "An asset is divided or a part carved out", "registrar party authority court",
          "exist:divide", "exist declare move impose alter owe state", f"{_COMPLETING} {_PUBLIC} judgment", _DATED,
          "ast.split"),
    _type("asset.merged", "An asset is merged into another", "registrar party authority court", "exist:merge",
          "exist declare reunit alter state", f"{_COMPLETING} {_PUBLIC} judgment", _DATED, "ast.merged"),
    _type("asset.ended", "An asset or party ceases to exist", "registrar party authority court", "exist:end",
          "alter state owe", f"{_COMPLETING} {_PUBLIC} judgment report", _DATED, "ast.ended"),
    _type("party.succeeded", "A party succeeds another in law", "registrar party authority court", "exist:succeed",
          "exist declare alter owe state", f"{_COMPLETING} {_PUBLIC} judgment report", _DATED),
    _type("bill.introduced", "A bill is introduced", "authority any", "state:bill", "state", "bill report announcement",
          codes="ast.bill_introduced", refuses=_EXPECTANCY),
    _type("status.reported", "A state of affairs is reported", "any", "state:operation|state:report|state:other",
          "state", codes="ast.status", refuses=_TALK),
    _type("norm.enacted", "A norm enters the record", "authority registrar", "exist:register exist:norm",
          "exist:name exist:identify exist:amend exist:repeal state", f"{_PUBLIC} extract"),
    _type("norm.amended", "A norm is amended", "authority registrar", "exist:amend", "exist state",
          f"{_PUBLIC} judgment", _DATED),
    _type("norm.repealed", "A norm is repealed", "authority registrar court", "exist:repeal", "exist state",
          f"{_PUBLIC} judgment", _DATED),
)  # fmt: skip

_REGISTER: Final = (
    _type("ledger.started", "The ledger starts", "registrar",
          "authorise:root-add authorise:log-key authorise:service-key authorise:rules-adopt", "authorise state"),
    _type("key.added", "A party's key is registered", "registrar party", "authorise:key-add", "state"),
    _type("key.rotated", "A key is replaced", "registrar party", "authorise:key-rotate", "state"),
    _type("key.revoked", "A key is revoked", "registrar party", "authorise:key-revoke", "state"),
    _type("competence.granted", "A competence is registered", "registrar", "authorise:competence-add", "state"),
    _type("competence.ended", "A competence ends", "registrar", "authorise:competence-end", "state"),
    _type("rules.adopted", "Rules, time zones and code lists are adopted", "registrar", "authorise:rules-adopt",
          "state"),
    _type("root.added", "A root key is added", "registrar", "authorise:root-add", "state"),
    _type("root.revoked", "A root key is revoked", "registrar", "authorise:root-revoke", "state"),
    _type("log-key.added", "A key of the log is named", "registrar", "authorise:log-key", "state"),
    _type("service-key.named", "The service key is named", "registrar", "authorise:service-key", "state"),
    _type("forum.nested", "A forum is nested in another", "registrar", "authorise:forum-nest", "state"),
)  # fmt: skip

TYPES: Final[Mapping[str, ActType]] = MappingProxyType(
    {
        row.name: row
        for rows in (
            _OWNERSHIP, _CONTROL, _RESTRICTION, _ENCUMBRANCE, _CLAIM, _RECOGNITION, _COMPENSATION, _CORRECTION, _ASSET,
            _REGISTER,
        )
        for row in rows
    }
)  # fmt: skip

_TERM = "a measure ends by itself at the end of its last legal day: that is derived from its term, never stated"
_PERMIT_TERM = "a permission ends by itself at the end of its last legal day: that is derived, never stated"
NEVER: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("control.lapsed", "control.expired", "trusteeship.lapsed", "trusteeship.expired"), _TERM),
        **dict.fromkeys(("measure.lapsed", "measure.expired", "restriction.lapsed", "restriction.expired"), _TERM),
        **dict.fromkeys(
            ("encumbrance.lapsed", "encumbrance.expired", "concession.lapsed", "concession.expired"), _TERM
        ),
        **dict.fromkeys(("licence.lapsed", "licence.expired", "permit.lapsed", "permit.expired"), _PERMIT_TERM),
        **dict.fromkeys(("clearance.lapsed", "clearance.expired"), _PERMIT_TERM),
        "competence.expired": "a competence ends with its own until: that is derived, never stated",
        "deadline.missed": "that a deadline passed is read from the order and the calendar; state the breach, if any",
        "claim.prescribed": "that a time limit ran out is for a court to find: claim.decided",
    }
)
"""Names that tempt, and why there is no such act: time alone has derived effects (DESIGN section 3, rule 4)."""

UNSUPPORTED: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(
        ("record.sealed", "record.unsealed", "record.redacted", "record.erased"),
        "sealing and erasing openings needs access control, which these rules do not have yet; use sealed commitments",
    )
)
"""Names the legal taxonomy knows (cor.seal, unseal, redact, erase_personal_data) and these rules do not offer."""
