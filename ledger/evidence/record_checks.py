"""The checks of a package that read its entries: register, signatures, streams, and the state that follows.

Guarantees that keys are those of the register at each position, the register is whole up to every statement here, each
stream of the closure is a chain without a missing link, and the state is recomputed by the same pure function that
gave it. Raises for nothing that a package holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from domain.identifiers import REGISTER, SubjectId
from ledger.errors import LedgerError, Malformed
from ledger.evidence import layout
from ledger.evidence.closure import mentions, references_of, referring, streams_of
from ledger.evidence.findings import Result
from ledger.evidence.instructions import instructions
from ledger.evidence.log_checks import Evidence
from ledger.evidence.replay import open_entries, record_of, state_of
from ledger.evidence.verify_page import verify_page
from ledger.statements.entry import Head

DIFFERENCES_MAX: Final = 20
# What the fold may meet in acts that a log recorded without admitting them: it is total on what was admitted only.
_NOT_FOLDABLE: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def check_register(evidence: Evidence, result: Result) -> None:
    """The register chain is whole from entry 0 on, and every entry names the head it had before."""
    register = evidence.register
    evidence.opened = opened = open_entries(evidence.anchors.origin, register, evidence.statements)
    for index in sorted(register.keys() & opened.failures.keys()):
        result.find(layout.entry_name(index, True), opened.failures[index])
    founding = opened.entries.get(0)
    if 0 not in register:
        result.find(layout.entry_name(0, True), "is missing: the founding entry")
    elif founding is not None and founding.act.id != evidence.anchors.genesis:
        result.find(layout.entry_name(0, True), f"founds another ledger, {founding.act.id}")
    for index, entry in opened.entries.items():
        about_register = index in register
        if about_register is not (entry.act.subjects == (REGISTER,)):
            result.find(layout.entry_name(index, about_register), "stands among the wrong kind of entries")
    chain = sorted(index for index in register if index in opened.entries)
    leaves = {index: evidence.leaves[index] for index in chain}
    for count, index in enumerate(chain):
        expected = Head(count, leaves[chain[count - 1]] if count else None)
        if opened.entries[index].entry.prev != (expected,):
            words = f"is not entry {count} of the register after the one before it: one is missing or has changed"
            result.find(layout.entry_name(index, True), words)
    _check_register_heads(evidence, chain, leaves, result)
    held = opened.registers[-1]
    result.notes.append(f"{len(chain)} acts of the register, {len(held.keys)} keys")
    if chain:
        strangers = [key for key in evidence.anchors.log_keys if key.format() not in held.log_vkeys]
        told = [f"{key.name} (key id {key.key_id.hex()})" for key in strangers]
        result.notes += [f"the register does not name the reader's log key {key}" for key in told]


def _check_register_heads(evidence: Evidence, chain: list[int], leaves: dict[int, bytes], result: Result) -> None:
    opened = evidence.opened
    assert opened is not None, "opened by the caller"
    count = 0
    astray: dict[tuple[int, int], list[int]] = {}
    for index in sorted(opened.entries):
        while count < len(chain) and chain[count] < index:
            count += 1
        expected = Head(count, leaves[chain[count - 1]] if count else None)
        found = opened.entries[index].entry.register
        if found != expected:
            astray.setdefault((found.count, count), []).append(index)
    for (stated, here), indices in astray.items():  # one act left out shows at every entry after it: told once
        name = layout.entry_name(indices[0], indices[0] in leaves)
        more = f", and {len(indices) - 1} entries after it likewise" if len(indices) > 1 else ""
        words = f"was recorded after {stated} acts of the register; {here} others are here before it{more}"
        result.find(name, words)


def check_statements(evidence: Evidence, result: Result) -> None:
    """Each statement is well formed and signed by keys in force for its signers at its position; time never runs back."""
    opened = evidence.opened
    assert opened is not None, "the register is checked before"
    register = evidence.register
    if not opened.entries:
        result.undone = "no entry can be read"
    signatures = 0
    for index in sorted(opened.failures):
        if index not in register:
            result.find(layout.entry_name(index, False), opened.failures[index])
    last = None
    for index in sorted(opened.entries):
        entry = opened.entries[index]
        signatures += len(entry.verified.kids)
        if last is not None and entry.act.recorded_at < last:
            result.find(layout.entry_name(index, index in register), "was recorded before the entry before it")
        last = entry.act.recorded_at
    result.notes.append(f"{signatures} signatures by keys in force at their positions")


def check_streams(evidence: Evidence, result: Result) -> None:
    """Every stream of the asset's closure is here as a chain without a missing link."""
    opened, question = evidence.opened, evidence.question
    if opened is None or question is None or not opened.entries:
        result.undone = "the package does not say which asset it is about, or has no readable entry"
        return
    by_subject: dict[SubjectId, list[int]] = {}
    by_id = {entry.act.id: entry.act for entry in opened.entries.values()}
    for index in sorted(opened.entries):
        for subject in opened.entries[index].act.subjects:
            by_subject.setdefault(subject, []).append(index)
    for subject, positions in by_subject.items():
        _check_chain(evidence, subject, positions, result)
    for index in sorted(opened.entries):
        for statement in references_of(opened.entries[index].act):
            if statement not in by_id:
                about_register = opened.entries[index].act.subjects == (REGISTER,)
                result.find(layout.entry_name(index, about_register), f"refers to {statement}, which is missing")
    try:
        record = evidence.record = record_of(opened, question.size)
    except LedgerError as refused:
        result.undone = str(refused)
        return
    except _NOT_FOLDABLE as refused:
        result.find("statements", f"do not make a record: {refused or type(refused).__name__}")
        return
    wanted = streams_of(question.asset, mentions(record), record.find, referring(record)) | {REGISTER}
    for subject in sorted(wanted - question.streams.keys()):
        result.find(
            layout.PACKAGE, f"{subject} is linked to {question.asset}, and its stream is not claimed to be here"
        )
    for subject in sorted(question.streams.keys() - wanted):
        result.find(layout.PACKAGE, f"{subject} is not linked to {question.asset}")
    for subject, claimed in question.streams.items():
        positions = by_subject.get(subject, [])
        head = evidence.leaves[positions[-1]] if positions else None
        if (len(positions), head) != (claimed.count, claimed.head):
            words = (
                f"{subject} is said to have {claimed.count} statements with a certain head; {len(positions)} are here"
            )
            result.find(layout.PACKAGE, words)
    held = sum(1 for claimed in question.streams.values() if claimed.count)
    result.notes.append(f"{held} streams with statements, {len(question.streams) - held} said to be empty")


def _check_chain(evidence: Evidence, subject: SubjectId, positions: list[int], result: Result) -> None:
    opened, before = evidence.opened, Head(0, None)
    assert opened is not None, "asked by a check that has it"
    for index in positions:
        entry = opened.entries[index]
        found = entry.entry.prev[entry.act.subjects.index(subject)]
        if found != before and subject != REGISTER:
            words = f"follows statement {found.count} of {subject}; the one here before it is number {before.count}"
            result.find(layout.entry_name(index, False), words)
        before = Head(found.count + 1, evidence.leaves[index])


def check_state(evidence: Evidence, result: Result) -> None:
    """The answers in `state.json` are what the statements give."""
    opened, question, told = evidence.opened, evidence.question, evidence.members.get(layout.STATE)
    if told is None:
        result.find(layout.STATE, "is missing")
        return
    if opened is None or question is None:
        result.undone = "the package does not say what was asked"
        return
    try:
        computed = state_of(opened, question, evidence.record)
        rules = opened.register_for(question.size_asked).rules
    except LedgerError as refused:
        result.undone = str(refused)
        return
    except _NOT_FOLDABLE as refused:
        result.find(layout.STATE, f"cannot be computed from these statements: {refused or type(refused).__name__}")
        return
    result.notes.append(f"recomputed by the rules {rules.law} with tzdata {rules.tzdata}, as the register says")
    if computed != told:
        for place in _differences(told, computed):
            result.find(layout.STATE, f"differs from what the statements give at {place}")


def _differences(told: bytes, computed: bytes) -> list[str]:
    """Where two states differ, as JSON pointers, at most `DIFFERENCES_MAX`."""
    try:
        found = list(_places(json.loads(told), json.loads(computed), ""))
    except (ValueError, RecursionError):
        return ["its form: it is no JSON"]
    if not found:
        return ["its spelling: it says the same in another form"]
    more = [f"{len(found) - DIFFERENCES_MAX} more places"] if len(found) > DIFFERENCES_MAX else []
    return found[:DIFFERENCES_MAX] + more


def _places(told: object, computed: object, where: str) -> Iterator[str]:
    if isinstance(told, dict) and isinstance(computed, dict):
        for name in sorted(told.keys() | computed.keys()):
            if name not in told or name not in computed:
                yield f"{where}/{name}"
            else:
                yield from _places(told[name], computed[name], f"{where}/{name}")
    elif isinstance(told, list) and isinstance(computed, list) and len(told) == len(computed):
        for n, (one, other) in enumerate(zip(told, computed, strict=True)):
            yield from _places(one, other, f"{where}/{n}")
    elif told != computed:
        yield where or "/"


def check_index(evidence: Evidence, result: Result) -> None:
    """The index and the instructions are those of this package."""
    members, opened = evidence.members, evidence.opened
    if opened is None or opened.failures:
        result.undone = "not every entry can be read"
        return
    if members.get(layout.INDEX) != layout.format_index(opened.entries, evidence.entries):
        result.find(layout.INDEX, "is not the index of these entries")
    if evidence.body is None:
        result.undone = "there is no checkpoint, which the instructions name"
    elif members.get(layout.HOW_TO) != instructions(members):
        result.find(layout.HOW_TO, "are not the instructions for this package")


def check_bundle(evidence: Evidence, result: Result) -> None:
    """The bundle is the one that the other members give, before its signatures."""
    bundle, question = evidence.members.get(layout.BUNDLE), evidence.question
    if bundle is None and question is not None and question.renderer is not None:
        result.find(layout.BUNDLE, f"is missing: {layout.PACKAGE} says that {question.renderer} set one")
        return
    if bundle is None:
        result.undone = "the package holds no bundle"
        return
    if question is None or question.renderer is None or evidence.body is None:
        result.undone = "the package does not say what set the bundle"
        return
    # Here and not above: typst is large, and who only verifies entries need not have it.
    try:
        from ledger.evidence.bundle import build_bundle, bundle_input_from, renderer
        from ledger.evidence.bundle_seal import open_bundle_seal
    except ImportError:
        result.undone = f"the bundle was not compared: {question.renderer} is not installed"
        return
    if renderer() != question.renderer:
        result.undone = f"the bundle was not compared: it was set with {question.renderer}, here is {renderer()}"
        return
    try:
        given = bundle_input_from(evidence.members[layout.STATE], evidence.entries, evidence.members[layout.CHECKPOINT])
        made = build_bundle(given)
    except (LedgerError, Malformed, KeyError) as refused:
        result.find(layout.BUNDLE, f"cannot be set again: {refused}")
        return
    if not bundle.startswith(made):
        result.find(layout.BUNDLE, "is not the bundle that the other members give")
    elif bundle == made:
        result.notes.append(f"set again with {question.renderer}: the same bytes; it bears no signature of its own")
    else:
        try:
            sealer = open_bundle_seal(bundle, made)
        except LedgerError as refused:
            result.find(layout.BUNDLE, str(refused))
            return
        result.notes.append(
            f"set again with {question.renderer}: the same first {len(made)} bytes; behind them one valid signature and nothing"
            f" else, with the certificate of {sealer}, which readers of PDF judge and not this check"
        )


def check_page(evidence: Evidence, result: Result) -> None:
    """The page for browsers is the one of this release."""
    page = evidence.members.get(layout.PAGE)
    if page is None:
        result.undone = "the package holds no page"
    elif page == verify_page():
        result.notes.append("the page of this release")
    else:
        result.undone = "it is not the page of this release; open the page of a release you trust instead"
