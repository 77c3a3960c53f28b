"""A record as plain values: every index it keeps, to tell whether two are the same."""

from __future__ import annotations

from domain.record import Record


def shape(record: Record) -> list[object]:
    """Everything the record keeps but what it was built with and what it only remembers for speed."""
    built_with = {"zones", "nesting", "forum_of"}
    kept = sorted(vars(record).items())
    return [(name, value) for name, value in kept if name not in built_with and not name.startswith("_")]
