"""The offline verifier: is this package what it says it is, by the reader's own anchors, without any server.

Guarantees that every check is made and everything found is told, whatever the bytes are; that no key, root or name is
taken from the package; and that the report says what stays unproven. The checks, in this order:

 1. container    the archive has one form, rebuilt and compared byte for byte
 2. manifest     it lists every member, with its hash, and no other
 3. question     the package is of the reader's log and genesis
 4. checkpoint   signed by the reader's keys of the log, cosigned by the witnesses the reader demands
 5. inclusion    each entry is in that log at its index
 6. register     the chain of keys, competences and rules is whole from entry 0 on
 7. statements   canonical, signed by keys in force at their positions, in order of time
 8. streams      the closure of the asset, each stream without a missing link
 9. consistency  the log only grew since earlier checkpoints
10. timestamps   when the entries existed at the latest, by authorities under the reader's roots
11. documents    those here are those that statements name
12. state        recomputed from the statements and compared
13. index        index and instructions made again and compared
14. bundle       set again and compared, where the same renderer is at hand; behind it one valid seal and nothing else
15. page         compared with the one of this release
16. seal         who put it together

A pure function of the package, the anchors and the release: it opens no connection and reads no clock.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Final

from ledger.evidence.anchors import Anchors
from ledger.evidence.container import read_container
from ledger.evidence.findings import Report, Result
from ledger.evidence.log_checks import (
    Evidence,
    check_checkpoint,
    check_consistency,
    check_container,
    check_documents,
    check_inclusion,
    check_manifest,
    check_question,
    check_seal,
    check_stamps,
)
from ledger.evidence.record_checks import (
    check_bundle,
    check_index,
    check_page,
    check_register,
    check_state,
    check_statements,
    check_streams,
)

_CHECKS: Final[tuple[tuple[str, Callable[[Evidence, Result], None]], ...]] = (
    ("container", check_container),
    ("manifest", check_manifest),
    ("question", check_question),
    ("checkpoint", check_checkpoint),
    ("inclusion", check_inclusion),
    ("register", check_register),
    ("statements", check_statements),
    ("streams", check_streams),
    ("consistency", check_consistency),
    ("timestamps", check_stamps),
    ("documents", check_documents),
    ("state", check_state),
    ("index", check_index),
    ("bundle", check_bundle),
    ("page", check_page),
    ("seal", check_seal),
)
UNPROVEN: Final = (
    "That a statement is true, or its instrument valid in law: only who signed it, and what was recorded when.",
    "That nothing was appended after the checkpoint, or behind the last statement of a stream that is here: links show what"
    " is missing before it. Ask the log, or a monitor of it, for the streams' heads at this size.",
    "That no statement outside these streams refers to one of them.",
    "That the log shows everybody the same history: witnesses and earlier checkpoints bound this, as far as they are here.",
    "That each act was rightly admitted: which objections its recorders knew of is shown, admission is not judged again.",
    "That the asset of the record is the thing in the world a dispute is about: identity is by the identifiers recorded.",
    "That a private key was only used by its owner, or an authority's clock was right: they are trusted for that.",
    "That no certificate was revoked: the reader leaves out roots not to be trusted.",
    "What is sealed by commitment or kept outside the log.",
)


def verify_package(archive: bytes, anchors: Anchors) -> Report:
    """All checks of a package. Never raises for what the package holds."""
    # What the checks make out stays until the last of them, and none of it is a cycle: the collector would walk it again
    # and again, a twelfth of the time. It is let on when all is gone.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _verified(archive, anchors)
    finally:
        if collecting:
            gc.enable()


def _verified(archive: bytes, anchors: Anchors) -> Report:
    evidence = Evidence(read_container(archive), anchors)
    checks = []
    for number, (name, check) in enumerate(_CHECKS, 1):
        result = Result()
        check(evidence, result)
        checks.append(result.as_check(number, name))
    return Report(tuple(checks), UNPROVEN, _told(evidence))


def _told(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    question = evidence.question
    if question is None:
        return ()
    asked = question.asked
    clocks = {
        "on the day": asked.effective,
        "as known": asked.known,
        "as recorded at size": str(asked.size) if asked.size is not None else None,
        "in the forum": asked.forum,
        "to": asked.knower,
    }
    told = [("log", question.origin), ("entries", str(question.size)), ("asset", question.asset)]
    return (*told, *((name, value) for name, value in clocks.items() if value is not None))
