"""Lists of commands in `--help`: the first sentence of each in full, never cut off at the width of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from typer.core import TyperGroup

SENTENCE_MAX = 400


class Formatter(Protocol):
    """What a page of help is written with."""

    def section(self, name: str) -> AbstractContextManager[None]: ...
    def write_dl(self, rows: Sequence[tuple[str, str]]) -> None: ...


class Listed(TyperGroup):
    """Commands under one heading, or under several."""

    def sections(self) -> Iterable[tuple[str, Iterable[str]]]:
        """Headings, each with the names of its commands."""
        return [("Commands", list(self.commands))]

    def format_commands(self, ctx: object, formatter: Formatter) -> None:
        for title, names in self.sections():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(SENTENCE_MAX)) for name in names])
