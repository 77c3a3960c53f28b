"""`export`: the data set alone on standard output, what it could not carry beside it."""

import json

from tests.ledger.cli import test_commands as commands

office, opened, said = commands.office, commands.opened, commands.said
QUAY = commands.draft(
    "A4",
    "ownership.declared",
    [
        {
            "effect": "declare",
            "asset": "asset:quay",
            "right": "title",
            "split": [{"holder": "party:anna", "share": "1/3"}, {"holder": {"unknown": True}, "share": "2/3"}],
        }
    ],
)


def recorded(folder, said):
    drafts = (commands.REGISTERED, commands.DECLARED, QUAY)
    assert said("import", commands.write(folder / "drafts.ndjson", *drafts))[0] == 0


def test_bods_goes_to_standard_output_and_what_it_lost_beside_it(opened, said):
    recorded(opened, said)
    code, out, err = said("export", "bods", "--all", "--report", "lost.json")
    assert code == 0
    records = {s["recordId"]: s for s in json.loads(out)}
    assert set(records) == {"party:port", "party:anna", "party:port/party:anna"}
    assert records["party:port"]["publicationDetails"]["publisher"] == {"name": commands.ORIGIN}
    assert "asset 1" in err
    lost = json.loads((opened / "lost.json").read_text())["could_not_carry"]
    (quay,) = [item for item in lost if item["sort"] == "asset"]
    assert quay["subject"] == "asset:quay"
    assert [cause["entry"] for cause in quay["causes"]] == ["5"]


def test_ftm_is_one_entity_a_line_in_the_file_named(opened, said):
    recorded(opened, said)
    code, out, err = said("export", "ftm", "port", "--output", "ftm.ndjson")
    assert (code, out) == (0, "")
    schemata = [json.loads(line)["schema"] for line in (opened / "ftm.ndjson").read_text().splitlines()]
    assert schemata == ["Company", "LegalEntity", "Ownership"]
    assert "kind 1" in err


def test_one_asset_or_all_and_only_what_is_on_record(opened, said):
    recorded(opened, said)
    assert said("export", "bods")[0] == 2
    assert said("export", "bods", "port", "--all")[0] == 2
    code, _, err = said("export", "ftm", "nowhere")
    assert code == 2
    assert "nothing is recorded about asset:nowhere" in err
