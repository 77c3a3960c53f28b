"""The register: who may sign and record what, at a position of the log (DESIGN section 2, "Register").

`Register` is a pure fold over the acts whose subject is the register. Guarantees that it never changes once built,
that keys are never forgotten (a revoked thumbprint stays known, so it cannot return), and that `apply` is total:
what was admitted folds. A register act is in force for positions after its own, so the register for entry i is the
fold of the entries before i. `judge_register_act` and `judge_signers` object to acts; signatures and key bytes are
checked in `ledger.statements`, which knows the curves.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from domain.acts import Act, Signer
from domain.effects import Authorise, Competence, Effect, PublicKey, Rules
from domain.forums import treaty_orders
from domain.identifiers import REGISTER, Forum, PartyId, StatementId, SubjectId
from domain.objections import Objection
from domain.periods import END, Effective, Zones, start_bounds, until_bounds

ROOT_OPS: Final = frozenset(
    {
        "root-add",
        "root-revoke",
        "rules-adopt",
        "log-key",
        "service-key",
        "forum-nest",
        "competence-add",
        "competence-end",
    }
)
"""What only a threshold of root keys may do; a party may change its own keys as well."""
ROOT_ROLE: Final = "root"
KEY_HOLDER_ROLE: Final = "key-holder"


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """A key and its one owner. `added`, `revoked`: positions of the acts; `root` keys sign register acts in the role
    root."""

    key: PublicKey
    party: PartyId
    added: int
    root: bool = False
    revoked: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A competence as granted. `ended` = position of the act that ended it, `ended_at` = the moment it ended in law."""

    competence: Competence
    statement: StatementId
    ended: int | None = None
    ended_by: Effective | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Nesting:
    """Forum `inner` applies the acts of `outer`, in this period."""

    inner: Forum
    outer: Forum
    effective: Effective


def _empty_keys() -> Mapping[str, RegisteredKey]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Register:
    """What the register holds after `count` register acts, the last of which is `last`."""

    origin: str
    genesis: StatementId | None = None
    count: int = 0
    last: StatementId | None = None
    keys: Mapping[str, RegisteredKey] = field(default_factory=_empty_keys)
    threshold: int = 1
    grants: tuple[Grant, ...] = ()
    adopted: tuple[Rules, ...] = ()
    log_vkeys: tuple[str, ...] = ()
    service_keys: tuple[PublicKey, ...] = ()
    nestings: tuple[Nesting, ...] = ()

    @classmethod
    def empty(cls, origin: str) -> Register:
        """Before entry 0. `origin` is the ledger's C2SP origin."""
        return cls(origin)

    @property
    def roots(self) -> frozenset[str]:
        """Thumbprints of the root keys in force."""
        return frozenset(name for name, held in self.keys.items() if held.root and held.revoked is None)

    @property
    def rules(self) -> Rules:
        """The versions in force. Only a founded register has them."""
        assert self.adopted, "the founding statement adopts rules"
        return self.adopted[-1]

    def key(self, thumbprint: str) -> RegisteredKey | None:
        """The key of that name, revoked or not."""
        return self.keys.get(thumbprint)

    def keys_of(self, party: PartyId) -> tuple[RegisteredKey, ...]:
        """The party's statement keys in force."""
        return tuple(k for k in self.keys.values() if k.party == party and not k.root and k.revoked is None)

    def may_record(self, party: PartyId, type_name: str) -> bool:
        """Whether the party may record acts of this type at this position."""
        for grant in self.grants:
            if grant.ended is None and grant.competence.party == party and covers(grant.competence, type_name):
                return True
        return False

    def competent(self, party: PartyId, type_name: str, at: datetime, zones: Zones) -> bool:
        """Whether the party is the authority for this type of act at the moment `at` (an actor's `effective.from`)."""
        return any(True for _ in self._competences(party, type_name, at, zones))

    def forum_of(self, party: PartyId, type_name: str, at: datetime, zones: Zones) -> Forum | None:
        """The legal order the party acts for with this type of act at `at`; of several grants the latest that names
        one."""
        forums = [c.forum for c in self._competences(party, type_name, at, zones) if c.forum is not None]
        return forums[-1] if forums else None

    def actor_forum(self, act: Act, zones: Zones) -> Forum | None:
        """The legal order an act's actor speaks for, at the start of the act, else the earliest of its effects; None for a
        private actor. Asked of the register at the act's position, by the writer and by the offline verifier alike."""
        dates = [act.effective] if act.effective is not None else [act.effective_of(effect) for effect in act.effects]
        starts = [start_bounds(dated.start, dated.zone, zones)[0] for dated in dates or [Effective()]]
        return self.forum_of(act.actor, act.type, min(starts), zones)

    def outer_forums(self, forum: Forum, at: datetime, zones: Zones) -> frozenset[Forum]:
        """Every legal order that `forum` is nested in at `at`, directly or through others: by treaty, or by an act of the
        register."""
        found: set[Forum] = set()
        waiting = [forum]
        while waiting:
            inner = waiting.pop()
            outer = set(treaty_orders(inner, at))
            for nesting in self.nestings:
                dated = nesting.effective
                begins = start_bounds(dated.start, dated.zone, zones)[0]
                ends = until_bounds(dated.until, dated.zone, zones)[1]
                if nesting.inner == inner and begins <= at < ends:
                    outer.add(nesting.outer)
            waiting += outer - found
            found |= outer
        return frozenset(found - {forum})

    def _competences(self, party: PartyId, type_name: str, at: datetime, zones: Zones) -> Iterator[Competence]:
        for grant in self.grants:
            held = grant.competence
            if held.party != party or not covers(held, type_name):
                continue
            begins = start_bounds(held.since, held.zone, zones)[0]
            ends = until_bounds(held.until, held.zone, zones)[1]
            if grant.ended is not None:
                ends = min(ends, _ended_at(grant, zones))
            if begins <= at < ends:
                yield held

    def apply(self, act: Act) -> Register:
        """The register after `act`; itself when the act is not about the register. Never refuses what was admitted."""
        if act.subjects != (REGISTER,):
            return self
        after = replace(self, genesis=self.genesis or act.id, count=self.count + 1, last=act.id)
        for effect in act.effects:
            if isinstance(effect, Authorise):
                after = _authorised(after, act, effect)
        return after


def _ended_at(grant: Grant, zones: Zones) -> datetime:
    """When a grant ended in law: the date its end states, else when the end was recorded."""
    dated = grant.ended_by
    if dated is not None and dated.start is not None:
        return start_bounds(dated.start, dated.zone, zones)[0]
    return grant.ended_at or END


def covers(competence: Competence, type_name: str) -> bool:
    """Whether a competence includes a type: by its wire name, `family.*` or `*`."""
    types = competence.types
    return type_name in types or "*" in types or type_name.partition(".")[0] + ".*" in types


def _with_key(register: Register, held: RegisteredKey) -> Register:
    return replace(register, keys=MappingProxyType({**register.keys, held.key.thumbprint: held}))


def _without_key(register: Register, thumbprint: str, position: int, reason: str) -> Register:
    held = register.key(thumbprint)
    if held is None or held.revoked is not None:
        return register
    return _with_key(register, replace(held, revoked=position, reason=reason))


def _authorised(register: Register, act: Act, effect: Authorise) -> Register:
    """One effect of a register act, as admitted: its members are those the format demands for its `op`."""
    position = act.position
    match effect:
        case Authorise(op="key-add" | "root-add" as op, party=str() as party, key=PublicKey() as key):
            root = op == "root-add"
            register = _with_key(register, RegisteredKey(key, PartyId(party), position, root))
            return replace(register, threshold=effect.threshold or register.threshold)
        case Authorise(op="key-rotate", party=str() as party, key=PublicKey() as key, replaces=str() as replaced):
            register = _without_key(register, replaced, position, "rotated")
            return _with_key(register, RegisteredKey(key, PartyId(party), position))
        case Authorise(op="key-revoke" | "root-revoke", thumbprint=str() as thumbprint):
            register = _without_key(register, thumbprint, position, effect.reason or "revoked")
            return replace(register, threshold=effect.threshold or register.threshold)
        case Authorise(op="competence-add", competence=Competence() as competence):
            return replace(register, grants=(*register.grants, Grant(competence, act.id)))
        case Authorise(op="competence-end", competence=Competence() as competence):
            ended = tuple(
                replace(grant, ended=position, ended_by=act.effective_of(effect), ended_at=act.recorded_at)
                if grant.ended is None and _same_grant(grant.competence, competence)
                else grant
                for grant in register.grants
            )
            return replace(register, grants=ended)
        case Authorise(op="rules-adopt", rules=Rules() as rules):
            return replace(register, adopted=(*register.adopted, rules))
        case Authorise(op="log-key", vkey=str() as vkey):
            return replace(register, log_vkeys=(*register.log_vkeys, vkey))
        case Authorise(op="service-key", key=PublicKey() as key):
            return replace(register, service_keys=(*register.service_keys, key))
        case Authorise(op="forum-nest", inner=str() as inner, outer=str() as outer):
            nesting = Nesting(Forum(inner), Forum(outer), act.effective_of(effect))
            return replace(register, nestings=(*register.nestings, nesting))
        case _:
            raise AssertionError(f"the format gives authorise {effect.op} its members")


def _same_grant(held: Competence, named: Competence) -> bool:
    return (held.party, held.types, held.forum, held.since) == (named.party, named.types, named.forum, named.since)


def carried_keys(act_effects: Iterable[Effect]) -> Mapping[str, tuple[PartyId, PublicKey, bool]]:
    """The keys that a register act itself brings, by thumbprint: whose they are, and whether they are to be root keys.

    Their holders sign with them in the role key-holder (proof of possession), in entry 0 the roots in the role root.
    """
    return {
        effect.key.thumbprint: (effect.party, effect.key, effect.op == "root-add")
        for effect in act_effects
        if isinstance(effect, Authorise) and effect.key is not None and effect.party is not None
    }


class Recording(Protocol):
    """What an act, and a statement before it is one, say of who records what."""

    @property
    def type(self) -> str: ...
    @property
    def subjects(self) -> tuple[SubjectId, ...]: ...
    @property
    def signers(self) -> tuple[Signer, ...]: ...


def judge_signers(register: Register, act: Recording) -> tuple[Objection, ...]:
    """Whether the signers may record this type of act (by position). Register acts are judged by
    `judge_register_act`.

    A registrar or transcriber needs the competence itself; authors sign for themselves, beside at least one signer
    who has it."""
    if act.subjects == (REGISTER,):
        return ()
    lacking = [s for s in act.signers if not register.may_record(s.party, act.type)]
    if not lacking:
        return ()
    if len(lacking) < len(act.signers):
        lacking = [s for s in lacking if s.capacity != "author"]
    return tuple(
        _impossible(
            "signer.incompetent",
            f"{signer.party} has no competence in the register to record {act.type} as {signer.capacity}",
            f"/signers/{act.signers.index(signer)}",
            "have the register's root signers grant the competence, or have a competent registrar sign as well",
        )
        for signer in lacking
    )


def judge_register_act(register: Register, act: Act, kids: tuple[str, ...]) -> tuple[Objection, ...]:
    """What speaks against an act about the register. `kids`: the thumbprints that signed, one per signer, in order."""
    if act.subjects != (REGISTER,):
        return ()
    assert len(kids) == len(act.signers), "a verified statement has one key per signer"
    before = register
    found: list[Objection] = []
    if register.genesis is None:
        found += _judge_founding(register, act)
        before = register.apply(act)
    by_roots = _root_signatures(before, act, kids) >= before.threshold
    for n, effect in enumerate(act.effects):
        if not isinstance(effect, Authorise):
            continue
        where = f"/effects/{n}"
        if not by_roots and not _own_keys(before, act, kids, effect):
            found.append(
                _impossible(
                    "root.threshold",
                    f"{effect.op} needs the signatures of {before.threshold} root keys",
                    where,
                    "have more root signers sign, in the role root"
                    + ("" if effect.op in ROOT_OPS else ", or the party itself with a valid key of its own"),
                )
            )
        found += _judge_effect(register, act, kids, effect, where)
        register = _authorised(register, act, effect)
    if register.threshold > len(register.roots):
        words = f"{register.threshold} signatures would be needed of {len(register.roots)} root keys"
        found.append(_impossible("root.threshold-unreachable", words, "", "lower the threshold or add root keys"))
    return tuple(found)


def _impossible(rule: str, words: str, where: str, remedy: str = "", statement: StatementId | None = None) -> Objection:
    return Objection("impossible", rule, statement, "the register", words, where, remedy)


def _judge_founding(register: Register, act: Act) -> list[Objection]:
    """Entry 0 names everything a reader must pin."""
    ops = {effect.op for effect in act.effects if isinstance(effect, Authorise)}
    missing = sorted({"root-add", "rules-adopt", "log-key", "service-key"} - ops)
    if not any(isinstance(e, Authorise) and e.op == "root-add" and e.threshold is not None for e in act.effects):
        missing.append("threshold of root-add")
    if not missing:
        return []
    words = f"the founding statement lacks: {', '.join(missing)}"
    return [_impossible("genesis.incomplete", words, "/effects", "add what is missing")]


def _root_signatures(register: Register, act: Act, kids: tuple[str, ...]) -> int:
    """How many distinct root keys in force signed in the role root."""
    signed = {kid for kid, signer in zip(kids, act.signers, strict=True) if signer.role == ROOT_ROLE}
    return len(signed & register.roots)


def _own_keys(register: Register, act: Act, kids: tuple[str, ...], effect: Authorise) -> bool:
    """Whether a party changes its own keys, signing with a valid one that is not the new one."""
    if effect.op in ROOT_OPS:
        return False
    party = effect.party
    if effect.thumbprint is not None:
        named = register.key(effect.thumbprint)
        party = named.party if named is not None else None
    owned = {held.key.thumbprint for held in register.keys_of(party)} if party is not None else set()
    return any(kid in owned for kid, s in zip(kids, act.signers, strict=True) if s.role != KEY_HOLDER_ROLE)


def _judge_effect(
    register: Register, act: Act, kids: tuple[str, ...], effect: Authorise, where: str
) -> Iterator[Objection]:
    """What speaks against one effect, the earlier ones of the act applied."""
    match effect:
        case Authorise(op="key-add" | "key-rotate" | "root-add", key=PublicKey() as key):
            yield from _judge_new_key(register, act, kids, effect, key, where)
            if effect.replaces is not None:
                yield from _judge_old_key(register, effect.replaces, effect.party, False, where)
        case Authorise(op="key-revoke" | "root-revoke", thumbprint=str() as thumbprint):
            yield from _judge_old_key(register, thumbprint, None, effect.op == "root-revoke", where)
        case Authorise(op="service-key", key=PublicKey() as key):
            if key.thumbprint in register.keys:
                yield _impossible(
                    "key.reserved", "a statement key cannot be the service key", where, "make another key"
                )
        case Authorise(op="log-key", vkey=str() as vkey):
            if any(_is_log_key(vkey, held.key) for held in register.keys.values()):
                yield _impossible("key.reserved", "a statement key cannot be a log key", where, "make another key")
        case Authorise(op="competence-add", competence=Competence() as competence):
            if _open_grants(register, competence):
                yield _impossible("competence.already-granted", "this competence is in force already", where)
        case Authorise(op="competence-end", competence=Competence() as competence):
            if not _open_grants(register, competence):
                remedy = "name party, types, forum and from exactly as they were granted"
                yield _impossible("competence.unknown", "no such competence is in force", where, remedy)
        case _:
            return


def _judge_new_key(
    register: Register, act: Act, kids: tuple[str, ...], effect: Authorise, key: PublicKey, where: str
) -> Iterator[Objection]:
    """A thumbprint belongs to one party for ever, never returns, and its holder proves to have the private key."""
    held = register.key(key.thumbprint)
    if held is not None:
        rule = "key.returned" if held.revoked is not None else "key.already-registered"
        words = f"the key {key.thumbprint} belongs to {held.party} since entry {held.added}"
        words += f" and was revoked in entry {held.revoked}" if held.revoked is not None else ""
        yield _impossible(rule, words, where, "make a new key")
    if any(service.thumbprint == key.thumbprint for service in register.service_keys) or any(
        _is_log_key(vkey, key) for vkey in register.log_vkeys
    ):
        yield _impossible("key.reserved", "a log or service key cannot sign statements", where, "make another key")
    if effect.op == "root-add" and register.genesis is None:
        return
    roles = [(kid, signer.role, signer.party) for kid, signer in zip(kids, act.signers, strict=True)]
    if (key.thumbprint, KEY_HOLDER_ROLE, effect.party) not in roles:
        words = f"{effect.party} has not signed with the new key {key.thumbprint}"
        yield _impossible("key.not-possessed", words, where, "have its holder sign too, in the role key-holder")


def _judge_old_key(
    register: Register, thumbprint: str, party: PartyId | None, root: bool, where: str
) -> Iterator[Objection]:
    """What is revoked or replaced is in force, of the right kind and of the right party."""
    held = register.key(thumbprint)
    if held is None or held.root is not root:
        kind = "root key" if root else "statement key"
        yield _impossible("key.unknown", f"the register holds no {kind} {thumbprint}", where)
    elif held.revoked is not None:
        yield _impossible("key.revoked", f"the key {thumbprint} was revoked in entry {held.revoked}", where)
    elif party is not None and held.party != party:
        yield _impossible("key.other-party", f"the key {thumbprint} belongs to {held.party}", where)


def _open_grants(register: Register, competence: Competence) -> bool:
    return any(grant.ended is None and _same_grant(grant.competence, competence) for grant in register.grants)


def _is_log_key(vkey: str, key: PublicKey) -> bool:
    """Whether a verifier key holds the same public key bytes. `vkey` ends in the base64 of a type byte and the key."""
    try:
        raw = base64.b64decode(vkey.split("+", 2)[2], validate=True)[1:]
    except (IndexError, binascii.Error):
        return False
    return len(raw) >= 32 and key.spki.endswith(raw)
