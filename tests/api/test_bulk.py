"""Many statements in one request: one result a line, in order, resumable by repeating."""

import json

from ledger.store.errors import StoreUnavailable
from tests.api.servers import served
from tests.ledger.ledgers import signed

NDJSON = {"Content-Type": "application/x-ndjson"}


def send(house, lines: list[bytes]):
    answer = house.http.post("/v1/statements:bulk", content=b"\n".join(lines) + b"\n", headers=NDJSON)
    return answer, [json.loads(line) for line in answer.text.splitlines()] if answer.status_code == 200 else []


def chain(house, count: int) -> list[bytes]:
    """Statements each of which follows the one before."""
    from ledger.statements.canonical import canonical_bytes
    from ledger.statements.statement import statement_id

    made, last = [], None
    for n in range(count):
        members = house.house.note(f"Line {n}")
        if last is not None:
            members["follows"] = [last]
        last = statement_id(canonical_bytes(members))
        made.append(signed(members))
    return made


def test_lines_are_recorded_in_their_order_and_a_repeat_resumes(house):
    lines = chain(house, 70)
    answer, results = send(house, lines[:40])
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert [r["line"] for r in results] == list(range(1, 41))
    first = int(results[0]["index"])
    assert [int(r["index"]) for r in results] == list(range(first, first + 40))
    _, again = send(house, lines)
    assert [r["status"] for r in again] == [200] * 40 + [201] * 30
    assert [r["index"] for r in again[:40]] == [r["index"] for r in results]


def test_a_bad_line_does_not_stop_its_neighbours(house):
    good = chain(house, 3)
    bad = signed(house.house.resale())
    _, results = send(house, [good[0], b"{not json", good[1], b"", bad, good[2]])
    assert [(r["line"], r["status"]) for r in results] == [(1, 201), (2, 400), (3, 201), (5, 422), (6, 201)]
    assert results[1]["problem"]["type"] == "/problems/format/json.syntax"
    assert results[3]["problem"]["objections"]


def test_bulk_is_bounded(tmp_path):
    with served(tmp_path, bulk_lines_max=3, bulk_bytes_max=131_072) as house:
        answer, _ = send(house, [b"{}"] * 4)
        assert answer.status_code == 413
        answer, _ = send(house, [b"{}"] * 3)
        assert answer.status_code == 200
        answer, _ = send(house, [b"x" * 140_000])
        assert answer.json()["type"] == "/problems/body-too-large"


def test_a_full_queue_makes_bulk_wait_not_fail(tmp_path):
    with served(tmp_path, queue_max=4, batch_max=2) as house:
        _, results = send(house, chain(house, 60))
        assert [r["status"] for r in results] == [201] * 60


def test_a_batch_that_fails_is_logged_once_not_once_a_line(tmp_path, monkeypatch, caplog):
    """A full disk would be filled by its own log lines."""
    with served(tmp_path) as house:
        lines = chain(house, 20)

        def full(_: object, __: object) -> None:
            raise StoreUnavailable("The disk is full", where="here", remedy="Free it.")

        monkeypatch.setattr(type(house.opened.ledger), "append", full)
        _, results = send(house, lines)
        assert [(r["status"], r["problem"]["type"]) for r in results] == [(503, "/problems/unavailable")] * 20
        logged = [record for record in caplog.records if record.name == "control_ledger"]
        assert 1 <= len(logged) <= 2, "two batches at most"


def test_bulk_gives_the_root_that_submitting_one_by_one_gives(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with served(tmp_path / "a") as one, served(tmp_path / "b") as other:
        lines = chain(one, 30)
        send(one, lines)
        for line in lines:
            other.post(line)
        sizes = one.opened.reader.size, other.opened.reader.size
        assert sizes[0] == sizes[1]
        assert one.opened.reader.root(sizes[0]) == other.opened.reader.root(sizes[0])
