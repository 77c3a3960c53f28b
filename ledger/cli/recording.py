"""`check`, `sign`, `submit` and `import`: from a draft to an entry with its receipt.

Guarantees that every objection is reported with its file, line and label, that a line already recorded is recognised by its
statement id and not signed again, so that an interrupted import goes on where it stopped, and that a refusal ends with exit code 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from domain.objections import Objection, Refused
from ledger.cli.drafts import Judged, compiled, compiler, judged, naming, signed
from ledger.cli.options import (
    KEYS_DEFAULT,
    LEDGER_DEFAULT,
    AsJson,
    CheckFailed,
    KeysIn,
    LedgerAt,
    console,
    keyring,
    print_json,
    progress,
    reading,
    writing,
)
from ledger.errors import LedgerError, Malformed
from ledger.recording_clock import utc_now
from ledger.statements.draft import CompiledDraft
from ledger.statements.envelope import parse_envelope
from ledger.statements.keyring import KeyUnavailable
from ledger.statements.statement import statement_id

if TYPE_CHECKING:
    from ledger.application import Ledger, Outcome
    from ledger.reading import Checked
    from ledger.statements.keyring import Keyring

BATCH = 64
_BUILDS_ON = {"follows.unknown": "follows", "reference.unknown": "refers to"}
"""Rules by which a line is refused when one before it was, and what the line does with that one. Their words name it."""

File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file: drafts, or a signed envelope.")
]


def check(file: File, ledger: LedgerAt = LEDGER_DEFAULT, as_json: AsJson = False) -> None:
    """Judge drafts (one a line) or a signed envelope, as if submitted now. Nothing is stored."""
    raw = file.read_bytes()
    with reading(ledger) as reader:
        if is_envelope(raw):
            results = [_checked(file, reader.check(raw))]
        else:
            with naming(file):
                drafts = compiled(reader, raw)
            with judged(reader, drafts) as (_, _, found):
                results = depending([_judged(file, item) for item in found])
    _report(results, as_json)


def is_envelope(raw: bytes) -> bool:
    """Whether a file holds a signed envelope rather than drafts."""
    try:
        parse_envelope(raw)
    except Malformed:
        return b'"signatures"' in raw and b'"payload"' in raw and b'"label"' not in raw
    return True


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one line of a file; an envelope has none. `recorded` is its index; `gaps` are told, they do not refuse."""

    file: str
    line: int | None
    label: str
    statement: str
    type: str
    objections: tuple[Objection, ...]
    gaps: tuple[str, ...]
    recorded: int | None
    state: str

    def to_json(self) -> dict[str, object]:
        return {
            "file": self.file,
            "line": self.line,
            "label": self.label,
            "statement": self.statement,
            "type": self.type,
            "state": self.state,
            "index": str(self.recorded) if self.recorded is not None else None,
            "objections": [objection_json(o) for o in self.objections],
            "gaps": list(self.gaps),
        }

    @property
    def place(self) -> str:
        """`acts.ndjson, line 3 (E03)`."""
        line = f", line {self.line}" if self.line is not None else ""
        return f"{self.file}{line}{f' ({self.label})' if self.label else ''}"


def objection_json(objection: Objection) -> dict[str, object]:
    """An objection as JSON."""
    return {
        "kind": objection.kind,
        "rule": objection.rule,
        "statement": objection.statement,
        "words": objection.words,
        "where": objection.where,
        "remedy": objection.remedy,
    }


def depending(results: Sequence[Result]) -> list[Result]:
    """The same results; what is refused because it builds on a refused line of these files names that line."""
    refused = {result.statement: result for result in results if result.state == "refused"}
    return [replace(r, objections=tuple(_building_on(o, refused) for o in r.objections)) for r in results]


def _building_on(objection: Objection, refused: Mapping[str, Result]) -> Objection:
    verb = _BUILDS_ON.get(objection.rule)
    missing = next((line for statement, line in refused.items() if statement in objection.words), None)
    if verb is None or missing is None:
        return objection
    words = f"it {verb} {missing.place}, which is refused: this line depends on that one"
    return replace(objection, words=words, remedy="correct that line first, or leave out what depends on it")


def _judged(file: Path, item: Judged) -> Result:
    state = "recorded already" if item.recorded is not None else "refused" if item.objections else "acceptable"
    gaps = tuple(gap.words for gap in item.gaps)
    return _of_draft(file, item.draft, state, item.recorded, item.objections, gaps)


def _of_draft(
    file: Path,
    draft: CompiledDraft,
    state: str,
    recorded: int | None = None,
    objections: tuple[Objection, ...] = (),
    gaps: tuple[str, ...] = (),
) -> Result:
    statement = draft.statement
    return Result(str(file), draft.line, draft.label, statement.id, statement.type, objections, gaps, recorded, state)


def _checked(file: Path, item: Checked) -> Result:
    state = "recorded already" if item.recorded is not None else "refused" if item.objections else "acceptable"
    gaps = tuple(gap.words for gap in item.gaps)
    return Result(
        str(file), None, "", item.statement.id, item.statement.type, item.objections, gaps, item.recorded, state
    )


def _report(results: Sequence[Result], as_json: bool) -> None:
    """All results; raises CheckFailed where one was refused."""
    refused = [result for result in results if result.objections or result.state == "refused"]
    if as_json:
        print_json([result.to_json() for result in results])
    else:
        places = places_of(results)
        for result in results:
            print_result(result, places)
        done = len(results) - len(refused)
        console().print(f"{done} of {len(results)} without objection.")
    if refused:
        raise CheckFailed


def places_of(results: Sequence[Result]) -> dict[str, str]:
    """By statement, where the files state it: what an objection meets is then named as `despite` would name it."""
    return {result.statement: result.place for result in results if result.label}


def print_result(result: Result, places: Mapping[str, str] = MappingProxyType({})) -> None:
    """One line's result."""
    page = console()
    style = "red" if result.state == "refused" else "green"
    head = Text(f"{result.place}: ", style="bold")
    head.append(f"{result.type}: ").append(result.state, style=style)
    if result.recorded is not None:
        head.append(f", entry {result.recorded}")
    page.print(head)
    for objection in {(o.rule, o.words, o.statement): o for o in result.objections}.values():
        met = f", meets {places.get(objection.statement, objection.statement)}" if objection.statement else ""
        page.print(Text(f"  {objection.kind}: {objection.words} ({objection.rule}{met})"))
        if objection.remedy:
            page.print(Text(f"    → {objection.remedy}", style="dim"))
    for gap in result.gaps:
        page.print(Text(f"  recorded with a gap: {gap}", style="yellow"))


def sign(
    file: File,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write the envelope; standard output if absent.")
    ] = None,
    payload_only: Annotated[
        bool, typer.Option("--payload", help="The canonical bytes to be signed, unsigned.")
    ] = False,
    ledger: LedgerAt = LEDGER_DEFAULT,
    keys: KeysIn = KEYS_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Sign one draft with the keys of its signers: the envelope to submit. It follows the heads as they are now."""
    with reading(ledger) as reader:
        with naming(file):
            drafts = compiler(reader, seeing=True).compile(file.read_bytes())
        if len(drafts) != 1:
            raise typer.BadParameter(f"{file} holds {len(drafts)} drafts: sign one at a time, or use `import`")
        statement = drafts[0].statement
        raw = statement.payload if payload_only else signed(statement, keyring(keys), reader.register()).to_bytes()
    if out is not None:
        out.write_bytes(raw)
    if as_json:
        print_json({"statement": statement.id, "payload" if payload_only else "envelope": raw.decode()})
    elif out is None:
        typer.echo(raw, nl=False)


def submit(
    file: File,
    receipt: Annotated[Path | None, typer.Option("--receipt", help="Where to write the receipt.")] = None,
    entry: Annotated[Path | None, typer.Option("--entry", help="Where to write the entry.")] = None,
    refusal: Annotated[
        Path | None,
        typer.Option("--refusal", help="Where to write the refusal, signed by the ledger, if it is refused."),
    ] = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    keys: KeysIn = KEYS_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Submit a signed envelope and take its receipt."""
    raw = file.read_bytes()
    if b'"label"' in raw and not is_envelope(raw):
        raise typer.BadParameter(
            f"{file} holds drafts: `sign` makes one an envelope, `import` signs and records them all"
        )
    with writing(ledger, keys) as opened:
        try:
            recorded = opened.submit(raw)
        except Refused as error:
            if refusal is not None:
                refusal.write_bytes(opened.refuse(statement_id(parse_envelope(raw).payload), error.objections))
            raise
        opened.cosign_latest()
        proof = opened.reader.receipt(recorded.index)
    if receipt is not None:
        receipt.write_bytes(proof)
    if entry is not None:
        entry.write_bytes(recorded.entry)
    if as_json:
        print_json(
            {
                "index": str(recorded.index),
                "statement": recorded.statement,
                "new": recorded.new,
                "receipt": proof.decode(),
            }
        )
    else:
        state = "is recorded" if recorded.new else "was recorded before"
        console().print(f"{recorded.statement} {state} as entry {recorded.index}.")


class Unsigned(LedgerError):
    """A draft that cannot be signed: a key of a signer is not to be had. Those of earlier files, and of earlier batches of
    its own, are recorded."""

    def __init__(self, file: Path, line: int, label: str, why: KeyUnavailable) -> None:
        super().__init__(f"{file}, line {line} ({label}) cannot be signed: {why}")
        self.file = file
        self.line = line
        self.label = label
        self.why = why


def import_files(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="Files of drafts, one a line, in order.")
    ],
    ledger: LedgerAt = LEDGER_DEFAULT,
    keys: KeysIn = KEYS_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Sign drafts with the keyring and record them; run again, it goes on where it stopped."""
    with writing(ledger, keys) as opened:
        results = depending([r for _, found in import_drafts(opened, keyring(keys), files) for r in found])
    if as_json:
        print_json([result.to_json() for result in results])
    else:
        places = places_of(results)
        for result in results:
            if result.state == "refused" or result.gaps:
                print_result(result, places)
        for state in dict.fromkeys(result.state for result in results):
            console().print(f"{sum(r.state == state for r in results)} {state}")
    if any(result.state == "refused" for result in results):
        raise CheckFailed


def import_drafts(opened: Ledger, ring: Keyring, files: Sequence[Path]) -> list[tuple[Path, list[Result]]]:
    """Import files in order, each compiled by itself. Raises Malformed, naming file and line; then nothing of that file is
    recorded, and those before it are."""
    found = []
    for file in files:
        with naming(file):
            drafts = compiler(opened.reader, seeing=False).compile(file.read_bytes())
        with progress(file.name) as told:
            results: list[Result] = []
            for start in range(0, len(drafts), BATCH):
                results += _import_batch(opened, ring, file, drafts[start : start + BATCH])
                told(min(start + BATCH, len(drafts)), len(drafts))
        found.append((file, results))
    return found


def _import_batch(opened: Ledger, ring: Keyring, file: Path, drafts: Sequence[CompiledDraft]) -> list[Result]:
    """One transaction. What is on record is recognised; what is new is signed and submitted in order."""
    with opened.reader.reading() as record:
        known = {d.statement.id: act.position for d in drafts if (act := record.find(d.statement.id)) is not None}
    register = opened.register
    new = [draft for draft in drafts if draft.statement.id not in known]
    envelopes = []
    for draft in new:
        try:
            envelopes.append(signed(draft.statement, ring, register).to_bytes())
        except KeyUnavailable as error:
            raise Unsigned(file, draft.line, draft.label, error) from error
        register = register.apply(draft.statement.act(opened.reader.size, utc_now()))
    outcomes = dict(zip((d.statement.id for d in new), opened.submit_many(envelopes), strict=True))
    return [
        _of_draft(file, draft, "recorded already", known[draft.statement.id])
        if draft.statement.id in known
        else _outcome(file, draft, outcomes[draft.statement.id])
        for draft in drafts
    ]


def _outcome(file: Path, draft: CompiledDraft, outcome: Outcome) -> Result:
    match outcome:
        case Refused(objections=objections):
            return _of_draft(file, draft, "refused", objections=objections)
        case Malformed(why=why, where=where):
            rule = outcome.rule or "malformed"
            return _of_draft(
                file, draft, "refused", objections=(Objection("impossible", rule, None, "", why, where, ""),)
            )
        case _:
            return _of_draft(file, draft, "recorded", outcome.index)
