"""An act on the record for trial: the folds that answer of it, and how an objection to it is made (DESIGN section 3, rule 6).

Guarantees that every objection names the recorded statement it meets and what that made so. It finds nothing itself: the modules
`trial_*` judge one kind of effect each, `findings` gathers what they find.
"""

from __future__ import annotations

from domain.act_types import TYPES
from domain.acts import Act
from domain.effects import Move, Reunit
from domain.folds import Folds
from domain.identifiers import EffectRef, Forum, StatementId
from domain.objections import Bar, Kind, Objection

_OFFICES = frozenset(row.name for row in TYPES.values() if row.actor & {"court", "authority"})
"""Types of act that a court or an authority records."""
_PASSING = frozenset({Move, Reunit})
_OFFICIAL = frozenset({"order", "decree", "decision", "judgment", "award", "statute", "regulation"})


class Trial:
    """An act on the record for trial in its home forum; and how an objection to it is made."""

    def __init__(self, folds: Folds, act: Act, home: Forum | None) -> None:
        self.folds = folds
        self.view = folds.view
        self.record = folds.view.record
        self.act = act
        self.home = home
        sells = act.type in _OFFICES and not act.kinds.isdisjoint(_PASSING)
        official = sells or act.basis.kind in _OFFICIAL
        self.authority = official and self.record.actor_forum(act) is not None

    def objection(
        self, kind: Kind, rule: str, met: EffectRef | StatementId | None, words: str, where: str, remedy: str = ""
    ) -> Objection:
        """An objection that meets a recorded statement, or none."""
        statement = met.statement if isinstance(met, EffectRef) else met
        state = (
            acted.basis.title if statement is not None and (acted := self.record.find(statement)) is not None else ""
        )
        return Objection(
            kind, rule, statement, state, words, where, remedy or "record it with this objection listed in despite"
        )

    def irregular(
        self, rule: str, met: EffectRef | StatementId | None, words: str, where: str, remedy: str = ""
    ) -> Objection:
        """An objection that may be answered in `despite`."""
        return self.objection("irregular", rule, met, words, where, remedy)

    def bar(self, bar: Bar, where: str) -> Objection:
        """The objection that a bar is; one by a measure of the act itself meets nothing on record."""
        met = None if bar.ref.statement == self.act.id else bar.ref
        return self.irregular(bar.rule, met, bar.words, where, bar.remedy)


def name_of(holder: object) -> str:
    """How words name a holder."""
    return holder if isinstance(holder, str) else "the holder named"
