"""The kinds of problem the HTTP edge answers with (RFC 9457): one `type` each, with its status, meaning and remedy.

Guarantees that a `type` is a reference to a page this server serves (`/problems/<name>`), and that the pages, the document
docs/problems.md and the answers come from this one table. Breaches of the statement format have a type per rule
(`format_rules`); what speaks against an act in law is told objection by objection inside the one type `refused`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from api.format_rules import FORMAT_RULES


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem. `name` is the last part of its URI."""

    name: str
    status: int
    title: str
    meaning: str
    remedy: str

    @property
    def uri(self) -> str:
        """A reference to its page, relative to the server."""
        return f"/problems/{self.name}"


_TABLE: Final[tuple[tuple[str, int, str, str, str], ...]] = (
    ("query-invalid", 400, "A parameter cannot be read", "A parameter of the path or the query is missing, unknown,"
     " given twice, or not of its form. The problem names it and says why.", "Correct the parameter that is named."),
    ("clocks-contradict", 400, "The clocks contradict each other", "`recorded` and `size` both say what the ledger"
     " contained; only one of them can be asked.", "Give one of the two."),
    ("request-invalid", 400, "The request cannot be read", "The bytes are no HTTP request this server understands.",
     "Use an ordinary HTTP/1.1 client."),
    ("unauthorized", 401, "A token is needed", "The route needs a bearer token and none, or none that is in force,"
     " was sent.", "Send `Authorization: Bearer …` with a token made by `control-ledger tokens create`."),
    ("forbidden", 403, "The token does not open this", "The token is in force but lacks the scope of this route.",
     "Ask the operator for a token with that scope."),
    ("not-found", 404, "Nothing is here", "The path is none of this server's.", "See /openapi.json for the paths."),
    ("subject-unknown", 404, "The ledger knows no such subject", "No statement recorded up to the tree size asked is"
     " about this asset or party.", "Search /v1/assets, or ask at a larger tree size."),
    ("statement-unknown", 404, "The ledger knows no such statement", "No entry records a statement with this id.",
     "Check the id; a statement that was refused is not recorded."),
    ("resource-unknown", 404, "The log has no such file yet", "The tree is too small for this tile or bundle.",
     "Read /checkpoint; it says how large the tree is."),
    ("value-unknown", 404, "The answer has no such value", "At these clocks and in this forum the answer has no value"
     " of that name.", "Ask for title, votes, economic, controller, or for a measure, restriction or debt by the"
     " reference that the asset's answer shows."),
    ("no-seal", 404, "This server makes no packages", "An evidence package is sealed by the operator, and this server has"
     " no key to seal with.", "Ask the operator for a package; `control-ledger evidence` makes the same one."),
    ("method-not-allowed", 405, "The path is not asked this way", "The path exists, but not with this method.",
     "The Allow header lists the methods."),
    ("not-acceptable", 406, "No such form", "The answer cannot be given in any media type that Accept names.",
     "Accept one of the media types that the problem lists."),
    ("too-slow", 408, "The request took too long", "The request did not arrive in time; the connection is closed.",
     "Send it again, faster or in smaller parts. Repeating a submission is safe."),
    ("head-stale", 409, "Another statement came first", "The statement demands to follow the heads of its streams"
     " exactly (`exact`), and one has moved on. The problem names the statement that is there now.",
     "Read what was recorded since, then sign anew; or leave out `exact`."),
    ("signatures-differ", 409, "Recorded with other signatures", "The statement is recorded already, signed by other"
     " signatures than these. The problem names the entry.", "Nothing needs to be done: ask for its receipt."),
    ("body-too-large", 413, "The body is too large", "The body has more bytes than the route takes.",
     "Split it. The problem says how many bytes are taken."),
    ("uri-too-long", 414, "The address is too long", "Path and query together are longer than is taken.",
     "Ask with fewer or shorter parameters."),
    ("media-type", 415, "The body is of another media type", "The route takes only the media types that the problem"
     " lists.", "Set Content-Type to what the body is."),
    ("refused", 422, "Objections stand against the statement", "The bytes are a statement, but it cannot be recorded as"
     " it is. Each objection names its rule, the statement and state it met, and what can be done. `refusal` is the"
     " same, signed by the ledger's service key (JWS, typ control-refusal+json): keep it as proof of what was answered.",
     "Follow the remedies. An irregular act can be recorded in spite of objections that its signers list in"
     " `despite`; an impossible one cannot."),
    ("too-many-requests", 429, "Too many requests", "More was asked from this address or with this token than is"
     " taken in a minute; answers that cost more count more.", "Wait as many seconds as Retry-After says."),
    ("busy", 429, "Too much at once", "As many answers as are taken at once are being worked on.",
     "Wait as many seconds as Retry-After says."),
    ("header-too-large", 431, "The header is too large", "The request header is longer than is taken.",
     "Send fewer or shorter fields."),
    ("internal", 500, "The ledger failed", "Something went wrong that is not your fault; nothing is said about it"
     " here. The operator's log has the details under the request id.", "Tell the operator the request id."),
    ("queue-full", 503, "The ledger cannot keep up", "As many submissions wait as the queue holds. Nothing was"
     " recorded.", "Submit again after Retry-After seconds; repeating is safe."),
    ("unavailable", 503, "The ledger cannot write now", "The database, the clock or the keys do not allow appending at"
     " present. If the failure came while committing, the statement may have been recorded all the same.",
     "Submit the same bytes again later: if it is recorded, that is answered with its receipt."),
    ("views-behind", 503, "The views have not taken that in yet", "What is listed from the views is a moment behind the log, and"
     " they have not reached the entries that were asked for. The problem says how far they are, and whether they stand still.",
     "Ask again after Retry-After seconds; or ask for the full answer about the asset, which is never behind."),
    ("stopping", 503, "The server is stopping", "No more submissions are taken; those taken are being completed.",
     "Submit again after Retry-After seconds."),
)  # fmt: skip


def problem_members(kind: ProblemType, detail: str = "") -> dict[str, str | int]:
    """What every problem of a kind says; without a `detail` of its own, what the kind means."""
    told: dict[str, str | int] = {"type": kind.uri, "title": kind.title, "status": kind.status}
    return {**told, "detail": detail or kind.meaning, "remedy": kind.remedy}


def _catalogue() -> dict[str, ProblemType]:
    found = {row[0]: ProblemType(*row) for row in _TABLE}
    for rule, (meaning, remedy) in FORMAT_RULES.items():
        name = f"format/{rule}"
        found[name] = ProblemType(name, 400, f"Not a valid statement: {rule}", meaning, remedy)
    return found


PROBLEM_TYPES: Final = _catalogue()


def document() -> str:
    """docs/problems.md, whole."""
    lines = [
        "# Problems",
        "",
        "Every answer that is no success is `application/problem+json` (RFC 9457). `type` is the address of a page on the"
        " same server; the pages are these. No limit is answered with a 5xx, except that a full queue of submissions is a"
        " 503 with `Retry-After`.",
        "",
    ]
    for kind in PROBLEM_TYPES.values():
        lines += [f"## `{kind.uri}` ({kind.status})", "", f"**{kind.title}.** {kind.meaning}", "", kind.remedy, ""]
    return "\n".join(lines[:-1]) + "\n"
