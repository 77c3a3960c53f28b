"""`control-ledger`: one command per use case, errors in words, exit codes 0 (done), 1 (refused or failed), 2 (wrong usage).

Guarantees that what goes wrong is said with what, where and what to do, on standard error, without a trace of the program, and with
`--json` as one value on standard output as well; a fault of the program itself is not hidden. Commands live beside their subject:
founding, recording, asking, proving, operate, demonstration.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import typer
from rich.text import Text

from domain.objections import Refused
from ledger.cli import asking, evidence, export, founding, operate, proving, recording, tables, tokens
from ledger.cli.demonstration import demo
from ledger.cli.options import CheckFailed, notes, passphrase, print_json
from ledger.cli.serve import serve
from ledger.errors import LedgerError, Malformed

app = typer.Typer(
    name="control-ledger",
    help="An audit ledger of who owns and who controls an asset.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(founding.init)
app.add_typer(founding.keys_app, name="keys")
app.add_typer(export.export_app, name="export")
app.add_typer(tokens.tokens_app, name="tokens")
app.add_typer(operate.views_app, name="views")
app.command("import")(recording.import_files)
_COMMANDS: tuple[Callable[..., None], ...] = (
    recording.check,
    recording.sign,
    recording.submit,
    asking.show,
    asking.history,
    asking.proceedings,
    asking.restrictions,
    asking.encumbrances,
    asking.forums,
    asking.holdings,
    asking.chain,
    asking.find,
    asking.calendar,
    asking.explain,
    asking.suppose,
    proving.receipt,
    evidence.evidence,
    evidence.verify,
    evidence.stamp,
    proving.publish,
    proving.audit,
    operate.migrate,
    operate.backup,
    operate.restore,
    operate.grant,
    operate.upgrade,
    tables.types,
    tables.rules,
    serve,
    demo,
)
for _command in _COMMANDS:
    app.command()(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Runs one command; its exit code."""
    passphrase.cache_clear()
    try:
        app(list(arguments))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except CheckFailed:
        return 1
    except Refused as error:
        if "--json" in arguments:
            print_json({"error": "refused", "objections": [recording.objection_json(o) for o in error.objections]})
        _say("Refused:")
        for objection in error.objections:
            met = f", meets {objection.statement}" if objection.statement else ""
            _say(f"  {objection.kind}: {objection.words} ({objection.rule}{met})")
            if objection.remedy:
                _say(f"    → {objection.remedy}")
        return 1
    except Malformed as error:
        if "--json" in arguments:
            print_json({"error": "malformed", "where": error.where, "why": error.why, "rule": error.rule})
        _say(f"Not valid: {error}")
        return 1
    except (LedgerError, OSError) as error:
        if "--json" in arguments:
            print_json({"error": "failed", "kind": type(error).__name__, "why": str(error)})
        _say(str(error))
        return 1
    return 0


def _say(words: str) -> None:
    notes().print(Text(words), soft_wrap=True)


if __name__ == "__main__":
    main()
