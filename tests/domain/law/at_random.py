"""Random cases: plausible statements about two assets, four parties, two legal orders, in any order of dates.

A plan is a list of small numbers, so that Hypothesis shrinks it well; `play` turns it into acts, submits each to admission, lists
in `despite` what speaks against it, and records it unless it is impossible. Refused acts were tried all the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.acts import Act
from domain.effects import (
    Alter,
    Declare,
    Effect,
    Exist,
    Impose,
    Move,
    Part,
    Permit,
    Proceed,
    Reach,
    Reunit,
    Right,
    Void,
)
from domain.filing import named_by
from domain.history import History
from domain.identifiers import EffectRef, StatementId
from tests.domain.builders import (
    EPOCH,
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
    permit,
    proceed,
    register,
    reunit,
    share,
    subject,
    void,
)

ASSETS = ("port", "quay")
_MOSTLY = ("port", "port", "port", "quay")
PARTIES = ("ann", "bob", "cyd", "quay")
FORUMS = ("DE", "US", "JP")
OFFICES = {"court-de": "DE", "ministry-de": "DE", "court-us": "US"}
_SHARES = ("1/2", "1/4", "1/1", "1/3", "1/4..1/2", "1/8..1/1")
_SPLITS: tuple[dict[str, str], ...] = (
    {"ann": "1/1"},
    {"ann": "1/2", "bob": "1/2"},
    {"?": "1/1"},
    {"bob": "1/4", "cyd": "1/2", "?": "1/4"},
    {"ann": "1/4..1/2", "bob": "1/2..3/4"},
    {"ann|cyd": "1/1"},
)
_CAPACITIES: tuple[Any, ...] = ("author", "registrar", "transcriber")

Item = tuple[int, ...]
plans = st.lists(st.tuples(*[st.integers(0, 27)] * 8), min_size=3, max_size=11)


@dataclass
class Draw:
    """One line of a plan, read number by number."""

    case: Case
    numbers: Iterator[int]

    def of(self, options: Any) -> Any:
        return options[next(self.numbers, 0) % len(options)]

    def act(self) -> Act:
        return self.of(self.case.record.acts)

    def effect(self, *kinds: type) -> EffectRef | None:
        found = [r for act in self.case.record.acts for r, e in act.refs() if isinstance(e, kinds)]
        return self.of(found) if found else None

    def day(self) -> str:
        return str(date(2020, 1, 1) + timedelta(days=next(self.numbers, 0) % 12))

    def later(self) -> str:
        return str(date(2020, 1, 4) + timedelta(days=next(self.numbers, 0) % 12))


def play(plan: list[Item], seen: Callable[[Case], None] = lambda case: None) -> Case:
    """The case that a plan makes; `seen` is called after every act that was tried."""
    case = Case(OFFICES)
    for name in ASSETS:
        case.given(register(f"asset:{name}", "DE"), label=f"register {name}")
    first = plan[0][0] if plan else 0
    case.given(declare("port", _SPLITS[(0, 1, 3)[first % 3]]), capacity=_CAPACITIES[first % 2 + 1], label="opening")
    for n, item in enumerate(plan):
        act = drafted(case, item, f"act {n}")
        if act is None:
            continue
        judged = case.admission.judge(act)
        if all(o.kind == "irregular" for o in judged.objections):
            act = replace(act, despite=tuple(sorted({o.known_as for o in judged.objections}, key=str)))
            assert case.admission.judge(act).accepted
            case.admission.add(act)
        seen(case)
    return case


def drafted(case: Case, item: Item, label: str) -> Act | None:
    """The act one line of a plan stands for; None where it needs an earlier act that is not there."""
    kind, *rest = item
    draw = Draw(case, iter(rest))
    makers = (
        _declared, _moved, _moved, _moved, _imposed, _imposed, _altered, _altered, _permitted, _decided, _decided, _stepped,
        _stepped, _voided, _voided, _voided, _rectified, _answered, _answered, _sourced, _confirmed, _succeeded, _reissued,
        _moved, _divided, _stepped, _joined, _relocated,
    )  # fmt: skip
    made = makers[kind % len(makers)](draw)
    if made is None:
        return None
    effects, more = made
    return case.act(*effects, label=label, **more)


_Made = tuple[tuple[Effect, ...], dict[str, Any]] | None


def _declared(draw: Draw) -> _Made:
    split = draw.of(_SPLITS)
    effect = declare(draw.of(_MOSTLY), split, draw.of((Right.TITLE, Right.TITLE, Right.VOTES)))
    start = draw.of((None, draw.day()))
    return (effect,), {"on": start, "capacity": draw.of(_CAPACITIES), "by": draw.of(("registrar", "ann", "bob"))}


def _moved(draw: Draw) -> _Made:
    amount = draw.of(_SHARES)
    of, source = draw.of(_MOSTLY), draw.of(_holding(draw.case))
    target = draw.of([p for p in PARTIES if p != source])
    right = draw.of((Right.TITLE, Right.TITLE, Right.VOTES, Right.ECONOMIC))
    day = draw.day()
    pending = draw.of((None, None, None, "permit", "permit retroactive", "fulfilled"))
    until = draw.of((None, None, None, draw.later()))
    effect = move(of, amount, source, target, right, pending=pending)
    return (effect,), {"on": day, "until": until, "capacity": draw.of(_CAPACITIES)}


def _holding(case: Case) -> list[str]:
    """Who may sell: those who bought, more often than anybody."""
    bought = [e.target for act in case.record.acts for e in act.effects if isinstance(e, Move)]
    return [*(b.partition(":")[2] for b in bought if isinstance(b, str)), *PARTIES[:2]]


def _reissued(draw: Draw) -> _Made:
    cancel = draw.of(({}, {"ann": "1/2"}, {"bob": "1/4"}, {"ann": "1/1"}))
    issue = draw.of(({"cyd": "1/2"}, {"cyd": "1/1"}, {"ann": "1/4", "bob": "1/4"}))
    effect = reunit(draw.of(_MOSTLY), cancel, issue, draw.of((None, None, "fulfilled")))
    return (effect,), {"on": draw.day(), "by": "registrar"}


def _imposed(draw: Draw) -> _Made:
    over = draw.of(
        ("asset:port", "asset:port", "asset:port/party:ann", "party:ann", "party:bob", "asset:quay", "party:quay")
    )
    until = draw.of((None, draw.later()))
    reach = Reach(share("1/2"), True, True, "regime")
    choice = draw.of(("trusteeship", "freeze", "operator", "freeze", "pledge", "cap"))
    by = draw.of(("ministry-de", "court-us", "court-de"))
    day = draw.day()
    holder = draw.of(("dan", "eve"))
    if choice == "freeze":
        sanction = draw.of(("void", "unstated", "pending", "void"))
        whole = reach if over.startswith("party") else None
        effect = freeze(over, until=until, reach=whole, sanction=sanction)
        return (effect,), {"on": day, "by": by, "type": "restriction.imposed"}
    if choice == "cap":
        return (cap("port", "1/3"),), {"on": day, "by": by, "type": "transaction.prohibited"}
    if choice == "pledge":
        pledge = impose("pledge", over, holder, takes="dispose vetoes", until=until)
        return (pledge,), {"on": day, "by": by, "type": "encumbrance.created"}
    takes = "manage takes" if choice == "operator" else draw.of(("vote takes, manage takes", "vote forbids"))
    earlier = draw.effect(Impose)
    above = [earlier] if earlier is not None and draw.of((True, True, False)) else []
    binds = draw.of(((), ("ann",), ("ann", "bob"))) if takes == "vote forbids" else ()
    return (impose(choice, over, holder, takes=takes, until=until, above=above, binds=binds),), {"on": day, "by": by}


_ALTERED = {
    "extend": "control.extended",
    "suspend": "control.suspended",
    "resume": "control.resumed",
    "end": "control.ended",
    "assign": "control.assigned",
    "rank": "encumbrance.subordinated",
    "subordinate": "encumbrance.subordinated",
}


def _altered(draw: Draw) -> _Made:
    measure = draw.effect(Impose, Move, Reunit)
    if measure is None:
        return None
    by, day = draw.of(("ministry-de", "court-us")), draw.day()
    if not isinstance(draw.case.record.effect(measure), Impose):
        more = {"on": day, "by": by, "type": "review.closed", "basis": "decision"}
        return (agree("report"), alter(measure, "fulfil")), more
    op = draw.of(tuple(_ALTERED))
    other = draw.effect(Impose) if op in ("rank", "subordinate") else None
    others = [] if other in (None, measure) else [other]
    effect = alter(
        measure,
        op,
        until=draw.later() if op == "extend" else draw.of((None, draw.later())) if op == "suspend" else None,
        to="eve" if op == "assign" else None,
        above=others if op == "rank" else [],
        below=others if op == "subordinate" else [],
        stops_clock=op == "suspend" and draw.of((False, True)),
    )
    return (effect,), {"on": day, "by": by, "type": _ALTERED[op]}


def _permitted(draw: Draw) -> _Made:
    target = draw.effect(Move, Impose, Permit)
    if target is None:
        return None
    day, by = draw.day(), draw.of(("ministry-de", "court-us"))
    effect = draw.case.record.effect(target)
    if isinstance(effect, Move):
        return (permit(kind="clearance", transaction=target),), {"on": day, "by": by}
    if isinstance(effect, Impose):
        until = draw.of((None, draw.later()))
        return (permit(excepts=[target], until=until),), {"on": day, "by": by}
    time = draw.of(("own", "judgment"))
    return (permit("revoked", of=target, time=time),), {"on": day, "by": by, "type": "licence.revoked"}


def _forum(by: str) -> str:
    return OFFICES[by]


def _decided(draw: Draw) -> _Made:
    by, day = draw.of(("court-de", "court-us")), draw.day()
    earlier = draw.effect(Proceed)
    reviewed = draw.case.record.effect(earlier) if earlier is not None else None
    reviews = earlier if isinstance(reviewed, Proceed) and reviewed.decision and draw.of((False, True)) else None
    force = draw.of(("immediate", "on_finality", "suspended_by_appeal"))
    outcome = draw.of(("allowed", "allowed", "reversed")) if reviews is not None else "allowed"
    case = draw.of(("suit", "case"))
    step = proceed(case, "decided", _forum(by), force=force, reviews=reviews, outcome=outcome)
    target = draw.effect(Declare, Move, Reunit, Impose, Void, Alter)
    if target is None or draw.of((False, True)):
        effect: Effect = move("port", "1/2", draw.of(PARTIES[:2]), "cyd")
        return (step, effect), {"on": day, "by": by, "type": "ownership.forfeited"} | {"basis": "judgment"}
    struck = void(target, draw.of(("own", "judgment")), consequence=draw.of(("revives", "stays")))
    return (step, struck), {"on": day, "by": by}


def _stepped(draw: Draw) -> _Made:
    earlier = draw.effect(Proceed)
    if earlier is None:
        return None
    of = draw.case.record.effect(earlier)
    assert isinstance(of, Proceed)
    stage = draw.of(("final", "appealed", "stayed", "withdrawn", "resumed", "remanded"))
    type_of = {"final": "decision.finalised", "appealed": "appeal.filed", "stayed": "claim.stayed"}
    type_of |= {"remanded": "claim.remanded"}
    forum = draw.of((of.forum, of.forum, of.forum, "US", "DE"))
    types = type_of | {"withdrawn": "claim.withdrawn", "resumed": "claim.resumed"}
    basis = {"appealed": "pleading", "withdrawn": "notice", "resumed": "notice"}.get(stage, "judgment")
    on = earlier if stage in ("appealed", "stayed", "remanded") or draw.of((True, False)) else None
    last = EffectRef(earlier.statement, len(draw.case.record.act(earlier.statement).effects))
    heads = draw.of(((), (), (last,))) if on is not None else ()
    suspensive = draw.of((False, True))
    step = proceed(of.proceeding.partition(":")[2], stage, forum, on=on, suspensive=suspensive, concerns=heads)
    return (step,), {"on": draw.day(), "by": f"court-{forum.lower()}", "type": types[stage], "basis": basis}


def _voided(draw: Draw) -> _Made:
    whole = draw.of((False, False, True))
    acts = [a for a in draw.case.record.acts[2:] if isinstance(a.effects[-1], Move | Impose | Void | Proceed | Declare)]
    act = draw.of(acts[1:] or acts)
    target = EffectRef(act.id, 0) if whole else EffectRef(act.id, 1 + next(draw.numbers, 0) % len(act.effects))
    by = draw.of(("court-de", "court-de", "court-us"))
    time, reach = draw.of(("own", "judgment", "own", "2020-01-05")), draw.of(("this", "dependants"))
    step = proceed("suit", "decided", _forum(by), force="immediate")
    return (step, void(target, time, reach=reach, consequence=draw.of(("revives", "stays")))), {
        "on": draw.day(),
        "by": by,
    }


def _rectified(draw: Draw) -> _Made:
    wrong = draw.effect(Move, Impose, Declare, Proceed)
    if wrong is None:
        return None
    act = draw.case.record.act(wrong.statement)
    more = {"by": act.actor, "basis": "correction", "subjects": act.subjects, "signers": act.signers}
    if draw.of((False, True)):
        return (void(wrong, "own", ground="retraction", consequence="revives"),), more | {"type": "record.retracted"}
    effect = act.effects[wrong.n - 1]
    if isinstance(effect, Move):
        effect = replace(effect, amount=share(draw.of(_SHARES)))
    day = draw.day()
    return (void(wrong, "own", ground="error", consequence="revives"), replace(effect, effective=None)), more | {
        "on": day,
        "type": "record.rectified",
    }


def _answered(draw: Draw) -> _Made:
    act = draw.act()
    target = draw.of((act, act, EffectRef(act.id, 1 + next(draw.numbers, 0) % len(act.effects))))
    by = draw.of(("court-de", "court-us"))
    answer = draw.of(("recognised", "recognised", "refused", "withdrawn"))
    types = {"recognised": "granted", "refused": "refused", "withdrawn": "withdrawn"}
    return (admit(target, _forum(by), answer),), {"on": draw.day(), "by": by, "type": f"recognition.{types[answer]}"}


def _sourced(draw: Draw) -> _Made:
    act = draw.act()
    first = act.effects[0]
    if not isinstance(first, Move | Impose):
        return None
    effect: Effect = first
    if isinstance(first, Move) and draw.of((False, True)):
        effect = replace(first, amount=share("1/2"))
    effects = (effect, *act.effects[1:])
    if any(named.statement == act.id for e in effects for named in named_by(e)):
        return None
    start = act.effective.start if act.effective else None
    more = {
        "by": act.actor,
        "capacity": draw.of(_CAPACITIES),
        "records": act,
        "subjects": act.subjects,
        "type": act.type,
    }
    return effects, more | {"basis": act.basis.kind, "on": start.text if start is not None else None}


def _confirmed(draw: Draw) -> _Made:
    act = draw.act()
    effect = agree("confirmation", EffectRef(act.id, 0))
    return (effect,), {"by": act.actor, "type": "record.confirmed", "basis": "other"}


def _succeeded(draw: Draw) -> _Made:
    one, two = draw.of(("ann", "bob", "dan")), draw.of(("cyd", "fay"))
    return (exist("succeed", f"party:{one}", f"party:{two}"),), {"on": draw.day(), "type": "party.succeeded"}


def _joined(draw: Draw) -> _Made:
    op = draw.of(("same", "same", "distinct"))
    one, two = draw.of((("ann", "bob"), ("bob", "dan"), ("dan", "cyd"), ("cyd", "ann")))
    more = {"on": draw.day(), "type": "identity.joined" if op == "same" else "identity.parted", "basis": "extract"}
    return (exist(op, f"party:{one}", f"party:{two}"),), more


def _divided(draw: Draw) -> _Made:
    """A port divided into a quay and a pier, or a quay split off it."""
    shares = draw.of((("1/3", "2/3"), ("1/2", "1/2"), ("1/4", None)))
    parts = tuple(
        Part(asset(name), share(amount)) for name, amount in zip(("quay", "pier"), shares, strict=True) if amount
    )
    return (Exist("divide", subject("asset:port"), parts=parts),), {"on": draw.day(), "type": "asset.divided"}


def _relocated(draw: Draw) -> _Made:
    """An asset registered elsewhere from a day on."""
    effect = register(f"asset:{draw.of(ASSETS)}", draw.of(("US", "JP", "DE")))
    by = draw.of(("ministry-de", "court-us", "registrar"))
    return (effect,), {"on": draw.day(), "by": by, "capacity": draw.of(_CAPACITIES), "type": "asset.registered"}


# --- what is compared --------------------------------------------------------------------------------------------


def told(item: History, with_remarks: bool = True) -> dict[str, object]:
    """A history as plain values: everything an answer says, comparable and readable when it differs."""
    found: dict[str, object] = {
        str(right): [
            (str(p.start), str(p.end), [(h.holder, h.share, h.manner, h.causes, h.pendencies) for h in p.holdings])
            for p in periods
        ]
        for right, periods in item.rights.items()
    }
    found["control"] = [(str(p.start), str(p.end), p.control) for p in item.control]
    found["courses"] = [(c.ref, c.spans, c.ending, c.ended_by, c.misfits) for c in item.courses]
    found["permits"] = item.permits
    found["windows"] = item.restrictions
    found["proceedings"] = item.proceedings
    found["uncertain"] = {u.what: (u.first, {v for v, _ in u.others}) for u in item.uncertain}
    if with_remarks:
        r = item.remarks
        found["remarks"] = (set(r.gaps), set(r.irregular), set(r.unapplied), set(r.undecided), set(r.disputed))
    return found


def shuffled(acts: Sequence[Act], seed: int) -> list[Act]:
    """The acts in another order of recording in which each still comes after what it refers to."""
    needs: dict[StatementId, set[StatementId]] = {}
    here = {act.id for act in acts}
    for act in acts:
        refs = {named.statement for effect in act.effects for named in named_by(effect)}
        refs |= {item.statement for item in act.despite if item.statement is not None}
        refs |= {act.records} if act.records is not None else set()
        needs[act.id] = (refs & here) - {act.id}
    order = random.Random(seed)
    made: list[Act] = []
    left = list(acts)
    done: set[StatementId] = set()
    while left:
        ready = [act for act in left if needs[act.id] <= done]
        chosen = order.choice(ready)
        left.remove(chosen)
        done.add(chosen.id)
        position = len(made)
        made.append(
            replace(
                chosen,
                position=position,
                recorded_at=EPOCH + timedelta(minutes=position),
                follows=tuple(None for _ in chosen.subjects),
            )
        )
    return made
