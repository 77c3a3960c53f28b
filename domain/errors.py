"""`Malformed`: the one way the domain and every parser above it refuse bytes or text that is no valid statement.

Guarantees that whoever sends malformed input learns where it is wrong and why, and nothing else leaks. An act that is
well formed but unlawful is no `Malformed`: it is answered with an `Objection`, a value.
"""


class Malformed(ValueError):
    """Not a valid statement.

    `where` is a JSON pointer into the statement ("" for the whole of it) or the name of a place in other bytes,
    `why` says what is wrong in words, `rule` names the broken rule where one is named.
    """

    def __init__(self, where: str, why: str, rule: str | None = None) -> None:
        super().__init__(where, why, rule)
        self.where = where
        self.why = why
        self.rule = rule

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        rule = f" [{self.rule}]" if self.rule else ""
        return f"{place}{self.why}{rule}"
