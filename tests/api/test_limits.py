"""What hostile and clumsy clients meet: every limit is a 4xx problem, and the next request is served."""

import json
import socket
import threading
import time

import httpx
import pytest

from api.limits import Rates
from api.problems import Problem
from tests.api.servers import JOSE, served, settings
from tests.ledger.ledgers import signed


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A server that loses patience quickly."""
    folder = tmp_path_factory.mktemp("strict")
    with served(folder, header_seconds=0.5, body_seconds=0.7, header_bytes_max=4096, query_bytes_max=2048) as found:
        yield found


def told(answer: bytes) -> tuple[int, str]:
    """Status and type of a raw answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, answer[:300]
    return int(head.split(b" ")[1]), json.loads(body)["type"].removeprefix("/problems/")


def authorised(house, path: str = "/v1/statements") -> bytes:
    return (f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {house.token}\r\n"
            "Content-Type: application/jose+json\r\n").encode()  # fmt: skip


@pytest.mark.parametrize(
    ("request_bytes", "status", "name"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 5000 + b"\r\nConnection: close\r\n\r\n", 431, "header-too-large"),
        (b"GET /" + b"a" * 5000, 431, "header-too-large"),
        (b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 414, "uri-too-long"),
        (b"GET /v1/assets?" + b"a=1&" * 600 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 414, "uri-too-long"),
        (b"GET /v1/assets?" + b"&".join(b"%d=" % n for n in range(100)) + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400,
         "query-invalid"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "request-invalid"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "request-invalid"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "request-invalid"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, "request-invalid"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400, "request-invalid"),
        (b"GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "not-found"),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "not-found"),
        (b"GET /v1/assets/%2e%2e%2f%2e%2e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "not-found"),
        (b"GET /v1/assets/asset:%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400, "query-invalid"),
        (b"GET /v1/assets?name=%ED%A0%80%FF HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400, "query-invalid"),
        (b"BREW /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405, "method-not-allowed"),
    ],
)  # fmt: skip
def test_garbage_is_answered_by_a_problem(strict, request_bytes, status, name):
    answer = strict.raw(request_bytes)
    if status == 200:
        assert answer.startswith(b"HTTP/1.1 200 ")
    else:
        assert told(answer) == (status, name)
    assert strict.anonymous.get("/healthz").status_code == 200


def test_garbage_behind_a_request_does_not_harm_it(strict):
    answer = strict.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n\x00\x01garbage\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 400 " in answer


def test_a_slow_header_is_cut_off(strict):
    for began in (b"", b"GET /healthz HTTP/1.1\r\nHost:"):
        started = time.monotonic()
        answer = strict.raw(began)
        assert told(answer) == (408, "too-slow")
        assert time.monotonic() - started < 3


def test_a_second_header_on_a_kept_connection_is_timed_too(strict):
    answer = strict.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /he")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert told(answer[answer.index(b"HTTP/1.1 408") :]) == (408, "too-slow")


def test_a_slow_body_is_cut_off_and_nothing_is_recorded(strict):
    size = strict.opened.reader.size
    answer = strict.raw(authorised(strict) + b'Content-Length: 5000\r\n\r\n{"payload":')
    assert told(answer) == (408, "too-slow")
    assert strict.opened.reader.size == size


def test_a_huge_body_is_refused_before_it_is_read(strict):
    assert told(strict.raw(authorised(strict) + b"Content-Length: 999999999999\r\n\r\n")) == (413, "body-too-large")
    assert told(strict.raw(authorised(strict) + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n"))[0] in (400, 413)
    chunked = authorised(strict) + b"Transfer-Encoding: chunked\r\n\r\n" + b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    answer = strict.raw(chunked + (b"8000\r\n" + b"x" * 0x8000 + b"\r\n") * 6 + b"0\r\n\r\n")
    assert told(answer) == (413, "body-too-large")


def test_a_body_cut_short_records_nothing(strict):
    envelope = signed(strict.house.note("Cut short"))
    size = strict.opened.reader.size
    with socket.create_connection(("127.0.0.1", strict.port)) as connection:
        connection.sendall(authorised(strict) + b"Content-Length: %d\r\n\r\n" % len(envelope) + envelope[:-1])
    time.sleep(0.2)
    assert strict.opened.reader.size == size


@pytest.mark.parametrize(
    "raw",
    [b'{"payload":"\\ud800"}', b'{"payload":"a","payload":"b"}', b"[]", b"null", b'"x"', b"", b"{", b"\xff\xfe", b"{}" * 9,
     b'{"payload":1,"signatures":[]}', b'{"a":' + b"[" * 500 + b"]" * 500 + b"}", b'{"payload":"","signatures":{}}',
     b'{"payload":1e999,"signatures":[]}', b'{"\\u0000":1}', "﻿{}".encode()],
)  # fmt: skip
def test_hostile_json_is_a_problem_of_its_own(strict, raw):
    for path in ("/v1/statements", "/v1/statements/check"):
        answer = strict.http.post(path, content=raw, headers=JOSE)
        assert answer.status_code == 400, answer.text
        assert answer.json()["type"].startswith("/problems/format/")


def test_a_rate_is_kept_by_address_and_answers_cost_what_they_cost(tmp_path):
    with served(tmp_path, address_rate="30/minute") as house:
        statuses = [house.anonymous.get("/checkpoint").status_code for _ in range(20)]
        assert set(statuses) == {200}
        assert house.anonymous.get("/v1/assets/asset:port/history").status_code == 200
        refused = house.anonymous.get("/v1/assets/asset:port/history")
        assert refused.status_code == 429
        assert refused.json()["type"] == "/problems/too-many-requests"
        assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_a_rate_is_kept_by_token(tmp_path):
    with served(tmp_path, token_rate="5/minute") as house:
        statuses = [house.http.get("/checkpoint").status_code for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        assert house.anonymous.get("/checkpoint").status_code == 200


def test_what_a_proxy_says_is_believed_only_of_a_known_proxy(tmp_path):
    for proxies, expected in ((), 429), (("127.0.0.1",), 200):
        folder = tmp_path / f"proxy-{len(proxies)}"
        folder.mkdir()
        with served(folder, address_rate="5/minute", proxies=proxies) as house:
            for n in range(5):
                assert house.anonymous.get("/healthz", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code == 200
            assert house.anonymous.get("/healthz", headers={"X-Forwarded-For": "192.0.2.99"}).status_code == expected


def test_answers_worked_on_are_bounded(tmp_path):
    with served(tmp_path, answers_max=2) as house, house.opened.reader.reading():
        # The record is held by this thread: two answers wait for it, more are refused at once.
        waiting = [threading.Thread(target=httpx.get, args=(house.url + "/v1/assets",), kwargs={"trust_env": False, "timeout": 30})
                   for _ in range(2)]  # fmt: skip
        for thread in waiting:
            thread.start()
        deadline = time.monotonic() + 10
        # Asking for a size touches the held record as well, so the plain answer is tried.
        while (answer := _quick(house)).status_code != 429 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert answer.json()["type"] == "/problems/busy"
    for thread in waiting:
        thread.join()


def _quick(house) -> httpx.Response:
    try:
        return httpx.get(house.url + "/v1/assets", timeout=0.5, trust_env=False)
    except httpx.ReadTimeout:
        return httpx.Response(408)


def test_connections_are_bounded(tmp_path):
    with served(tmp_path, connections_max=8) as house:
        held = [socket.create_connection(("127.0.0.1", house.port)) for _ in range(8)]
        try:
            time.sleep(0.2)
            assert told(house.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")) == (429, "busy")
        finally:
            for connection in held:
                connection.close()
        time.sleep(0.2)
        assert house.anonymous.get("/healthz").status_code == 200


def test_a_full_queue_is_told_with_a_time_to_come_back(tmp_path):
    with served(tmp_path, queue_max=1, batch_max=1) as house:
        envelopes = [signed(house.house.note(f"Crowd {n}")) for n in range(12)]
        answers: list[httpx.Response] = []

        def send(envelope: bytes) -> None:
            headers = {**JOSE, "Authorization": f"Bearer {house.token}"}
            answers.append(
                httpx.post(house.url + "/v1/statements", content=envelope, headers=headers, timeout=30, trust_env=False)
            )

        # Appending is held up, so that the queue fills.
        with house.opened.ledger._appending:
            threads = [threading.Thread(target=send, args=(envelope,)) for envelope in envelopes]
            for thread in threads:
                thread.start()
            deadline = time.monotonic() + 10
            while len(answers) < 10 and time.monotonic() < deadline:
                time.sleep(0.01)
        for thread in threads:
            thread.join()
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses.count(201) >= 1
        assert statuses.count(503) >= 9
        assert set(statuses) == {201, 503}
        full = next(answer for answer in answers if answer.status_code == 503)
        assert full.json()["type"] == "/problems/queue-full"
        assert int(full.headers["retry-after"]) >= 1
        assert house.opened.reader.size == 6 + statuses.count(201)


def test_a_client_of_ipv6_is_its_network():
    rates = Rates(settings("unused.db", address_rate="10/minute"))
    for n in range(10):
        rates.take_address(f"2001:db8:1:2::{n:x}")
    with pytest.raises(Problem):
        rates.take_address("2001:db8:1:2:ffff::1")
    for other in ("2001:db8:1:3::1", "192.0.2.1", "::ffff:192.0.2.2", "unix:", ""):
        rates.take_address(other, 10)
    with pytest.raises(Problem):
        rates.take_address("::ffff:192.0.2.1")


def test_the_window_slides_and_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("api.limits.KEYS_MAX", 50)
    clock = [0.0]
    rates = Rates(settings("unused.db", address_rate="10/minute", token_rate="10/minute"), lambda: clock[0])
    for _ in range(10):
        rates.take_address("a")
    with pytest.raises(Problem):
        rates.take_address("a")
    rates.take_address("b", 10)
    clock[0] = 90.0  # half of the window before still counts
    rates.take_address("a", 5)
    with pytest.raises(Problem) as met:
        rates.take_address("a")
    assert met.value.headers["Retry-After"] == "30"
    for n in range(200):
        rates.take_address(f"192.0.2.{n}")
    assert len(rates._counts) <= 51
    clock[0] = 600.0
    rates.take_address("a", 1000)
    with pytest.raises(Problem):
        rates.take_address("a")
