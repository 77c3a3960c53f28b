"""The client believes nothing it has not verified: a good ledger serves it, a lying one does not get past it."""

import gzip
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from ledger.client import AnswerInvalid, Client, Forked, Patience, Rejected, Trust, Unanswered, open_key, sign_statement
from ledger.errors import Malformed
from ledger.log.keys import SignatureInvalid
from ledger.log.merkle import InclusionInvalid
from ledger.log.note import NoteUnverified
from ledger.statements.canonical import canonical_bytes
from ledger.statements.keyring import Keyring, KeyUnavailable
from ledger.statements.refusal import open_refusal
from tests.api.servers import served, serving
from tests.ledger.ledgers import DESK, ORIGIN, House, founded, key_of, ledger_keys, signed

AT_ONCE = Patience(tries=3, sleep=lambda seconds: None)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with served(tmp_path_factory.mktemp("client")) as found:
        yield found


def trust_of(house) -> Trust:
    return Trust(ORIGIN, house.house.genesis, (ledger_keys().signer.key, ledger_keys().cosigner.key))


@pytest.fixture
def client(house) -> Iterator[Client]:
    with Client(house.url, trust_of(house), house.token, patience=AT_ONCE) as found:
        yield found


class Proxy:
    """Stands between client and ledger; `alter(path, status, body)` answers in its place."""

    def __init__(self, url: str) -> None:
        self.alter = lambda path, status, body: (status, body)
        self.before = lambda path: None
        self.coding: str | None = None
        self.requests: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                outer.requests.append(self.path)
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.before(self.path)
                sent = {
                    k: v for k, v in self.headers.items() if k.lower() in ("authorization", "content-type", "accept")
                }
                answer = httpx.request(self.command, url + self.path, headers=sent, content=body, trust_env=False)
                changed = outer.alter(self.path, answer.status_code, answer.content)
                if changed is None:
                    self.close_connection = True
                    return
                self.send_response(changed[0])
                self.send_header("content-type", answer.headers["content-type"])
                self.send_header("content-length", str(len(changed[1])))
                if outer.coding is not None:
                    self.send_header("content-encoding", outer.coding)
                self.end_headers()
                self.wfile.write(changed[1])

            do_GET = do_POST = handle_any  # noqa: N815  # as http.server names them

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def proxy(house) -> Iterator[Proxy]:
    found = Proxy(house.url)
    yield found
    found.close()


@pytest.fixture
def through(house, proxy) -> Iterator[Client]:
    with Client(proxy.url, trust_of(house), house.token, patience=AT_ONCE) as found:
        yield found


def test_a_draft_is_checked_signed_submitted_and_proven(house, client, tmp_path):
    ring = Keyring(tmp_path, lambda: b"secret", rounds=1000)
    ring.keep("desk", "statement", key_of(DESK).private)
    draft = {
        name: value for name, value in house.house.note("A visit").items() if name not in ("v", "ledger", "follows")
    }
    checked = client.check(json.dumps(draft).encode())
    assert checked.accepted
    envelope = sign_statement(checked.payload, [open_key(tmp_path / "desk.pem", b"secret")])
    first = client.submit(envelope)
    again = client.submit(envelope)
    assert first.new
    assert not again.new
    assert first.statement == checked.statement
    assert first.index == again.index == house.opened.reader.index_of(checked.statement)
    assert client.receipt(first.statement).index == first.index
    assert client.checkpoint().size == first.index + 1
    with pytest.raises(KeyUnavailable, match="passphrase"):
        open_key(tmp_path / "desk.pem", b"wrong")


def test_a_refusal_brings_objections_and_the_ledgers_signature(house, client):
    with pytest.raises(Rejected) as met:
        client.submit(signed(house.house.resale()))
    assert met.value.kind == "refused"
    assert met.value.objections
    assert met.value.refusal is not None
    refusal = open_refusal(met.value.refusal, house.opened.reader.register())
    assert refusal.objections == met.value.objections


def test_a_statement_for_another_ledger_is_never_sent(house, proxy, through):
    other = house.house.note("x")
    other["ledger"] = {"origin": ORIGIN, "genesis": "sha256:" + "0" * 64}
    with pytest.raises(Malformed, match="another ledger"):
        through.submit(signed(other))
    assert proxy.requests == []


def test_a_lost_answer_is_asked_for_again_and_recorded_once(house, proxy, through):
    lost = iter([None])
    proxy.alter = lambda path, status, body: next(lost, (status, body))
    before = house.opened.reader.size
    submitted = through.submit(signed(house.house.note("Lost once")))
    assert house.opened.reader.size == before + 1 == submitted.index + 1
    assert len([path for path in proxy.requests if path == "/v1/statements"]) == 2
    proxy.alter = lambda path, status, body: None
    with pytest.raises(Unanswered, match="tried 3 times"):
        through.checkpoint()


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_ledger_is_asked_again(proxy, through, status):
    answers = iter([status])
    proxy.alter = lambda path, found, body: (next(answers, found), body)
    assert through.checkpoint().size > 0


def receipt_of_another_root(answer: dict) -> None:
    head, mark, note = answer["receipt"].partition("\n\n")
    lines = note.split("\n")
    lines[1] = str(int(lines[1]) + 1)
    answer["receipt"] = head + mark + "\n".join(lines)


def receipt_without_its_proof(answer: dict) -> None:
    head, mark, note = answer["receipt"].partition("\n\n")
    lines = head.split("\n")
    lines[2] = lines[2][:-3] + ("A" if lines[2][-3] != "A" else "B") + lines[2][-2:]
    answer["receipt"] = "\n".join(lines) + mark + note


def another_entry(answer: dict) -> None:
    answer["entry"] = answer["entry"].replace('"v":1}', '"v":2}')


@pytest.mark.parametrize(
    ("lie", "error"),
    [
        (receipt_of_another_root, SignatureInvalid),
        (receipt_without_its_proof, (InclusionInvalid, Malformed)),
        (another_entry, Malformed),
        (lambda answer: answer.pop("receipt"), Malformed),
        (lambda answer: answer.update(receipt="c2sp.org/tlog-proof@v1\n"), Malformed),
    ],
)
def test_success_is_never_reported_on_an_answer_that_proves_nothing(house, proxy, through, lie, error):
    def alter(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        answer = json.loads(body)
        lie(answer)
        return status, json.dumps(answer).encode()

    proxy.alter = alter
    with pytest.raises(error):
        through.submit(signed(house.house.note("Proof")))


def test_the_entry_of_another_statement_is_no_success(house, proxy, through):
    first = house.post(house.house.note("One"))
    proxy.alter = lambda path, status, body: (status, first.content)
    with pytest.raises(AnswerInvalid, match="another statement"):
        through.submit(signed(house.house.note("Two")))


def test_a_key_nobody_trusts_signs_nothing(house):
    trust = Trust(ORIGIN, house.house.genesis, ())
    with Client(house.url, trust, house.token, patience=AT_ONCE) as client, pytest.raises(NoteUnverified):
        client.checkpoint()


def test_a_log_that_grows_is_followed_and_one_that_forks_is_refused(tmp_path):
    """Two ledgers with the same keys and genesis but different histories: what a forking operator would show."""
    memory = tmp_path / "seen"
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with founded(tmp_path / "a") as one, founded(tmp_path / "b") as other:
        trust = Trust(ORIGIN, one.genesis, (ledger_keys().signer.key, ledger_keys().cosigner.key))
        with serving(one) as served_one:
            for n in range(3):
                served_one.post(one.note(f"First history {n}"))
                with Client(served_one.url, trust, served_one.token, memory, AT_ONCE) as client:
                    seen, again = client.checkpoint(), client.checkpoint()
                    # It may have been cosigned meanwhile.
                    assert (again.size, again.root) == (seen.size, seen.root)
        kept = memory.read_bytes()
        for n in range(5):
            other.submit(other.note(f"Second history {n}"))
        with (
            serving(other) as served_other,
            Client(served_other.url, trust, served_other.token, memory, AT_ONCE) as client,
        ):
            with pytest.raises(Forked) as met:
                client.checkpoint()
            with pytest.raises(Forked):
                client.submit(signed(other.note("Submitted into the fork")))
        assert memory.read_bytes() == kept == met.value.remembered
        assert trust.open(met.value.offered).size == seen.size + 2


def test_a_log_that_was_rolled_back_is_refused_with_both_checkpoints(tmp_path):
    memory = tmp_path / "seen"
    with founded(tmp_path) as house:
        trust = Trust(ORIGIN, house.genesis, (ledger_keys().signer.key,))
        before = house.path.with_name("before.db")
        with closing(sqlite3.connect(house.path)) as source, closing(sqlite3.connect(before)) as copy:
            source.backup(copy)
        for n in range(3):
            house.submit(house.note(f"Taken back {n}"))
        with serving(house) as served_all, Client(served_all.url, trust, served_all.token, memory, AT_ONCE) as client:
            kept = client.checkpoint()
        older = House(house.ledger, house.clock, f"sqlite:///{before}")
        with (
            serving(older) as cut,
            Client(cut.url, trust, cut.token, memory, AT_ONCE) as client,
            pytest.raises(Forked) as met,
        ):
            client.checkpoint()
    assert memory.read_bytes() == met.value.remembered == kept.note
    assert trust.open(met.value.offered).size == kept.size - 3


def test_an_older_checkpoint_is_no_fork_and_is_not_remembered(house, client, tmp_path):
    memory = tmp_path / "seen"
    envelope = signed(house.house.note("Early"))
    client.submit(envelope)
    with Client(house.url, trust_of(house), house.token, memory, AT_ONCE) as remembering:
        latest = remembering.submit(signed(house.house.note("Late")))
        remembering.submit(envelope)
    assert trust_of(house).open(memory.read_bytes()).size >= latest.index + 1


def test_the_client_imports_no_server_library():
    import subprocess
    import sys
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    code = (
        f"import sys; sys.path.insert(0, {str(root)!r}); import ledger.client;"
        "bad = {'sqlalchemy', 'eventsourcing', 'fastapi', 'pydantic', 'uvicorn'} & set(sys.modules);"
        "sys.exit(', '.join(bad) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_what_is_signed_is_a_statement(house):
    with pytest.raises(Malformed):
        sign_statement(b"{}", [key_of(DESK)])
    payload = canonical_bytes(house.house.note("Signed"))
    assert house.post(sign_statement(payload, [key_of(DESK)])).status_code == 201


def test_an_answer_that_a_proxy_compressed_is_the_answer(house, proxy, through):
    """As nginx does where it is told to, whatever is asked for."""
    proxy.coding = "gzip"
    proxy.alter = lambda path, status, body: (status, gzip.compress(body))
    submitted = through.submit(signed(house.house.note("Through a compressing proxy")))
    assert through.receipt(submitted.statement).index == submitted.index
    proxy.alter = lambda path, status, body: (status, b"not gzip at all")
    with pytest.raises(Unanswered, match="DecodingError"):
        through.checkpoint()
    proxy.alter = lambda path, status, body: (status, gzip.compress(bytes(20_000_000)))
    with pytest.raises(AnswerInvalid, match="more than"):
        through.checkpoint()
