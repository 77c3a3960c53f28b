"""`control-ledger`: one command per use case, errors in words, exit codes 0 (done), 1 (refused or failed), 2 (wrong usage), and
3 of `verify` (nothing found, but not everything could be checked).

Guarantees that what goes wrong is said with what, where and what to do, on standard error, without a trace of the program, and with
`--json` as one value on standard output as well; a fault of the program itself is not hidden. Commands live beside their subject:
founding, recording, asking, viewing, proving, operate, demonstration.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterable, Sequence

import typer
from rich.text import Text
from typer.exceptions import TyperException

from domain.objections import Refused
from ledger.cli import asking, evidence, export, founding, operate, proving, recording, tables, tokens, viewing
from ledger.cli.demonstration import demo
from ledger.cli.examples import epilog
from ledger.cli.help_pages import Listed
from ledger.cli.options import CheckFailed, CheckIncomplete, notes, passphrase, print_json
from ledger.cli.serve import serve
from ledger.errors import LedgerError, Malformed

SECTIONS: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "Ask": {
        "show": asking.show,
        "history": asking.history,
        "explain": asking.explain,
        "proceedings": asking.proceedings,
        "restrictions": asking.restrictions,
        "encumbrances": asking.encumbrances,
        "forums": asking.forums,
        "holdings": asking.holdings,
        "holders": viewing.holders,
        "chain": asking.chain,
        "find": asking.find,
        "calendar": asking.calendar,
        "suppose": asking.suppose,
    },
    "Record": {
        "check": recording.check,
        "sign": recording.sign,
        "submit": recording.submit,
        "import": recording.import_files,
        "keys": founding.keys_app,
        "types": tables.types,
        "rules": tables.rules,
    },
    "Prove": {
        "receipt": proving.receipt,
        "verify": evidence.verify,
        "evidence": evidence.evidence,
        "audit": proving.audit,
        "publish": proving.publish,
        "stamp": evidence.stamp,
        "export": export.export_app,
    },
    "Run": {
        "demo": demo,
        "init": founding.init,
        "serve": serve,
        "tokens": tokens.tokens_app,
        "backup": operate.backup,
        "restore": operate.restore,
        "migrate": operate.migrate,
        "upgrade": operate.upgrade,
        "grant": operate.grant,
        "views": viewing.views_app,
    },
}


class Sectioned(Listed):
    """Commands under the heading of what they are for."""

    def sections(self) -> Iterable[tuple[str, Iterable[str]]]:
        return SECTIONS.items()


app = typer.Typer(
    name="control-ledger",
    cls=Sectioned,
    help="An audit ledger of who owns and who controls an asset.",
    epilog="`control-ledger COMMAND --help` says more, with an example. Numbers in brackets, as in [137], are entries of the log.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _commands in SECTIONS.values():
    for _name, _command in _commands.items():
        if isinstance(_command, typer.Typer):
            app.add_typer(_command, name=_name)
        else:
            app.command(_name, epilog=epilog(_name))(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Runs one command; its exit code."""
    passphrase.cache_clear()
    try:
        app(list(arguments))
    except SystemExit as ended:
        if isinstance(ended.__context__, TyperException) and "--json" in arguments:
            print_json({"error": "usage", "why": ended.__context__.format_message()})
        return ended.code if isinstance(ended.code, int) else 0
    except CheckFailed:
        return 1
    except CheckIncomplete:
        return 3
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
        why = _system_words(error) if isinstance(error, OSError) else str(error)
        if "--json" in arguments:
            print_json({"error": "failed", "kind": type(error).__name__, "why": why})
        _say(why)
        return 1
    return 0


_REMEDIES = {
    errno.ENOENT: "Check the path.",
    errno.EEXIST: "Name another, or move it away.",
    errno.ENOTDIR: "Check the path.",
    errno.EISDIR: "Name a file.",
    errno.EACCES: "Check whose it is, and its permissions.",
    errno.EPERM: "Check whose it is, and its permissions.",
    errno.EROFS: "Choose a place that can be written.",
    errno.ENOSPC: "Free the disk, then run the command again.",
    errno.EDQUOT: "Free the disk, then run the command again.",
}


def _system_words(error: OSError) -> str:
    """What the system refused, where, and what to do."""
    if error.strerror is None:
        return str(error)
    place = f"{error.filename}: " if error.filename is not None else ""
    return (
        f"{place}{error.strerror}. {_REMEDIES.get(error.errno or 0, 'Try again, or look into the log of the system.')}"
    )


def _say(words: str) -> None:
    notes().print(Text(words), soft_wrap=True)


if __name__ == "__main__":
    main()
