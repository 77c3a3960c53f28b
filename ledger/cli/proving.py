"""`receipt`, `verify`, `publish` and `audit`: proofs out of the ledger, and their check without it.

Guarantees that `verify` needs two files and a verifier key only: no ledger, no network, and no library of the server is imported.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from domain.identifiers import StatementId
from ledger.cli.options import (
    LEDGER_DEFAULT,
    AsJson,
    CheckFailed,
    LedgerAt,
    console,
    counted,
    ledger_url,
    print_json,
    progress,
    reading,
)
from ledger.log.keys import Algorithm, VerifierKey
from ledger.log.receipt import verify_receipt
from ledger.statements.entry import format_recorded_at, parse_entry
from ledger.statements.schema import parse_statement

if TYPE_CHECKING:
    from ledger.audit import Report

PROCESSES = min(4, os.cpu_count() or 1) - 1
"""As many processes beside this one as the machine repays; the audit starts them for a large log only."""


def receipt(
    which: Annotated[str, typer.Argument(help="The statement's id, or the index of its entry.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write the receipt; standard output if absent.")
    ] = None,
    entry: Annotated[Path | None, typer.Option("--entry", help="Where to write the entry itself.")] = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """The proof that an entry is in the log, to be kept beside the entry."""
    with reading(ledger) as reader:
        index = int(which) if which.isdecimal() else reader.index_of(StatementId(which))
        proof, raw = reader.receipt(index), reader.entry(index)
    if entry is not None:
        entry.write_bytes(raw)
    if out is not None:
        out.write_bytes(proof)
    if as_json:
        print_json({"index": str(index), "receipt": proof.decode(), "entry": raw.decode()})
    elif out is None:
        typer.echo(proof, nl=False)
    else:
        console().print(
            f"{out} proves entry {index}{f', which is in {entry}' if entry is not None else ''}.", soft_wrap=True
        )


def verify(
    entry: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The entry.")],
    receipt: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Its receipt.")],
    vkey: Annotated[list[str], typer.Option("--vkey", help="A verifier key of the log, or a file of them; repeat.")],
    as_json: AsJson = False,
) -> None:
    """Check offline that an entry is in the log, against a verifier key you trust."""
    keys = [VerifierKey.parse(line) for spelled in vkey for line in _lines(spelled)]
    if not keys:
        raise typer.BadParameter("no verifier key is given", param_hint="--vkey")
    raw = entry.read_bytes()
    shown = verify_receipt(receipt.read_bytes(), raw, keys[0].name, keys)
    parsed = parse_entry(raw)
    statement = parse_statement(parsed.envelope.payload)
    signed_by = [_algorithm(signature.key.algorithm) for signature in shown.checkpoint.log_signatures]
    signed_by += [_algorithm(signature.key.algorithm) for signature in shown.checkpoint.cosignatures]
    if as_json:
        print_json(
            {
                "index": str(shown.index),
                "origin": shown.checkpoint.origin,
                "size": str(shown.checkpoint.size),
                "root": shown.checkpoint.root.hex(),
                "signed_by": signed_by,
                "statement": statement.id,
                "type": statement.type,
                "recorded_at": format_recorded_at(parsed.recorded_at),
            }
        )
        return
    page = console()
    page.print(f"[bold green]In the log.[/bold green] Entry {shown.index} of {shown.checkpoint.origin}, tree of "
               f"{shown.checkpoint.size} entries.")  # fmt: skip
    page.print(
        f"{statement.type}, {statement.basis.title}; by {statement.actor}; recorded {format_recorded_at(parsed.recorded_at)}"
    )
    page.print(f"The checkpoint is signed with {', '.join(signed_by)}.")
    page.print("Not checked here: the signatures of the statement itself, which need the register (`audit`, or a package).",
               style="dim")  # fmt: skip


def _lines(spelled: str) -> list[str]:
    """Keys in a file, one a line; else the key itself."""
    path = Path(spelled)
    if "+" not in spelled or path.is_file():
        try:
            return [line for line in path.read_text().splitlines() if line.strip()]
        except OSError as error:
            raise typer.BadParameter(f"{spelled}: no verifier key, and no file of them", param_hint="--vkey") from error
    return [spelled]


def _algorithm(algorithm: Algorithm) -> str:
    return {
        Algorithm.ED25519: "Ed25519",
        Algorithm.ED25519_COSIGNATURE: "Ed25519 (cosignature)",
        Algorithm.ML_DSA_44_COSIGNATURE: "ML-DSA-44 (cosignature)",
    }[algorithm]


def publish(
    place: Annotated[
        str, typer.Argument(help="The static folder, made if absent; or an object store, such as s3://bucket/prefix.")
    ],
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Bring a static log (tlog-tiles) up to the latest checkpoint; any web server or CDN can serve it."""
    from ledger.object_store import open_place
    from ledger.publish import folder_place, publish_to

    with reading(ledger) as reader:
        target = open_place(place) if "://" in place else folder_place(Path(place))
        published = publish_to(target, reader, reader.checkpoint(), reader.verifiers)
    if as_json:
        print_json({"size": str(published.checkpoint.size), "files_written": str(published.written)})
    else:
        console().print(
            f"{place} holds the log of {published.checkpoint.size} entries; {published.written} files written."
        )


def audit(
    ledger: LedgerAt = LEDGER_DEFAULT,
    stamps: Annotated[
        Path | None, typer.Option("--stamps", exists=True, file_okay=False, help="Archived timestamps, to be listed.")
    ] = None,
    root: Annotated[
        list[Path] | None,
        typer.Option("--root", metavar="FILE", exists=True, dir_okay=False, help="Roots of their authorities, in PEM."),
    ] = None,
    processes: Annotated[
        int,
        typer.Option(
            "--processes", metavar="N", min=0, help="Examine a large log in so many processes beside this one."
        ),
    ] = PROCESSES,
    as_json: AsJson = False,
) -> None:
    """Check everything from the entry bytes alone, then that what is stored beside them agrees."""
    from ledger.audit import audit as run_audit

    with progress("auditing") as told:
        report = run_audit(ledger_url(ledger), progress=told, processes=processes)
    listed, stamps_good = _stamps(stamps, root or [])
    if as_json:
        print_json(report_json(report) | ({"stamps": listed} if stamps is not None else {}))
    else:
        page = console()
        if report.sound:
            page.print(f"[bold green]Sound.[/bold green] {report.size} entries; no finding.")
            page.print(f"root {report.root.hex()}\nfounded by {report.genesis}", style="dim", soft_wrap=True)
        for finding in report.findings:
            page.print(Text(str(finding), style="red"))
        if not report.sound:
            more = f" and {report.omitted} more" if report.omitted else ""
            page.print(
                f"{counted(len(report.findings), 'finding')}{more}. Keep the database as it is as evidence; restore a backup."
            )
        for item in listed:
            page.print(Text(", ".join(item.values()), style="red" if "refused" in item else "dim"), soft_wrap=True)
    if not report.sound or not stamps_good:
        raise CheckFailed


def _stamps(folder: Path | None, roots: list[Path]) -> tuple[list[dict[str, str]], bool]:
    """The archived timestamps, as an audit lists them; whether none was refused."""
    if folder is None:
        return [], True
    from ledger.cli.evidence import stamps_told

    return stamps_told(folder, roots)


def report_json(report: Report) -> dict[str, object]:
    """The outcome of an audit as JSON."""
    findings = [
        {
            "number": str(finding.number),
            "name": finding.name,
            "index": None if finding.index is None else str(finding.index),
            "where": finding.where,
            "what": finding.what,
        }
        for finding in report.findings
    ]
    return {
        "sound": report.sound,
        "size": str(report.size),
        "root": report.root.hex(),
        "genesis": report.genesis,
        "findings": findings,
        "omitted": str(report.omitted),
    }
