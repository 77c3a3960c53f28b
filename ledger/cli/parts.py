"""Reading an answer for printing: a part of a JSON value, typed, absent parts empty.

Guarantees that printing never fails on a value that is null or missing; it interprets nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.answers import Plain


@dataclass(frozen=True, slots=True)
class Part:
    """A value somewhere in an answer."""

    value: Plain

    def __getitem__(self, name: str) -> Part:
        return Part(self.value.get(name)) if isinstance(self.value, dict) else Part(None)

    def each(self) -> list[Part]:
        """The items of a list; none of anything else."""
        return [Part(item) for item in self.value] if isinstance(self.value, list) else []

    def items(self) -> list[tuple[str, Part]]:
        """The members of an object; none of anything else."""
        return [(name, Part(item)) for name, item in self.value.items()] if isinstance(self.value, dict) else []

    def texts(self) -> list[str]:
        """The strings in a list."""
        return [item.value for item in self.each() if isinstance(item.value, str)]

    @property
    def text(self) -> str:
        """A string; empty for anything else."""
        return self.value if isinstance(self.value, str) else ""

    def __bool__(self) -> bool:
        return bool(self.value)
