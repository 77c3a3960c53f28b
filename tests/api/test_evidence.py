"""Evidence packages over HTTP: verified with the reader's own anchors, refused where there is nothing to seal with."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.evidence.anchors import Anchors
from ledger.evidence.assemble import assemble
from ledger.evidence.container import read_container
from ledger.evidence.seal_files import CertificateUnusable, read_certificates
from ledger.evidence.verify import verify_package
from tests.api.servers import seal_files, served
from tests.ledger.ledgers import PORT


@pytest.fixture(scope="module")
def seal(tmp_path_factory):
    return seal_files(tmp_path_factory.mktemp("seal"))


@pytest.fixture(scope="module")
def house(tmp_path_factory, seal):
    with served(tmp_path_factory.mktemp("evidence"), **seal) as found:
        yield found


def test_a_package_handed_out_verifies_offline(house, seal):
    answer = house.anonymous.get(f"/v1/assets/{PORT}/evidence?effective=2026-01-01")
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["content-type"] == "application/vnd.etsi.asic-e+zip"
    assert answer.headers["cache-control"] == "no-store"
    reader = house.opened.reader
    roots = tuple(read_certificates(seal["seal_chain"]))
    anchors = Anchors(reader.name.origin, reader.name.genesis, reader.verifiers, seal_roots=roots)
    report = verify_package(answer.content, anchors)
    assert report.sound, report.to_text()
    assert "bundle.pdf" in read_container(answer.content).members
    without = house.anonymous.get(f"/v1/assets/{PORT}/evidence?effective=2026-01-01&bundle=false")
    assert "bundle.pdf" not in read_container(without.content).members
    assert verify_package(without.content, anchors).sound


def test_what_cannot_be_packed_is_refused(house):
    for path, status, problem in (
        ("asset:nobody/evidence", 404, "subject-unknown"),
        (f"{PORT}/evidence?effective=2024-02-30", 400, "query-invalid"),
        (f"{PORT}/evidence?size=99999", 400, "query-invalid"),
        (f"{PORT}/evidence?recorded=2026-01-01&size=3", 400, "clocks-contradict"),
        (f"{PORT}/evidence?surprise=1", 400, "query-invalid"),
    ):
        answer = house.anonymous.get(f"/v1/assets/{path}")
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")


def test_a_server_without_a_seal_says_so(tmp_path):
    with served(tmp_path) as house:
        answer = house.anonymous.get(f"/v1/assets/{PORT}/evidence")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-seal")


def test_a_seal_that_is_none_stops_the_start(tmp_path, seal):
    (tmp_path / "key").write_text("no key")
    given = {**seal, "seal_key": tmp_path / "key"}
    with pytest.raises(CertificateUnusable, match="no private key in PEM"), served(tmp_path, **given):
        raise AssertionError("it started")


def test_one_package_is_made_at_a_time(house, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def slow(*arguments, **named):
        begun.set()
        assert go_on.wait(30)
        return assemble(*arguments, **named)

    monkeypatch.setattr("api.evidence.assemble", slow)
    asked = f"/v1/assets/{PORT}/evidence?bundle=false"
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(house.anonymous.get, asked)
        try:
            assert begun.wait(30)
            second = house.http.get(asked)
        finally:
            go_on.set()
        assert (second.status_code, second.json()["type"]) == (429, "/problems/busy")
        assert first.result().status_code == 200
    assert house.anonymous.get(asked).status_code == 200
