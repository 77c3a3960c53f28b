"""Acts that must be objected to, each tried on its case as it stood then: by `import`, by `check` and by `suppose` alike."""

import json
from pathlib import Path

import pytest

from ledger.cli.demonstration import demo_files

HERE = Path(__file__).parent / "objections"
INDEX = json.loads((HERE / "index.json").read_bytes())


@pytest.fixture(params=INDEX, ids=[item["id"] for item in INDEX])
def tried(request, copy_of_founded, tmp_path, monkeypatch):
    """(what must be said, the case's drafts up to then on record, a file of them and the act tried)"""
    item = request.param
    lines = (demo_files() / "drafts" / f"{item['case']}.ndjson").read_text().splitlines()
    labels = [json.loads(line)["label"] for line in lines]
    before = lines[: labels.index(item["up_to"]) + 1]
    case, with_act = tmp_path / "case.ndjson", tmp_path / "with-act.ndjson"
    case.write_text("\n".join(before) + "\n")
    with_act.write_text("\n".join(before) + "\n" + (HERE / f"{item['id']}.ndjson").read_text())
    copy_of_founded.record(case)
    monkeypatch.setenv("CONTROL_LEDGER_URL", str(copy_of_founded.database))
    monkeypatch.setenv("CONTROL_LEDGER_KEYS", str(copy_of_founded.keys))
    return item, with_act


def met(results, item):
    """The objections to the act tried, as (kind, rule, label of the statement met)."""
    (mine,) = [result for result in results if result["label"] == item["id"]]
    names = {result["statement"]: result["label"] for result in results}
    return mine, [(o["kind"], o["rule"], names.get(o["statement"])) for o in mine["objections"]]


def test_check_and_import_object_to_it(tried, command):
    item, file = tried
    for name in ("check", "import"):
        code, results = command(name, file)
        if item["rule"] == "draft.name-ambiguous":
            assert (code, results["error"], results["rule"]) == (1, "malformed", "draft.name-ambiguous")
            continue
        mine, objections = met(results, item)
        if item["kind"] == "gap":
            assert (code, objections) == (0, [])
            assert mine["state"] in ("acceptable", "recorded")
            if name == "check":
                assert any("on record" in gap for gap in mine["gaps"])
            continue
        assert (code, mine["state"], mine["index"]) == (1, "refused", None)
        assert (item["kind"], item["rule"], item["meets"]) in objections
        assert all(kind == item["kind"] for kind, _, _ in objections)


def test_suppose_objects_to_it_and_stores_nothing(tried, command):
    item, file = tried
    code, answer = command("suppose", file, item["asset"])
    if item["rule"] == "draft.name-ambiguous":
        assert code == 1
        return
    (supposed,) = answer["supposed"]
    found = [(o["kind"], o["rule"]) for o in supposed["objections"]]
    assert supposed["accepted"] is (item["kind"] == "gap")
    assert code == (0 if supposed["accepted"] else 1)
    assert supposed["accepted"] or (item["kind"], item["rule"]) in found
    _, after = command("audit")
    size = after["size"]
    command("suppose", file, item["asset"])
    assert command("audit")[1]["size"] == size


@pytest.mark.parametrize("tried", [i for i in INDEX if i["kind"] == "irregular"], indirect=True, ids=lambda i: i["id"])
def test_an_irregular_act_is_recorded_when_its_signers_know_and_say_so(tried, command, tmp_path):
    item, file = tried
    _, results = command("check", file)
    _, objections = met(results, item)
    *before, act = file.read_text().splitlines()
    despite = [{"rule": rule, "statement": f"@{label}" if label else None} for _, rule, label in objections]
    knowing = tmp_path / "knowing.ndjson"
    knowing.write_text("\n".join([*before, json.dumps({**json.loads(act), "despite": despite})]) + "\n")
    code, results = command("import", knowing)
    assert code == 0
    assert met(results, item)[0]["state"] == "recorded"
    _, answer = command("history", item["asset"])
    assert item["rule"] in [i["rule"] for i in answer["remarks"]["irregular"]]
