"""A case for the exports: two companies above a third, told in the words of `tests.domain.builders`."""

from datetime import UTC, datetime, timedelta

from domain.answers import Asked, understand
from domain.effects import Exist, External, Manner, Right
from domain.identifiers import Forum, SubjectId
from ledger.evidence.ownership import Lost, Ownership, assets_with_rights, ownership_of
from tests.domain.builders import ZONE, Case, declare, impose, move, party, subject

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
RECORDED = datetime(2024, 3, 1, 9, tzinfo=UTC)
LEI = "5493001KJTIIGC8Y1R12"


class Past(Case):
    """Acts recorded in March 2024: the checker of the standard refuses dates to come."""

    def act(self, *effects, **more):
        more.setdefault("recorded_at", RECORDED + timedelta(days=len(self.record.acts)))
        return super().act(*effects, **more)

    def company(self, name: str, *identifiers: External, place: str = "DE", kind: str = "company") -> None:
        for what in ("party", "asset") if kind == "company" else ("party",):
            entry = Exist(
                "register", subject(f"{what}:{name}"), kind, Forum(place), ZONE, name.title(), identifiers=identifiers
            )
            self.given(entry, type=f"{what}.registered", by="registrar", capacity="registrar")

    def ownership(self, *assets: str, forum: str | None = None) -> Ownership:
        asked = Asked(forum=forum)
        question = understand(self.record, SubjectId("register"), asked, NOW, len(self.record.acts))
        named = [SubjectId(f"asset:{name}") for name in assets]
        return ownership_of(question, named or assets_with_rights(question))


def port() -> Past:
    """Port GmbH: alpha and beta by halves, beta's half sold to gamma in 2022, under a trusteeship for half a year."""
    case = Past({"ministry": "DE"})
    case.company("port", External("LEI", LEI), External("register", "GB-COH 03273685"))
    case.company("alpha")
    case.company("ministry", kind="state-body")
    case.given(declare("port", {"alpha": "1/2", "beta": "1/2"}), on="2020-01-01", by="registrar", capacity="registrar")
    case.given(declare("alpha", {"root": "1/1"}), on="2019-01-01", by="registrar", capacity="registrar")
    case.given(move("port", "1/2", "beta", "gamma"), on="2022-05-15")
    case.given(
        impose("trusteeship", "asset:port", "ministry", until="2023-06-30"),
        on="2023-01-01",
        by="ministry",
        type="trusteeship.imposed",
    )
    return case


def with_nominee() -> Past:
    """A third of the port is held by a nominee for a person, a third by one of two, the last by nobody known."""
    case = Past()
    case.company("port")
    case.given(Exist("register", subject("party:p-17"), "person"), type="party.registered", by="registrar")
    case.given(declare("port", {"alpha": "1/3", "beta|gamma": "1/3", "?": "1/3"}), on="2020-01-01", by="registrar")
    case.given(move("port", "1/3", "alpha", "nominee", manner=Manner("nominee", party("p-17"))), on="2021-02-03")
    case.given(move("port", "1/4", "nominee", "delta", Right.VOTES), on="2021-02-03", type="rights.separated")
    return case


def sorts(lost: tuple[Lost, ...]) -> set[str]:
    return {item.sort for item in lost}
