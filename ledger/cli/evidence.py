"""`evidence`, `verify`, `stamp`: a package for a court, its verification offline, timestamps of the published log.

Guarantees that `verify` imports no library of the server and takes keys and roots from the reader's own file only; and
that `stamp` keeps what an authority replied before it says so, and never touches the ledger.
"""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from domain.answers import Asked
from domain.identifiers import SubjectId
from ledger.cli import proving
from ledger.cli.asking import (
    Effective,
    InForum,
    Knower,
    Known,
    Recorded,
    Size,
    Subject,
    require_one_meaning,
    subject_of,
)
from ledger.cli.options import (
    LEDGER_DEFAULT,
    AsJson,
    CheckFailed,
    CheckIncomplete,
    LedgerAt,
    console,
    notes,
    passphrase,
    print_json,
    reading,
)
from ledger.errors import Malformed

# What reads certificates and stamps takes a tenth of a second to load, which the other commands need not wait for.
if TYPE_CHECKING:
    from ledger.log.timestamp import Post, Stamped, Unstamped
    from ledger.reading import LedgerReader

TIMEOUT_S = 20
DEMONSTRATED = (
    ("rosneft-deutschland", "2024-12-01"),
    ("gazprom-germania", "2022-10-01"),
    ("nordhafen-terminal", "2026-07-05"),
    ("port-of-darwin", "2026-01-01"),
)
"""Cases of which the demonstration makes packages, each with a day that a court might ask about."""
StampsIn = Annotated[Path | None, typer.Option("--stamps", file_okay=False, help="The folder of archived timestamps.")]


def evidence(
    asset: Subject,
    out: Annotated[Path, typer.Option("--out", "-o", dir_okay=False, help="Where to write the package (.asice).")],
    seal_key: Annotated[Path, typer.Option("--seal-key", dir_okay=False, help="P-256 key of the seal, in PEM.")],
    seal_chain: Annotated[
        Path, typer.Option("--seal-chain", dir_okay=False, help="Its certificate and those above it, in PEM.")
    ],
    effective: Effective = None,
    known: Known = None,
    recorded: Recorded = None,
    size: Size = None,
    forum: InForum = None,
    knower: Knower = None,
    document: Annotated[
        list[Path] | None,
        typer.Option("--document", metavar="FILE", dir_okay=False, help="A document that statements name; repeat."),
    ] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(
            "--earlier", metavar="FILE", exists=True, dir_okay=False, help="A checkpoint shown before; repeat."
        ),
    ] = None,
    stamps: StampsIn = None,
    bundle: Annotated[bool, typer.Option("--bundle/--no-bundle", help="With the court bundle as PDF.")] = True,
    page: Annotated[bool, typer.Option("--page/--no-page", help="With the page that verifies in a browser.")] = True,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """One file for a court: all that is recorded about an asset, with proofs that need neither this ledger nor us."""
    from ledger.evidence.assemble import Parts, assemble
    from ledger.evidence.seal_files import read_sealer
    from ledger.log.timestamp import Stamps

    now = datetime.now(UTC)
    sealer = read_sealer(seal_key, seal_chain, now, passphrase)
    asked = Asked(effective, known, recorded, size, forum, knower)
    require_one_meaning(asked)
    documents = [path.read_bytes() for path in document or ()]
    notes_before = [path.read_bytes() for path in earlier or ()]
    kept = Stamps(stamps) if stamps is not None else None
    with notes().status("assembling the package"), reading(ledger) as reader:
        archive = assemble(
            reader, subject_of(asset), asked, now, sealer, Parts(bundle, page), kept, notes_before, documents
        )
    out.write_bytes(archive)
    if as_json:
        print_json({"package": str(out), "bytes": str(len(archive)), "sha256": hashlib.sha256(archive).hexdigest()})
        return
    console().print(
        f"{out}: {len(archive):,} bytes. Check it: control-ledger verify {out} --trust anchors.json", soft_wrap=True
    )


def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A package (.asice), or an entry.")],
    receipt: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="For an entry: its receipt.")
    ] = None,
    trust: Annotated[
        Path | None, typer.Option("--trust", exists=True, dir_okay=False, help="For a package: your anchors.json.")
    ] = None,
    vkey: Annotated[
        list[str] | None,
        typer.Option("--vkey", metavar="KEY|FILE", help="For an entry: a verifier key of the log, or a file of them."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a package or a single entry offline, against what you trust.

    Exit code 0: all checks passed; 1: something was found; 3: nothing was found, but some checks could not be made.
    """
    if receipt is not None:
        proving.verify(file, receipt, vkey or [], as_json)
        return
    if trust is None:
        raise typer.BadParameter("needs --trust anchors.json for a package, or a receipt and --vkey for an entry")
    from ledger.evidence.anchors import Anchors
    from ledger.evidence.verify import verify_package

    try:
        anchors = Anchors.parse(trust.read_bytes())
    except Malformed as error:
        # Not 1, which says that the package failed: it was not looked at.
        raise typer.BadParameter(f"{trust} holds no anchors: {error}", param_hint="--trust") from error
    report = verify_package(file.read_bytes(), anchors)
    typer.echo(report.to_json() if as_json else report.to_text().encode(), nl=as_json)
    if not report.sound:
        raise CheckFailed
    if report.not_checked:
        raise CheckIncomplete


def stamp(
    stamps: Annotated[Path, typer.Option("--stamps", file_okay=False, help="The folder of archived timestamps.")],
    authority: Annotated[
        list[str], typer.Option("--authority", metavar="NAME=URL", help="name=URL of an authority (RFC 3161); repeat.")
    ],
    root: Annotated[
        list[Path],
        typer.Option("--root", metavar="FILE", exists=True, dir_okay=False, help="Root certificates in PEM; repeat."),
    ],
    log: Annotated[
        Path | None, typer.Option("--log", file_okay=False, help="The published folder; its checkpoint is stamped.")
    ] = None,
    ledger: LedgerAt = LEDGER_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Have authorities stamp the latest checkpoint, and renew stamps whose authority's certificate is about to end."""
    from ledger.evidence.seal_files import read_certificates
    from ledger.log import timestamp

    roots = tuple(certificate for path in root for certificate in read_certificates(path))
    authorities = [
        timestamp.Authority(name, url, roots) for name, _, url in (item.partition("=") for item in authority)
    ]
    if not authorities:
        raise typer.BadParameter("no authority is given", param_hint="--authority")
    if log is not None:
        note = (log / "checkpoint").read_bytes()
    else:
        with reading(ledger) as reader:
            note = reader.checkpoint()
    kept = timestamp.Stamps(stamps)
    outcomes = timestamp.stamp(kept, note, authorities, post, _wait)
    due = timestamp.renewals_due(kept, roots, datetime.now(UTC))
    outcomes += timestamp.renew(kept, due, authorities[0], post, _wait)
    told = [_told(outcome) for outcome in outcomes]
    if as_json:
        print_json(told)
    else:
        for item in told:
            console().print(Text(_words(item)), soft_wrap=True)
    if not outcomes and not as_json:
        console().print("Nothing to do: the latest checkpoint is stamped, and no stamp is about to end.")
    if any(isinstance(outcome, timestamp.Unstamped) for outcome in outcomes):
        raise CheckFailed


def post(url: str, body: bytes, /) -> bytes:
    """Asks an authority over HTTP; satisfies `timestamp.Post`. Raises OSError."""
    import urllib.error
    import urllib.request

    from ledger.log.timestamp import REPLY_BYTES_MAX

    request = urllib.request.Request(url, body, {"Content-Type": "application/timestamp-query"})
    if request.type not in ("http", "https"):
        raise urllib.error.URLError(f"{url}: an authority is asked over http or https")
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
        read: bytes = reply.read(REPLY_BYTES_MAX + 1)
    return read


def _wait(attempt: int) -> None:
    time.sleep(2 ** (attempt - 1))


def _told(outcome: Stamped | Unstamped) -> dict[str, str]:
    from ledger.log.timestamp import Stamped, Unstamped

    match outcome:
        case Stamped(name=name, stamp=verified):
            return {"stamp": str(name), "time": f"{verified.time:%Y-%m-%dT%H:%M:%SZ}", "authority": verified.subject}
        case Unstamped(name=name, why=why):
            return {"stamp": str(name), "refused": "; ".join(why)}


def _words(told: dict[str, str]) -> str:
    if "refused" in told:
        return f"{told['stamp']}: no stamp. {told['refused']}"
    return f"{told['stamp']}: {told['time']}, {told['authority']}"


def stamps_told(folder: Path, roots: list[Path]) -> tuple[list[dict[str, str]], bool]:
    """The archived stamps for an audit, each with what it says or why it is refused; whether none was refused."""
    from ledger.evidence.seal_files import read_certificates
    from ledger.log.timestamp import StampInvalid, Stamps, examine

    certificates = [certificate for path in roots for certificate in read_certificates(path)]
    told = []
    for name, outcome in examine(Stamps(folder), certificates):
        if isinstance(outcome, StampInvalid):
            told.append({"stamp": str(name), "refused": outcome.why})
        else:
            time_told, ends = f"{outcome.time:%Y-%m-%dT%H:%M:%SZ}", f"{outcome.ends:%Y-%m-%d}"
            told.append({"stamp": str(name), "time": time_told, "authority": outcome.subject, "certificate_ends": ends})
    return told, not any("refused" in item for item in told)


def demonstrate(into: Path, reader: LedgerReader, page: Console) -> bool:
    """Packages of the demonstration's best-known cases, with an authority made for the occasion, and the verifier's report
    on the first. Leaves `<case>.asice`, `anchors.json` and `verify.html` in `into`, and in `court/` the three files that
    VERIFY.txt asks for; False if one of them does not verify."""
    from ledger.evidence.anchors import Anchors
    from ledger.evidence.assemble import Parts, assemble
    from ledger.evidence.local_authority import LocalAuthority, issue, pem, write_private
    from ledger.evidence.seal import Sealer
    from ledger.evidence.verify import verify_package
    from ledger.evidence.verify_page import verify_page
    from ledger.log.keys import Algorithm
    from ledger.log.timestamp import Authority, Stamps, stamp

    now = datetime.now(UTC)
    local = LocalAuthority(into / "authority", now - timedelta(hours=1))
    root = issue("Demonstration root of seals", None, now - timedelta(hours=1), authority=True)
    sealing = issue("Demonstration operator", root, now - timedelta(hours=1))
    sealer = Sealer(sealing.key, (sealing.certificate,), now)
    write_private(into / "seal.key", sealing.key)
    (into / "seal.pem").write_bytes(pem(sealing.certificate))
    stamps = Stamps(into / "timestamps")
    known = Authority("local", "local", (local.root.certificate,))
    line: Post = local.post
    stamp(stamps, reader.checkpoint(), [known], line, _wait)
    name = reader.name
    assert name.genesis is not None, "a reader's ledger is founded"
    roots = (local.root.certificate,)
    anchors = Anchors(name.origin, name.genesis, reader.verifiers, stamp_roots=roots, seal_roots=(root.certificate,))
    (into / "anchors.json").write_bytes(anchors.to_bytes())
    (into / "verify.html").write_bytes(verify_page())
    court = into / "court"
    court.mkdir(exist_ok=True)
    (court / "seal-root.pem").write_bytes(pem(root.certificate))
    (court / "tsa-root.pem").write_bytes(pem(local.root.certificate))
    ed25519 = next(key for key in reader.verifiers if key.algorithm is Algorithm.ED25519)
    (court / "log.vkey").write_text(f"{ed25519.format()}\n")
    with reader.reading() as record:
        assets = [(a, day) for slug, day in DEMONSTRATED if record.stream(a := SubjectId(f"asset:{slug}"))]
    sound = True
    for n, (asset, day) in enumerate(assets):
        archive = assemble(reader, asset, Asked(effective=day), now, sealer, Parts(authority=("local", line)), stamps)
        path = into / f"{asset.removeprefix('asset:')}.asice"
        path.write_bytes(archive)
        report = verify_package(archive, anchors)
        sound = sound and report.sound
        page.print(Text(f"{path}: {len(archive):,} bytes, {'verifies' if report.sound else 'DOES NOT VERIFY'}"))
        if n == 0 or not report.sound:
            page.print(Text(report.to_text()), soft_wrap=True)
    return sound
