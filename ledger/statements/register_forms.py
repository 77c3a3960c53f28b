"""The effect `authorise`: keys, competences, rules, roots, forums (docs/statement-format.md, "Effects").

Guarantees that every key it lets through is usable and safe (`keys`). Whether the register allows the act,
`domain.register` says.
"""

from __future__ import annotations

import re
from typing import Final

from domain.effects import Authorise, Competence, PublicKey, Rules
from domain.errors import Malformed
from ledger.log.keys import VerifierKey
from ledger.statements.base64url import parse_base64url
from ledger.statements.canonical import Json
from ledger.statements.keys import ALGORITHMS, read_public_key
from ledger.statements.members import Members, choice, refuse_repeated, slug, string
from ledger.statements.values import count, forum, party, period, types_covered

_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_VERSION: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}\Z")


def thumbprint(value: Json, where: str) -> str:
    """An RFC 7638 SHA-256 thumbprint in base64url."""
    if not isinstance(value, str) or _THUMBPRINT.match(value) is None or len(parse_base64url(value, where)) != 32:
        raise Malformed(where, "not a key thumbprint (RFC 7638, SHA-256, base64url)", "key.thumbprint-spelling")
    return value


def key(value: Json, where: str) -> PublicKey:
    """`{alg, spki}`."""
    members = Members(value, where)
    alg = members.one("alg", choice(*ALGORITHMS))
    spki = parse_base64url(members.one("spki", string), members.at("spki"))
    members.end()
    return read_public_key(alg, spki, where)


def competence(value: Json, where: str) -> Competence:
    """`{party, types, forum?, from?, until?, zone?}`."""
    members = Members(value, where)
    holder = members.one("party", party)
    types = refuse_repeated(members.many("types", types_covered), members.at("types"))
    order = members.maybe("forum", forum)
    start, until, zone = period(members)
    members.end()
    if zone is not None and start is None and until is None:
        raise Malformed(where, "a zone without a date; leave it out", "time.zone-unused")
    if tuple(sorted(types)) != types:
        raise Malformed(where + "/types", "sort the types by code point", "list.unsorted")
    return Competence(holder, types, order, start, until, zone)


def version(value: Json, where: str) -> str:
    """The name of a version of rules, tzdata or code lists."""
    if not isinstance(value, str) or _VERSION.match(value) is None:
        raise Malformed(where, "not a version name: a-z, 0-9, point and -, at most 32 characters", "version.spelling")
    return value


def rules(value: Json, where: str) -> Rules:
    """`{law, tzdata, codes}`."""
    members = Members(value, where)
    found = Rules(members.one("law", version), members.one("tzdata", version), members.one("codes", version))
    members.end()
    return found


def vkey(value: Json, where: str) -> str:
    """A signed-note verifier key, `name+hex(keyid)+base64(type‖pub)`, in its one spelling."""
    spelled = string(value, where)
    try:
        read = VerifierKey.parse(spelled)
    except Malformed as error:
        raise Malformed(where, f"not a verifier key: {error.why}", "vkey.spelling") from error
    if read.format() != spelled:
        raise Malformed(where, f"another spelling of the verifier key {read.format()}", "vkey.spelling")
    return spelled


def _threshold(value: Json, where: str) -> int:
    found = count(value, where)
    if not 1 <= found <= 8:
        raise Malformed(where, "a threshold lies between 1 and 8", "root.threshold")
    return found


def authorise(members: Members) -> Authorise:
    """`{op, …}`; the members follow from `op`."""
    op = members.raw("op")
    match op:
        case "key-add":
            return Authorise("key-add", party=members.one("party", party), key=members.one("key", key))
        case "key-rotate":
            return Authorise(
                "key-rotate",
                party=members.one("party", party),
                key=members.one("key", key),
                replaces=members.one("replaces", thumbprint),
            )
        case "key-revoke":
            return Authorise(
                "key-revoke", thumbprint=members.one("thumbprint", thumbprint), reason=members.one("reason", slug)
            )
        case "competence-add":
            return Authorise("competence-add", competence=members.one("competence", competence))
        case "competence-end":
            return Authorise("competence-end", competence=members.one("competence", competence))
        case "rules-adopt":
            return Authorise("rules-adopt", rules=members.one("rules", rules))
        case "root-add":
            return Authorise(
                "root-add",
                party=members.one("party", party),
                key=members.one("key", key),
                threshold=members.maybe("threshold", _threshold),
            )
        case "root-revoke":
            return Authorise(
                "root-revoke",
                thumbprint=members.one("thumbprint", thumbprint),
                threshold=members.maybe("threshold", _threshold),
            )
        case "log-key":
            return Authorise("log-key", vkey=members.one("vkey", vkey))
        case "service-key":
            return Authorise("service-key", key=members.one("key", key))
        case "forum-nest":
            return Authorise("forum-nest", inner=members.one("inner", forum), outer=members.one("outer", forum))
        case _:
            raise Malformed(members.at("op"), "unknown op of authorise", "code.not-in-list")
