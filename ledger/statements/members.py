"""Reading a JSON object member by member, so that nothing in it goes unread.

Guarantees that a missing member, an unknown one, a null or an empty list where absence says the same, and a value of
the wrong kind are each refused with their JSON pointer (RFC 6901), the rule and what to do
(docs/statement-format.md). It knows no law.

Places cost more than reading: a reader whose input is almost always right reads it `UNPLACED` first, and only when
that is refused again from "", for the same refusal with its pointer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

import orjson

from domain.errors import Malformed
from ledger.statements.canonical import Json, escape_pointer

T = TypeVar("T")
Parse = Callable[[Json, str], T]
"""A value and its JSON pointer to what it means; raises Malformed."""

TEXT_CHARACTERS_MAX: Final = 2000
UNPLACED: Final = "(unplaced)"
"""Handed in as `where`, by identity: nothing below it gets a pointer."""
RECURRING_MAX: Final = 4_096
RECURRING_BYTES_MAX: Final = 512
"""How many values of one form are kept by their canonical form, and up to which length."""
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_HEX_32 = re.compile(r"[0-9a-f]{64}\Z")
_HEX_64 = re.compile(r"[0-9a-f]{128}\Z")


class Members:
    """One JSON object being read. Each member is taken once; `end` refuses what is left."""

    __slots__ = ("_left", "where")

    def __init__(self, value: Json, where: str) -> None:
        if not isinstance(value, dict):
            raise Malformed(where, "expected a JSON object", "member.wrong-kind")
        self.where = where
        # Unplaced, the value is read for the last time: who is refused reads its bytes anew.
        self._left = value if where is UNPLACED else dict(value)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def more(self) -> bool:
        """Whether any member is left unread: where nothing is, optional ones need not be looked for."""
        return bool(self._left)

    def at(self, name: str) -> str:
        """The JSON pointer of a member."""
        return self.where if self.where is UNPLACED else f"{self.where}/{escape_pointer(name)}"

    def is_one(self, name: str) -> bool:
        """Whether a mandatory member is the number 1; `true`, which equals it in Python, is not."""
        value = self.raw(name)
        return isinstance(value, int) and not isinstance(value, bool) and value == 1

    def raw(self, name: str) -> Json:
        """A mandatory member as it is, null included."""
        try:
            return self._left.pop(name)
        except KeyError:
            raise Malformed(self.at(name), f"the member {name} is missing", "member.missing") from None

    def one(self, name: str, parse: Parse[T]) -> T:
        """A mandatory member."""
        where = self.where
        if where is not UNPLACED:
            return parse(self.raw(name), self.at(name))
        try:
            value = self._left.pop(name)
        except KeyError:
            raise Malformed(where, f"the member {name} is missing", "member.missing") from None
        return parse(value, where)

    def maybe(self, name: str, parse: Parse[T]) -> T | None:
        """An optional member; null is refused, because absence says it."""
        if name not in self._left:
            return None
        value = self._left.pop(name)
        if value is None:
            raise Malformed(self.at(name), f"null; leave {name} out instead", "member.null")
        where = self.where
        return parse(value, where if where is UNPLACED else self.at(name))

    def many(self, name: str, parse: Parse[T], low: int = 1, high: int | None = None) -> tuple[T, ...]:
        """A mandatory list of `low` to `high` items."""
        where = self.where
        return listed(self.raw(name), where if where is UNPLACED else self.at(name), parse, low, high)

    def maybe_many(self, name: str, parse: Parse[T], high: int | None = None) -> tuple[T, ...]:
        """An optional list; an empty one is refused, because absence says it."""
        if name not in self._left:
            return ()
        return listed(self._left.pop(name), self.at(name), parse, 1, high)

    def flag(self, name: str) -> bool:
        """An optional member whose one value is `true`."""
        if name not in self._left:
            return False
        if self._left.pop(name) is not True:
            raise Malformed(self.at(name), f"only true may be written; leave {name} out instead", "member.default")
        return True

    def end(self) -> None:
        """Nothing is left unread."""
        for name in self._left:
            raise Malformed(self.at(name), f"unknown member {name[:80]!a} here; leave it out", "member.unknown")


def recurring(parse: Parse[T]) -> Parse[T]:
    """`parse` for a form whose values recur from statement to statement, such as who signs: what a short one means is
    kept, bad ones are not. The value is all that `parse` may depend on, and what it gives is immutable."""
    known = lru_cache(maxsize=RECURRING_MAX)(lambda spelled: parse(orjson.loads(spelled), UNPLACED))

    def read(value: Json, where: str) -> T:
        if where is UNPLACED and len(spelled := orjson.dumps(value)) <= RECURRING_BYTES_MAX:
            return known(spelled)
        return parse(value, where)

    return read


def listed(value: Json, where: str, parse: Parse[T], low: int = 1, high: int | None = None) -> tuple[T, ...]:
    """A list of `low` to `high` items."""
    if not isinstance(value, list):
        raise Malformed(where, "expected a list", "member.wrong-kind")
    if len(value) < low or (high is not None and len(value) > high):
        most = f" and at most {high}" if high is not None else ""
        raise Malformed(where, f"{len(value)} items where at least {low}{most} are allowed", "list.length")
    if where is UNPLACED:
        return tuple([parse(item, where) for item in value])
    return tuple(parse(item, f"{where}/{n}") for n, item in enumerate(value))


def string(value: Json, where: str) -> str:
    """Any string."""
    if not isinstance(value, str):
        raise Malformed(where, "expected a string", "member.wrong-kind")
    return value


def text(value: Json, where: str) -> str:
    """1 to 2,000 characters."""
    if not isinstance(value, str):
        raise Malformed(where, "expected a string", "member.wrong-kind")
    if not 1 <= len(value) <= TEXT_CHARACTERS_MAX:
        raise Malformed(where, f"{len(value)} characters; a text has 1 to {TEXT_CHARACTERS_MAX}", "text.length")
    return value


def boolean(value: Json, where: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Malformed(where, "expected true or false", "member.wrong-kind")
    return value


def slug(value: Json, where: str) -> str:
    """`[a-z0-9][a-z0-9-]{0,63}`."""
    if not isinstance(value, str) or _SLUG.match(value) is None:
        raise Malformed(where, "expected a slug of a-z, 0-9 and -, at most 64 characters", "slug.spelling")
    return value


def hexadecimal_32(value: Json, where: str) -> str:
    """32 bytes as 64 lower-case hexadecimal digits."""
    if not isinstance(value, str) or _HEX_32.match(value) is None:
        raise Malformed(where, "expected 64 lower-case hexadecimal digits", "hash.spelling")
    return value


def hexadecimal_64(value: Json, where: str) -> str:
    """64 bytes as 128 lower-case hexadecimal digits."""
    if not isinstance(value, str) or _HEX_64.match(value) is None:
        raise Malformed(where, "expected 128 lower-case hexadecimal digits", "hash.spelling")
    return value


def choice(*words: T) -> Parse[T]:
    """One of a closed list of words."""
    allowed = {str(word): word for word in words}

    def parse(value: Json, where: str) -> T:
        if not isinstance(value, str) or value not in allowed:
            raise Malformed(where, f"not in the closed list; one of: {', '.join(allowed)}", "code.not-in-list")
        return allowed[value]

    return parse


def refuse_repeated(items: tuple[T, ...], where: str) -> tuple[T, ...]:
    """`items`, unless one occurs twice."""
    if len(items) > 1 and len(set(items)) != len(items):
        raise Malformed(where, "an item occurs twice; name each once", "list.repeated")
    return items
