"""A log in an object store is the log in a folder, byte for byte; nothing there is ever replaced but the checkpoint."""

import urllib.request
from collections.abc import Iterator
from uuid import uuid4

import obstore
import pytest
from moto.server import ThreadedMotoServer
from obstore.store import LocalStore, S3Store

from ledger.object_store import CheckpointReplaced, ObjectPlace, StoreFailed, open_place
from ledger.publish import FolderCorrupt, PublicationRefused, publish, publish_to
from tests.ledger.log.logs import LOG_KEY
from tests.ledger.test_publish import SOURCE, contents

KEYS = (LOG_KEY,)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture(params=["s3", "folder"])
def store(request, tmp_path):
    if request.param == "folder":
        return LocalStore(tmp_path / "store", mkdir=True)
    server = request.getfixturevalue("server")
    bucket = f"log-{uuid4().hex}"
    urllib.request.urlopen(urllib.request.Request(f"{server}/{bucket}", method="PUT")).close()
    return S3Store(
        bucket,
        endpoint=server,
        access_key_id="testing",
        secret_access_key="testing",
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )


def put(store, size, source=SOURCE):
    return publish_to(ObjectPlace(store, "place://log"), source, source.note(size), KEYS)


def stored(store) -> dict[str, bytes]:
    paths = [found["path"] for page in obstore.list(store) for found in page]
    return {path: bytes(obstore.get(store, path).bytes()) for path in paths}


def test_the_objects_are_the_files_of_the_folder(store, tmp_path):
    for size in (0, 3, 300, 600, 768):
        assert put(store, size).checkpoint.size == size
        publish(tmp_path / "files", SOURCE, SOURCE.note(size), KEYS)
        assert stored(store) == contents(tmp_path / "files")
    assert put(store, 768).written == 0


def test_the_checkpoint_never_goes_back(store):
    put(store, 300)
    with pytest.raises(PublicationRefused, match="smaller"):
        put(store, 299)


def test_other_bytes_in_a_tile_s_place_stop_publication(store):
    obstore.put(store, "tile/0/000", b"planted")
    with pytest.raises(FolderCorrupt, match="other bytes"):
        put(store, 300)
    found = stored(store)
    assert found["tile/0/000"] == b"planted"
    assert "checkpoint" not in found


class Crash(BaseException):
    pass


def test_a_publication_that_stops_at_any_request_is_completed_by_the_next(store, monkeypatch, tmp_path):
    put(store, 250)
    publish(tmp_path / "files", SOURCE, SOURCE.note(600), KEYS)
    whole = contents(tmp_path / "files")
    calls, limit = [0], [0]
    real = {name: getattr(obstore, name) for name in ("put", "get", "delete")}

    def counted(name):
        def call(*arguments, **options):
            calls[0] += 1
            if calls[0] == limit[0]:
                raise Crash
            return real[name](*arguments, **options)

        return call

    for name in real:
        monkeypatch.setattr(obstore, name, counted(name))
    for number in range(1, 100):
        calls[0], limit[0] = 0, number
        try:
            put(store, 600)
            break
        except Crash:
            limit[0] = 0
            found = stored(store)
            # The new checkpoint is there only with everything beneath it.
            assert found["checkpoint"] == SOURCE.note(250) or found.items() >= whole.items()
    assert number > 10
    assert stored(store).items() >= whole.items()


def test_what_the_store_changed_on_the_way_is_found_before_the_checkpoint(store, monkeypatch):
    real = obstore.put

    def garbling(store, path, data, **options):
        return real(store, path, data[:-1] + b"\0" if path == "tile/0/000" else data, **options)

    monkeypatch.setattr(obstore, "put", garbling)
    with pytest.raises(FolderCorrupt, match="other bytes"):
        put(store, 300)
    assert "checkpoint" not in stored(store)


def test_of_two_publishers_at_once_one_is_refused(store):
    if isinstance(store, LocalStore):
        return  # has no such request; see the module
    put(store, 3)

    class Overtaken(ObjectPlace):
        def settle(self):
            super().settle()
            if self.written:
                put(store, 9)

    with pytest.raises(CheckpointReplaced):
        publish_to(Overtaken(store, "place://log"), SOURCE, SOURCE.note(5), KEYS)
    assert stored(store)["checkpoint"] == SOURCE.note(9)


def test_what_the_store_says_is_told(store, tmp_path):
    with pytest.raises(StoreFailed, match="no-such-scheme"):
        open_place("no-such-scheme://x")
    if isinstance(store, LocalStore):
        assert put(open_place(f"file://{tmp_path}/store")._store, 3).written == 3
        return
    urllib.request.urlopen(
        urllib.request.Request(f"{store.config['endpoint']}/{store.config['bucket']}", method="DELETE")
    ).close()
    with pytest.raises(StoreFailed, match="place://log/tile"):
        put(store, 3)
