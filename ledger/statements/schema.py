"""The statement's head, from canonical JSON to values (docs/statement-format.md, "Top level").

Guarantees that `parse_statement` reads every member or refuses the bytes with a JSON pointer, a rule and what to do,
that a meaning has one spelling, and that it gives the same answer for ever: code lists, check digits and the zones
of a tzdata version count at admission only (`codes`). Whether the act is lawful is judged in `domain`; who signed
it, in `envelope`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal, TypeVar

from domain.acts import Basis, Despite, Notice, Signer, Source
from domain.effects import Authorise, Effect, Move
from domain.errors import Malformed
from domain.identifiers import REGISTER, PartyId, StatementId
from domain.periods import Days, Effective
from ledger.statements.canonical import Json, canonical_bytes, parse_canonical, read_usual, read_usual_part
from ledger.statements.effect_forms import read_effect, refuse_unread_zone
from ledger.statements.members import (
    RECURRING_MAX,
    UNPLACED,
    Members,
    Parse,
    choice,
    hexadecimal_32,
    hexadecimal_64,
    listed,
    recurring,
    refuse_repeated,
    string,
    text,
)
from ledger.statements.statement import (
    SIGNERS_MAX,
    STATEMENT_BYTES_MAX,
    CommittedDocument,
    Document,
    LedgerName,
    Sealed,
    Seen,
    Statement,
    statement_id,
)
from ledger.statements.values import (
    Scope,
    asset,
    count,
    days,
    effective,
    instant,
    party,
    right,
    share,
    statement_ref,
    subject,
    when,
    wire_name,
    zone,
)

T = TypeVar("T")

LIST_MAX: Final = 64
SOURCES_MAX: Final = 8
ORIGIN_BYTES_MAX: Final = 255

_SEALED_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,126}\Z")
_RULE = re.compile(r"[a-z][a-z0-9-]{0,31}(\.[a-z][a-z0-9-]{0,63}){1,3}\Z")

_CAPACITY: Final = choice("author", "registrar", "transcriber")
_ROLE: Final = choice(
    "author",
    "seller",
    "buyer",
    "transferor",
    "transferee",
    "grantor",
    "grantee",
    "officer",
    "court",
    "registrar",
    "notary",
    "creditor",
    "debtor",
    "claimant",
    "respondent",
    "steward",
    "key-holder",
    "root",
    "transcriber",
    "company",
    "authority",
)
_BASIS_KIND: Final = choice(
    "order",
    "decree",
    "decision",
    "judgment",
    "award",
    "statute",
    "regulation",
    "bill",
    "agreement",
    "offer",
    "tender-award",
    "completion",
    "register-entry",
    "deed",
    "extract",
    "notice",
    "pleading",
    "licence",
    "listing",
    "invoice",
    "valuation",
    "announcement",
    "lease",
    "plan",
    "report",
    "ceremony",
    "error",
    "correction",
    "other",
)
_HOW: Final = choice("gazette", "register", "service", "publication", "press", "hearing", "other")


_USUAL: Final = re.compile(
    rb'\{"actor":"([^"]*+)","basis":\{(?:"date":"([^"]*+)",)?"kind":"([^"]*+)",(?:"number":"([^"]*+)",)?"title":"([^"]*+)"\},'
    rb'(?:"effective":(\{[^}]{1,510}+\}),)?"effects":(?>(\[.*?\]),(?="evidence":\[|"follows":\[))'
    rb'(?:"evidence":(?>(\[.*?\]),(?="follows":\[)))?"follows":\[(?:"(sha256:[0-9a-f]{64})"|null)\],'
    rb'"ledger":(\{[^}]*+\}),(?:"notice":(?>(\[.*?\]),(?="signers":\[)))?"signers":(?>(\[.*?\]),(?="subjects":\[))'
    rb'"subjects":\["([^"]*+)"\],"type":"([^"]*+)","v":1\}',
    re.DOTALL,
)
"""What most statements look like: about one subject, in canonical order. Where every part is a JSON value in its one form, so is
the whole, however the parts were told apart. Nothing is tried a second way, so the time is that of one reading."""


_USUAL_MOVE: Final = re.compile(
    rb'\[\{"amount":"([^"]*+)","asset":"([^"]*+)","effect":"move","from":"([^"]*+)","right":"([^"]*+)","to":"([^"]*+)"\}\]'
)
"""The effects of most statements: one move, of which no more is said than what passes from whom to whom."""


def parse_statement(payload: bytes) -> Statement:
    """What `payload` says. Raises Malformed: not canonical, not in the format, or more than 24,576 bytes."""
    found = _USUAL.fullmatch(payload)
    if found is not None and len(payload) <= STATEMENT_BYTES_MAX:
        try:
            return _from_form(payload, *found.groups())
        except Malformed:
            pass  # read below in whatever form it is
    usual = read_usual(payload, STATEMENT_BYTES_MAX)
    if usual is not None:
        try:
            return _read(payload, usual, UNPLACED)  # every value by its kind, and no number but `v`
        except Malformed:
            pass  # refused below, with its place
    return _read(payload, parse_canonical(payload, STATEMENT_BYTES_MAX), "")


def _read(payload: bytes, value: Json, top: str) -> Statement:
    members = Members(value, top)
    own = statement_id(payload)
    if not members.is_one("v"):
        raise Malformed("/v", "unknown version; this ledger reads version 1", "statement.version")
    ledger = members.one("ledger", _LEDGER)
    kind = members.one("type", wire_name)
    subjects = refuse_repeated(members.many("subjects", subject, high=LIST_MAX), "/subjects")
    follows = members.many("follows", _id_or_null, len(subjects), len(subjects))
    head = Scope(own)
    effective_ = members.maybe("effective", effective(head)) if "effective" in members else None
    head.zone = effective_.zone if effective_ is not None else None
    notice = members.maybe_many("notice", _notice(head), LIST_MAX) if "notice" in members else ()
    effects = _effects(members.raw("effects"), members.at("effects"), own, head, effective_)
    if effective_ is not None:
        refuse_unread_zone(effective_, head, "/effective")
    actor = members.one("actor", party)
    signers = members.one("signers", _SIGNERS)
    basis = members.one("basis", _basis)
    more = members.more()  # mostly there is nothing of what follows
    found = Statement(
        payload,
        own,
        ledger,
        kind,
        subjects,
        follows,
        actor,
        signers,
        basis,
        effects,
        exact=more and members.flag("exact"),
        effective=effective_,
        notice=notice,
        despite=_sorted_despite(members) if more else (),
        records=members.maybe("records", statement_ref) if more else None,
        evidence=members.maybe_many("evidence", _evidence, LIST_MAX) if more else (),
        sealed=members.maybe_many("sealed", _sealed, LIST_MAX) if more else (),
        seen=members.maybe("seen", _seen) if more else None,
        submit_by=members.maybe("submit_by", instant) if more else None,
    )
    members.end()
    _check_whole(found)
    return found


def _from_form(
    payload: bytes,
    actor: bytes,
    date: bytes | None,
    kind: bytes,
    number: bytes | None,
    title: bytes,
    dated: bytes | None,
    effects: bytes,
    evidence: bytes | None,
    last: bytes | None,
    ledger: bytes,
    noticed: bytes | None,
    signers: bytes,
    about: bytes,
    named: bytes,
) -> Statement:
    """The statement of which `_USUAL` found these parts. Raises Malformed, without saying where."""
    own = statement_id(payload)
    effective_ = _usual_effective(dated) if dated is not None else None
    head = Scope(own, zone=effective_.zone if effective_ is not None else None)
    notice: tuple[Notice, ...] = ()
    if noticed is not None:
        notice = listed(read_usual_part(noticed), UNPLACED, _notice(head), 1, LIST_MAX)
    move = _USUAL_MOVE.fullmatch(effects)
    told: tuple[Effect, ...]
    if move is not None:
        told = (_move_of(*move.groups()),)
    else:
        told = _effects(read_usual_part(effects), UNPLACED, own, head, effective_)
    if effective_ is not None:
        refuse_unread_zone(effective_, head, UNPLACED)
    found = Statement(
        payload,
        own,
        _usual_ledger(ledger),
        _usual_type(named),
        _usual_subjects(about),
        (StatementId(last.decode("ascii")) if last is not None else None,),
        _usual_party(actor),
        _usual_signers(signers),
        Basis(
            _usual_kind(kind),
            _usual_text(title),
            _usual_text(number) if number is not None else None,
            date=_usual_date(date) if date is not None else None,
        ),
        told,
        effective=effective_,
        notice=notice,
        evidence=listed(read_usual_part(evidence), UNPLACED, _evidence, 1, LIST_MAX) if evidence is not None else (),
    )
    _check_whole(found)
    return found


def _move_of(amount: bytes, what: bytes, source: bytes, title: bytes, target: bytes) -> Move:
    """The move of which `_USUAL_MOVE` found these parts. Raises Malformed, without saying where."""
    return Move(
        _usual_asset(what), _usual_right(title), _usual_share(amount), _usual_party(source), _usual_party(target)
    )


def format_statement(members: Mapping[str, Json]) -> bytes:
    """The payload that says `members`. Raises Malformed if it would not be a statement."""
    payload = canonical_bytes(dict(members))
    parse_statement(payload)
    return payload


def _check_whole(statement: Statement) -> None:
    """What holds between members: sealed names once; the register's chain holds authorise effects, all and only."""
    if statement.sealed:
        refuse_repeated(tuple(sealed.name for sealed in statement.sealed), "/sealed")
    about_register = statement.subjects == (REGISTER,)
    if REGISTER in statement.subjects and not about_register:
        raise Malformed("/subjects", "register stands alone; write a statement of its own", "register.subject")
    for n, effect in enumerate(statement.effects):
        if isinstance(effect, Authorise) is not about_register:
            raise Malformed(
                f"/effects/{n}", "authorise effects and the subject register go together, and alone", "register.subject"
            )
    if statement.ledger.genesis is None and (not about_register or statement.follows != (None,)):
        raise Malformed("/ledger/genesis", "null only in entry 0, which founds the register", "ledger.genesis-missing")


def ledger_name(value: Json, where: str) -> LedgerName:
    """`{origin, genesis}`."""
    members = Members(value, where)
    origin = members.one("origin", text)
    if len(origin.encode("utf-8")) > ORIGIN_BYTES_MAX:
        raise Malformed(members.at("origin"), f"an origin has at most {ORIGIN_BYTES_MAX} bytes", "ledger.origin")
    genesis = members.one("genesis", _id_or_null)
    members.end()
    return LedgerName(origin, genesis)


_LEDGER: Final = recurring(ledger_name)


def _id_or_null(value: Json, where: str) -> StatementId | None:
    return None if value is None else statement_ref(value, where)


def _effects(value: Json, where: str, own: StatementId, head: Scope, dated: Effective | None) -> tuple[Effect, ...]:
    if isinstance(value, list) and len(value) == 1:
        return (read_effect(value[0], where if where is UNPLACED else f"{where}/0", own, 1, head, dated),)
    numbers = iter(range(1, LIST_MAX + 1))
    return listed(value, where, lambda item, at: read_effect(item, at, own, next(numbers), head, dated), 1, LIST_MAX)


def _notice(head: Scope) -> Callable[[Json, str], Notice]:
    def parse(value: Json, where: str) -> Notice:
        members = Members(value, where)
        to = members.raw("to")
        reader: Literal["public"] | PartyId = "public" if to == "public" else party(to, members.at("to"))
        at = members.one("at", when)
        how = members.one("how", _HOW)
        own_zone = members.maybe("zone", zone)
        members.end()
        if not isinstance(at, Days):
            if own_zone is not None:
                raise Malformed(members.at("zone"), "an instant needs no zone; leave it out", "time.zone-unused")
            return Notice(reader, at, how)
        if own_zone is not None and own_zone == head.zone:
            raise Malformed(members.at("zone"), "repeats effective.zone; leave it out", "member.default")
        if own_zone is None:
            head.read_zone(members.at("at"))
        return Notice(reader, at, how, own_zone or head.zone)

    return parse


def _signer(value: Json, where: str) -> Signer:
    members = Members(value, where)
    signer = members.one("party", party)
    role = members.one("role", _ROLE)
    capacity = members.one("capacity", _CAPACITY)
    sources = members.maybe_many("sources", _source, SOURCES_MAX)
    members.end()
    if (capacity == "transcriber") is not bool(sources):
        raise Malformed(
            members.at("sources"), "a transcriber names 1 to 8 sources, any other capacity none", "signer.sources"
        )
    return Signer(signer, role, capacity, sources)  # type: ignore[arg-type]  # `choice` gives one of its words


def _signers_of(value: Json, where: str) -> tuple[Signer, ...]:
    return listed(value, where, _signer, 1, SIGNERS_MAX)


_SIGNERS: Final = recurring(_signers_of)


def _source(value: Json, where: str) -> Source:
    members = Members(value, where)
    title = members.one("title", text)
    accessed = members.one("accessed", days)
    if not accessed.exact or "/" in accessed.text or len(accessed.text) != 10:
        raise Malformed(members.at("accessed"), "expected the day of access, YYYY-MM-DD", "time.spelling")
    url = members.maybe("url", text)
    members.end()
    return Source(title, accessed.text, url)


def _basis(value: Json, where: str) -> Basis:
    members = Members(value, where)
    dated = members.maybe("date", _date_text)
    kind = members.one("kind", _BASIS_KIND)
    title = members.one("title", text)
    if dated is None and not members.more():
        return Basis(kind, title)
    found = Basis(
        kind=kind,
        title=title,
        number=members.maybe("number", text),
        ecli=members.maybe("ecli", text),
        eli=members.maybe("eli", text),
        gazette=members.maybe("gazette", text),
        legal_basis=members.maybe("legal_basis", text),
        date=dated,
    )
    members.end()
    return found


def _date_text(value: Json, where: str) -> str:
    return days(string(value, where), where).text


def _despite(value: Json, where: str) -> Despite:
    members = Members(value, where)
    rule = members.one("rule", string)
    if _RULE.match(rule) is None:
        raise Malformed(
            members.at("rule"), "not the name of a rule, such as holder.too-little", "despite.rule-spelling"
        )
    found = Despite(rule, members.one("statement", _id_or_null))
    members.end()
    return found


def _sorted_despite(members: Members) -> tuple[Despite, ...]:
    if "despite" not in members:
        return ()
    known = members.maybe_many("despite", _despite)
    keys = [(item.rule, item.statement or "") for item in known]
    if any(first >= second for first, second in pairwise(keys)):
        raise Malformed("/despite", "sort by rule, then statement (null first), and name each once", "list.unsorted")
    return known


def _evidence(value: Json, where: str) -> Document | CommittedDocument:
    members = Members(value, where)
    title = members.one("title", text)
    media_type = members.one("media_type", string)
    if _MEDIA_TYPE.match(media_type) is None:
        raise Malformed(members.at("media_type"), "not a media type, such as application/pdf", "evidence.media-type")
    size = members.one("size", count)
    found: Document | CommittedDocument
    if "commit" in members:
        found = CommittedDocument(title, media_type, size, members.one("commit", hexadecimal_32))
    else:
        sha256, sha512 = members.one("sha256", hexadecimal_32), members.one("sha512", hexadecimal_64)
        found = Document(title, media_type, size, sha256, sha512)
    members.end()
    return found


def _sealed(value: Json, where: str) -> Sealed:
    members = Members(value, where)
    name = members.one("name", string)
    if _SEALED_NAME.match(name) is None:
        raise Malformed(members.at("name"), "expected a-z, 0-9 and _, at most 64, a letter first", "sealed.name")
    found = Sealed(name, members.one("commit", hexadecimal_32))
    members.end()
    return found


def _seen(value: Json, where: str) -> Seen:
    members = Members(value, where)
    found = Seen(members.one("size", count), bytes.fromhex(members.one("root", hexadecimal_32)))
    members.end()
    return found


def _kept(parse: Parse[T]) -> Callable[[bytes], T]:
    """`parse` of what stands between quotes; what a good spelling means is kept, bad ones are not."""
    return lru_cache(maxsize=RECURRING_MAX)(lambda spelled: parse(_between_quotes(spelled), UNPLACED))


def _between_quotes(spelled: bytes) -> Json:
    return read_usual_part(b'"%b"' % spelled)


def _usual_text(spelled: bytes) -> str:
    if spelled.isascii() and b"\\" not in spelled:
        words = spelled.decode("ascii")
        if words.isprintable():
            return text(words, UNPLACED)
    return text(_between_quotes(spelled), UNPLACED)


def _kept_part(parse: Parse[T]) -> Callable[[bytes], T]:
    """`parse` of a JSON value by its one form, which `_USUAL` lets be 512 bytes long."""
    return lru_cache(maxsize=RECURRING_MAX)(lambda spelled: parse(read_usual_part(spelled), UNPLACED))


_usual_party: Final = _kept(party)
_usual_asset: Final = _kept(asset)
_usual_right: Final = _kept(right)
_usual_share: Final = _kept(share)
_usual_subjects: Final = _kept(lambda value, where: (subject(value, where),))
_usual_type: Final = _kept(wire_name)
_usual_kind: Final = _kept(_BASIS_KIND)
_usual_date: Final = _kept(_date_text)
_usual_effective: Final = _kept_part(
    effective(Scope(StatementId("")))
)  # one without `after`, which alone reads the scope
_usual_ledger: Final = _kept_part(ledger_name)
_usual_signers: Final = _kept_part(_signers_of)
