#!/usr/bin/env python3
"""Measures appending, proving, auditing and storing: the figures of build/bench.json about the log itself.

Every ratio comes from one run: the rounds of what is compared alternate, so that a busy machine slows both; the median of the
rounds speaks, the least and greatest are kept beside it. The workload is signed transfers of shares, one signature each, spread
over many assets: each is parsed, verified, judged by the whole law, hashed, committed durably and given its receipt. Nothing is
switched off but where a figure says so. Prints one JSON object.
"""

import argparse
import asyncio
import gc
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import types
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# Named outright: an installed library may ship a package called `tests`, which would come first.
_tests = types.ModuleType("tests")
_tests.__path__ = [str(ROOT / "tests")]
sys.modules["tests"] = _tests
sys.path.insert(0, str(ROOT))

from eventsourcing.application import Application  # noqa: E402  # after the paths are set
from eventsourcing.domain import Aggregate, event  # noqa: E402

from domain.periods import Clocks  # noqa: E402
from ledger import appending  # noqa: E402
from ledger.application import Ledger, Recorded  # noqa: E402
from ledger.log.merkle import TileHashes, prove_inclusion  # noqa: E402
from ledger.projections.projection import LedgerProjection  # noqa: E402
from ledger.projections.view import LedgerView  # noqa: E402
from ledger.reading import LedgerReader  # noqa: E402
from ledger.statements.envelope import VerifiedStatement  # noqa: E402
from ledger.store.datastore import Datastore  # noqa: E402
from ledger.store.tokens import Scope, TokenStore  # noqa: E402
from tests.ledger import ledgers  # noqa: E402
from tests.ledger.store.databases import empty_database, postgres  # noqa: E402
from tests.ledger.store.logs import Log  # noqa: E402

BATCH = 100
Figures = dict[str, dict[str, Any]]
Members = dict[str, Any]

SOURCES = [{"title": "Commercial register", "accessed": "2026-11-01"}]


def seconds(run: Callable[[], object]) -> float:
    gc.collect()
    return elapsed(run)


def elapsed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


class Figure:
    """One figure over the rounds of a run."""

    def __init__(self, what: str, unit: str, reach: str, values: Sequence[float], bound: str = "") -> None:
        self.json = {
            "what": what,
            "value": round(statistics.median(values), 4),
            "least": round(min(values), 4),
            "greatest": round(max(values), 4),
            "rounds": len(values),
            "unit": unit,
            "reach": reach,
            **({"bound_by": bound} if bound else {}),
        }


class Workload:
    """A founded ledger with many owned assets, and signed transfers of shares in them by a transcriber."""

    def __init__(self, house: ledgers.House, assets: int) -> None:
        self.house = house
        self.assets = [f"asset:bench-{n}" for n in range(assets)]
        self._heads: dict[str, str | None] = dict.fromkeys(self.assets)
        self._number = 0
        for make in (house.registered, house.declared):
            self._append([self._follow(make(asset, follows=[self._heads[asset]])) for asset in self.assets])

    def _follow(self, members: Members) -> bytes:
        envelope = ledgers.signed(members)
        payload = ledgers.canonical_bytes(members)
        self._heads[members["subjects"][0]] = ledgers.statement_id(payload)
        return envelope

    def transfers(self, count: int) -> list[bytes]:
        """Envelopes of the next transfers, spread over the assets in turn."""
        made = []
        for _ in range(count):
            asset = self.assets[self._number % len(self.assets)]
            self._number += 1
            days, hundredth = divmod(self._number // len(self.assets), 27)
            sale = self.house.sale(
                "1/1000000",
                f"{2002 + days % 20}-01-{hundredth + 1:02}",
                asset,
                follows=[self._heads[asset]],
                actor=ledgers.ANNA,
                signers=[{**ledgers.by(ledgers.SCRIBE, "transcriber", "transcriber"), "sources": SOURCES}],
                basis={"kind": "completion", "title": f"Completion {self._number}"},
            )
            made.append(self._follow(sale))
        return made

    def append(self, count: int) -> None:
        """Grows the ledger."""
        for low in range(0, count, 2000):
            self._append(self.transfers(min(2000, count - low)))

    def _append(self, envelopes: Sequence[bytes]) -> None:
        for low in range(0, len(envelopes), BATCH):
            submit_batch(self.house.ledger, envelopes[low : low + BATCH])


def submit_batch(ledger: Ledger, envelopes: Sequence[bytes]) -> None:
    outcomes = ledger.submit_many(envelopes)
    for outcome in outcomes:
        if not isinstance(outcome, Recorded):
            raise outcome
        _ = outcome.receipt


def submit_each(ledger: Ledger, envelopes: Sequence[bytes]) -> None:
    for envelope in envelopes:
        _ = ledger.submit(envelope).receipt


def submit_batches(ledger: Ledger, envelopes: Sequence[bytes]) -> None:
    for low in range(0, len(envelopes), BATCH):
        submit_batch(ledger, envelopes[low : low + BATCH])


@contextmanager
def unsigned() -> Iterator[None]:
    """Signature checks off: for the one figure that says so."""
    real = appending.verify

    def unchecked(envelope: Any, statement: Any, register: Any) -> VerifiedStatement:
        kids = tuple(register.keys_of(signer.party)[0].key.thumbprint for signer in statement.signers)
        return VerifiedStatement(statement, envelope, kids, (ledgers.IAT,) * len(kids))

    appending.verify = unchecked
    try:
        yield
    finally:
        appending.verify = real


class Noted(Aggregate):
    @event("Noted")
    def note(self, text: str) -> None:
        self.text = text


class Bare(Application[Any]):
    """The library as it comes."""

    snapshotting_intervals = None


@contextmanager
def bare(url: str) -> Iterator[Bare]:
    application = Bare({"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": url})
    try:
        yield application
    finally:
        application.close()


def bare_single(application: Bare, text: str, count: int) -> None:
    aggregate = Noted()
    application.save(aggregate)
    for _ in range(count - 1):
        aggregate.note(text)
        application.save(aggregate)


def bare_batch(application: Bare, text: str, count: int) -> None:
    for _ in range(0, count, BATCH):
        aggregate = Noted()
        for _ in range(BATCH - 1):
            aggregate.note(text)
        application.save(aggregate)


def raw_verify(count: int) -> float:
    """Seconds for so many Ed25519 verifications by `cryptography`, one thread, of messages of the usual size."""
    key, message = ledgers.ed25519("bench"), os.urandom(1_200)
    signature = key.sign(message)
    public = ledgers.Ed25519PrivateKey.from_private_bytes(ledgers.seed("bench")).public_key()

    def run() -> None:
        for _ in range(count):
            public.verify(signature, message)

    return seconds(run)


def appends(rounds: int, each: int) -> Figures:
    """Appending on SQLite against raw verification and the bare library, interleaved."""
    took: dict[str, list[float]] = {
        name: [] for name in ("verify", "batch", "single", "unsigned", "bare", "bare_batch")
    }
    with tempfile.TemporaryDirectory() as folder, ExitStack() as open_:
        house = open_.enter_context(ledgers.founded(Path(folder)))
        library = open_.enter_context(bare(f"{folder}/bare.db"))
        work = Workload(house, 300)
        text = "x" * 1_500
        work.append(2 * BATCH)
        few = max(20, each // 10)
        for _ in range(rounds):
            took["verify"].append(raw_verify(each) / each)
            envelopes = work.transfers(each)
            took["batch"].append(seconds(lambda e=envelopes: submit_batches(house.ledger, e)) / each)
            envelopes = work.transfers(few)
            took["single"].append(seconds(lambda e=envelopes: submit_each(house.ledger, e)) / few)
            took["bare"].append(seconds(lambda: bare_single(library, text, few)) / few)
            envelopes = work.transfers(each)
            with unsigned():
                took["unsigned"].append(seconds(lambda e=envelopes: submit_batches(house.ledger, e)) / each)
            took["bare_batch"].append(seconds(lambda: bare_batch(library, text, each)) / each)
        stored = {**sizes(house, "bytes_per_entry", "log and indexes"), **entry_bytes(house)}
        with projection_of(house) as projection:
            projection.rebuild()
        stored |= sizes(house, "bytes_per_entry_all", "all projections")

    def against(own: str, other: str) -> list[float]:
        return [theirs / ours for ours, theirs in zip(took[own], took[other], strict=True)]

    python = (
        "Python's CPU: parsing and judging by the whole law hold the interpreter's lock, verifying and writing do not"
    )
    return {
        "batch_append_vs_verify": Figure(
            "signed batch append, 100 a transaction, SQLite durable, ÷ raw Ed25519 verify rate",
            "ratio",
            ">= 0.8",
            against("batch", "verify"),
            python,
        ).json,
        "single_append_vs_library": Figure(
            "signed single append, durable, with receipt, ÷ bare library's unsigned single save",
            "ratio",
            ">= 0.8",
            against("single", "bare"),
            "two durable writes and the law, against one durable write",
        ).json,
        "batch_append_vs_library": Figure(
            "signed batch append ÷ bare library's unsigned single save",
            "ratio",
            ">= 4",
            against("batch", "bare"),
            python,
        ).json,
        "unsigned_batch_vs_library": Figure(
            "the same path without signature checks ÷ bare library, 100 a save",
            "ratio",
            ">= 1.0",
            against("unsigned", "bare_batch"),
            python,
        ).json,
        "batch_append_per_second": Figure(
            "signed entries a second, batches of 100", "1/s", "", [1 / t for t in took["batch"]]
        ).json,
        "single_append_ms": Figure("one signed append", "ms", "", [t * 1e3 for t in took["single"]]).json,
        "raw_verify_us": Figure("one Ed25519 verification", "µs", "", [t * 1e6 for t in took["verify"]]).json,
        **stored,
    }


def sizes(house: ledgers.House, name: str, what: str) -> Figures:
    """Bytes stored for each byte of entry. Pages that a rebuild freed are not counted."""
    with house.ledger.recorder._datastore.connection() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
        stored = connection.exec_driver_sql("SELECT sum(pgsize) FROM dbstat").scalar_one()
    reach = {"bytes_per_entry": "<= 1.6", "bytes_per_entry_all": "<= 3"}[name]
    entries = sum(len(entry) for entry in house.reader.entries(0, house.reader.size))
    return {name: Figure(f"stored bytes, {what}, ÷ bytes of entries", "ratio", reach, [stored / entries]).json}


def entry_bytes(house: ledgers.House) -> Figures:
    entries = sum(len(entry) for entry in house.reader.entries(0, house.reader.size))
    return {"entry_bytes": Figure("mean size of an entry", "bytes", "", [entries / house.reader.size]).json}


@contextmanager
def projection_of(house: ledgers.House) -> Iterator[LedgerProjection]:
    datastore = Datastore(house.url)
    try:
        yield LedgerProjection(LedgerView(datastore), house.reader.reading)
    finally:
        datastore.close()


def views(rounds: int, assets: int) -> Figures:
    """Rebuilding the views; their first page; the state of one asset among many, at three clocks."""
    with tempfile.TemporaryDirectory() as folder, ledgers.founded(Path(folder)) as house:
        work = Workload(house, assets)
        work.append(assets // 2)
        size = house.reader.size
        rebuilt, raw, pages = [], [], []
        with projection_of(house) as projection:
            for _ in range(rounds):
                raw.append(raw_verify(2_000) / 2_000)
                rebuilt.append(seconds(projection.rebuild) / size)
            for _ in range(max(rounds, 20)):
                pages.append(elapsed(lambda: projection.view.holders(ledgers.START)) * 1e3)
        asof = asof_p99(house, work.assets)
    ratios = [theirs / ours for ours, theirs in zip(rebuilt, raw, strict=True)]
    return {
        "rebuild_vs_verify": Figure(
            "rebuild of all views, entries a second, from a record in memory ÷ raw Ed25519 verify rate",
            "ratio",
            ">= 1.0",
            ratios,
            "the fold, in Python",
        ).json,
        "list_first_page_ms": Figure(
            f"current holders of {assets:,} assets, first page of 100", "ms", "<= 20", pages
        ).json,
        "asof_p99_ms_sqlite": asof.json,
    }


def asof_p99(house: ledgers.House, assets: Sequence[str], reach: str = "<= 5") -> Figure:
    """The state of one asset among many at three clocks, none of which another question was asked at."""
    size = house.reader.size
    states = []
    for n in range(200):
        asset = assets[n * 7919 % len(assets)]
        clocks = Clocks(known_at=ledgers.START, size=size - 1)
        states.append(elapsed(lambda a=asset, c=clocks: house.reader.snapshot(a, ledgers.START, c)) * 1e3)
    worst = sorted(states)[len(states) * 99 // 100]
    return Figure(f"state of one asset at three clocks, 99th of 100, {size:,} entries", "ms", reach, [worst])


def postgresql(rounds: int, each: int) -> Figures:
    """The batch append on PostgreSQL."""
    took: dict[str, list[float]] = {"verify": [], "batch": []}
    with warnings.catch_warnings(), ExitStack() as open_:
        warnings.simplefilter("ignore")
        url = open_.enter_context(empty_database(open_.enter_context(postgres())))
        clock = ledgers.Clock()
        keys = ledgers.ledger_keys()
        ledger = open_.enter_context(Ledger.create(url, ledgers.signed(ledgers.founding()), keys, clock))
        house = ledgers.House(ledger, clock, url)
        house.introduce()
        work = Workload(house, 300)
        work.append(2 * BATCH)
        for _ in range(rounds):
            took["verify"].append(raw_verify(each) / each)
            envelopes = work.transfers(each)
            took["batch"].append(seconds(lambda e=envelopes: submit_batches(ledger, e)) / each)
        with projection_of(house) as projection:
            projection.rebuild()
            pages = [elapsed(lambda: projection.view.holders(ledgers.START)) * 1e3 for _ in range(20)]
        asof = asof_p99(house, work.assets, "<= 8")
    ratios = [theirs / ours for ours, theirs in zip(took["batch"], took["verify"], strict=True)]
    what = "signed batch append, 100 a transaction, PostgreSQL durable, ÷ raw Ed25519 verify rate"
    bound = "as on SQLite, and the server's share of two cores"
    return {
        "batch_append_pg_vs_verify": Figure(what, "ratio", ">= 0.7", ratios, bound).json,
        "asof_p99_ms_pg": asof.json,
        "list_first_page_pg_ms": Figure("first page of holders on PostgreSQL, 300 assets", "ms", "<= 20", pages).json,
    }


AUDIT = """
import sys, time
from ledger.audit import audit
began = time.perf_counter()
report = audit(sys.argv[1], processes=int(sys.argv[2]))
print(time.perf_counter() - began if report.sound else report.findings)
"""
"""In a process of its own, as `control-ledger audit` is: what it starts does not import this script."""


def audit_seconds(house: ledgers.House, processes: int) -> float:
    told = subprocess.check_output([sys.executable, "-c", AUDIT, house.url, str(processes)], cwd=ROOT, text=True)
    return float(told)


def audits(rounds: int, entries: int) -> Figures:
    """The audit of a whole ledger against raw verification; the state of an asset with a thousand statements.

    Raw verification is timed before and after each audit, because an audit takes long enough for a machine to change its pace.
    """
    ratios: dict[int, list[float]] = {0: [], 1: []}
    with tempfile.TemporaryDirectory() as folder, ledgers.founded(Path(folder)) as house:
        Township(house).grow(entries)
        size = house.reader.size
        for _ in range(rounds):
            for processes, found in ratios.items():
                before = raw_verify(5_000)
                took = audit_seconds(house, processes)
                found.append((before + raw_verify(5_000)) / 10_000 / (took / size))
    with tempfile.TemporaryDirectory() as folder, ledgers.founded(Path(folder)) as house:
        deep = Workload(house, 1)
        deep.append(1000)
        asset = deep.assets[0]
        reader = house.reader
        states = []
        for _ in range(max(rounds, 5)):
            states.append(seconds(lambda: reader.snapshot(asset, ledgers.START, Clocks())) * 1e3)
    what = f"entries audited a second, of {size:,}, ÷ raw Ed25519 verify rate of one thread"
    return {
        "audit_vs_verify": Figure(
            f"{what}: one process, which checks signatures in two threads and does all else in one",
            "ratio",
            ">= 0.75",
            ratios[0],
            "parsing and comparing in Python, one thread at a time",
        ).json,
        "audit_vs_verify_two": Figure(
            f"{what}: two processes, the start of the second included",
            "ratio",
            ">= 1.4",
            ratios[1],
            "parsing and comparing in Python, on the two cores that verify too",
        ).json,
        "state_1000_ms": Figure("state of an asset with 1,000 statements", "ms", "< 20", states).json,
    }


class Township:
    """A ledger that grows by assets, each registered, declared and then sold in parts three times: as deep at first as later."""

    def __init__(self, house: ledgers.House) -> None:
        self.house = house
        self.heads: list[str] = []
        """The last statement of each asset."""
        self._sold = 0

    def grow(self, size: int) -> None:
        """Until the log has so many entries."""
        while self.house.reader.size < size:
            first = len(self.heads)
            self.heads += [""] * (4 * BATCH)
            for make in (self._registered, self._declared, self.sale, self.sale, self.sale):
                for low in range(first, len(self.heads), BATCH):
                    submit_batch(self.house.ledger, [make(n) for n in range(low, low + BATCH)])

    def take_up(self) -> None:
        """Goes on where another process stopped: the last statement of each asset, as the ledger has it."""
        count = sum(1 for _ in self.house.ledger.recorder.introductions("asset", 2**40)) - 1  # the port is none of ours
        for low in range(0, count, 1000):
            names = [self.name(n) for n in range(low, min(low + 1000, count))]
            heads = self.house.ledger.recorder.stream_heads(names)
            self.heads += [heads[name].statement_id for name in names]
        self._sold = self.house.reader.size

    def sales(self, count: int, chance: random.Random, among: int | None = None) -> list[bytes]:
        """Envelopes of sales of assets drawn at random from all, or from those that came last."""
        first = 0 if among is None else max(0, len(self.heads) - among)
        drawn = chance.sample(range(first, len(self.heads)), count)
        return [self.sale(n) for n in drawn]

    def name(self, n: int) -> str:
        return f"asset:parcel-{n}"

    def _registered(self, n: int) -> bytes:
        return self._signed(n, self.house.registered(self.name(n), follows=[None]))

    def _declared(self, n: int) -> bytes:
        return self._signed(n, self.house.declared(self.name(n), follows=[self.heads[n]]))

    def sale(self, n: int) -> bytes:
        self._sold += 1
        sale = self.house.sale(
            "1/1000000",
            f"{2002 + self._sold // 400_000}-{self._sold // 30_000 % 12 + 1:02}-{self._sold // 1_200 % 27 + 1:02}",
            self.name(n),
            follows=[self.heads[n]],
            signers=[{**ledgers.by(ledgers.SCRIBE, "transcriber", "transcriber"), "sources": SOURCES}],
            basis={"kind": "completion", "title": f"Completion {self._sold}"},
        )
        return self._signed(n, sale)

    def _signed(self, n: int, members: Members) -> bytes:
        self.heads[n] = ledgers.statement_id(ledgers.canonical_bytes(members))
        return ledgers.signed(members)


MEMORY = """
import random, sys
from pathlib import Path
sys.path.insert(0, "scripts")
from bench_store import ledgers
from domain.identifiers import SubjectId
from ledger.application import Ledger
url, assets, questions = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(1)
def peak():  # not ru_maxrss, which begins with what the process that started this one had
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
with Ledger.open(url, ledgers.ledger_keys(), lambda: ledgers.START) as ledger:
    opened = peak()
    for _ in range(questions):
        ledger.reader.snapshot(SubjectId(f"asset:parcel-{chance.randrange(assets)}"), ledgers.START)
print(opened, peak())
"""


@contextmanager
def grown_to(size: int, keep: Path | None) -> Iterator[Township]:
    """A ledger of so many entries; kept in a folder, where one is named, and taken from there the next time."""
    with ExitStack() as open_:
        folder = (keep or Path(open_.enter_context(tempfile.TemporaryDirectory()))) / str(size)
        if (folder / "whole").exists():
            clock, url = ledgers.Clock(), f"sqlite:///{folder / 'ledger.db'}"
            town = Township(
                ledgers.House(open_.enter_context(Ledger.open(url, ledgers.ledger_keys(), clock)), clock, url)
            )
            town.take_up()
        else:
            folder.mkdir(parents=True)
            town = Township(open_.enter_context(ledgers.founded(folder)))
            town.grow(size)
            (folder / "whole").touch()
        yield town


def growth(rounds: int, sizes: Sequence[int], keep: Path | None) -> Figures:
    """What the size of the log costs: an append, a proof, a state, memory, opening. A ledger for each size, all asked in turn."""
    chance = random.Random(7)
    names = ("append", "recent", "proof", "state", "open", "rss", "rss_open", "http_state", "server")
    took: dict[str, dict[int, list[float]]] = {name: {size: [] for size in sizes} for name in names}
    with ExitStack() as open_:
        towns = {size: open_.enter_context(grown_to(size, keep)) for size in sizes}
        for town in towns.values():
            submit_batches(town.house.ledger, town.sales(5 * BATCH, chance))
        for _ in range(rounds):
            for size, town in towns.items():
                ledger = town.house.ledger
                for name, among in (("append", None), ("recent", 10 * BATCH)):
                    sales = town.sales(5 * BATCH, chance, among)
                    took[name][size].append(seconds(lambda e=sales, to=ledger: submit_batches(to, e)) / len(sales))
                took["proof"][size].append(seconds(lambda h=town.house, n=size: prove(h, n)) / 50)
                took["open"][size].append(elapsed(lambda url=town.house.url: LedgerReader.open(url).close()))
        for size, town in towns.items():
            assets = [town.name(n) for n in range(len(town.heads))]
            took["state"][size] = [asof_p99(town.house, assets).json["value"]]
            questions = str(min(len(assets) // 2, 30_000))
            told = subprocess.check_output(
                [sys.executable, "-c", MEMORY, town.house.url, str(len(assets)), questions], cwd=ROOT, text=True
            )
            took["rss_open"][size], took["rss"][size] = ([float(word)] for word in told.split())
            took["http_state"][size], took["server"][size] = over_http(town.house, town, chance)
        stored = sizes_of(towns[sizes[-1]].house, sizes[-1])
    small, large = sizes[0], sizes[-1]

    def grown(name: str) -> list[float]:
        return [b / a for a, b in zip(sorted(took[name][small]), sorted(took[name][large]), strict=True)]

    def curve(name: str, what: str, unit: str, factor: float) -> Figures:
        return {
            f"{name}_at_{size}": Figure(f"{what}, {size:,} entries", unit, "", [t * factor for t in values]).json
            for size, values in took[name].items()
        }

    against = f"at {large:,} entries ÷ at {small:,}"
    return {
        "append_growth": Figure(
            f"cost of an append to an asset lately dealt in, {against}", "ratio", "<= 1.25", grown("recent"), "indexes"
        ).json,
        "append_growth_anywhere": Figure(
            f"cost of an append to any asset, {against}",
            "ratio",
            "",
            grown("append"),
            "five acts of the asset are read and parsed where they were held",
        ).json,
        "proof_growth": Figure(f"inclusion proof {against}", "ratio", "<= 2", grown("proof")).json,
        "asof_p99_ms_large": Figure(
            f"state of one asset at three clocks, 99th of 100, {large:,} entries", "ms", "<= 5", took["state"][large]
        ).json,
        "server_rss_large_mb": Figure(
            f"resident memory of a server after {large:,} entries, 20,000 states asked and 5,000 statements appended",
            "MiB",
            "<= 400",
            took["server"][large],
            "acts held, with what was folded of them, up to a bound",
        ).json,
        "writer_rss_mb": Figure(
            f"resident memory of a writer and a reader after {large:,} entries and 30,000 questions",
            "MiB",
            "<= 400",
            took["rss"][large],
            "acts held, with what was folded of them, up to a bound",
        ).json,
        **stored,
        **curve("recent", "an append to an asset lately dealt in, batches of 100", "µs", 1e6),
        **curve("append", "an append to any asset, batches of 100", "µs", 1e6),
        **curve("proof", "an inclusion proof", "µs", 1e6),
        **curve("open", "opening the ledger", "s", 1),
        **curve("rss_open", "resident memory of a process that opened it", "MiB", 1),
        **curve("rss", "the same after questions about half of all assets, at most 30,000", "MiB", 1),
        **curve("state", "state of one asset at three clocks, 99th of 100", "ms", 1),
        **curve("http_state", "GET /v1/assets/{id} of any asset, one client, 99th of 100", "ms", 1),
        **curve("server", "resident memory of a server that was asked and appended to", "MiB", 1),
    }


def over_http(house: ledgers.House, town: Township, chance: random.Random) -> tuple[list[float], list[float]]:
    """A server on a copy of the ledger: a state of any asset, 99th of 100; its memory after many of them and of appends."""
    from bench_http import copied, drive, get, p99, post, served  # which imports this script

    url = copied(house.path, "served.db")  # a server goes by the clock of the day, this house by one of its own
    tokens = TokenStore.open(url)
    _, token = tokens.create("bench", [Scope.SUBMIT], house.clock())
    tokens.close()
    assets = [chance.randrange(len(town.heads)) for _ in range(20_000)]
    asked = [get(f"/v1/assets/{town.name(n)}?effective=2026-01-01") for n in assets]
    heads = list(town.heads)
    sales = [post("/v1/statements", token, sale) for sale in town.sales(min(5_000, len(heads) // 2), chance)]
    town.heads = heads  # what the copy takes is not recorded here
    with served(url, 256) as port:
        asyncio.run(drive(port, asked[:100], {200}, 1))
        _, alone = asyncio.run(drive(port, asked[100:3_000], {200}, 1))
        asyncio.run(drive(port, asked[3_000:], {200}, 4))
        asyncio.run(drive(port, sales, {201}))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/bench/memory", timeout=30) as found:
            memory = float(found.read())
    house.path.with_name("served.db").unlink()
    return [p99(alone)], [memory]


def sizes_of(house: ledgers.House, size: int) -> Figures:
    """Bytes stored for each byte of entry of a large log, from the file and the entries' own sum."""
    with house.ledger.recorder._datastore.connection() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
        entries = connection.exec_driver_sql("SELECT sum(length(entry)) FROM entries").scalar_one()
    ratio = house.path.stat().st_size / entries
    return {
        "bytes_per_entry_large": Figure(
            f"the file ÷ bytes of entries, {size:,} entries", "ratio", "<= 1.6", [ratio]
        ).json
    }


def prove(house: ledgers.House, size: int) -> None:
    recorder = house.ledger.recorder
    for n in range(50):
        prove_inclusion(n * (size // 50), size, TileHashes(size, recorder.tile))


def store_growth(rounds: int, small: int, large: int) -> Figures:
    """The store and the tree alone, of opaque entries on random subjects: what a database's size costs an append."""
    from ledger.store import schema

    costs: dict[int, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        schema.create(url)
        with Log(url) as log:
            number = 0

            def batch(count: int) -> None:
                nonlocal number
                for _ in range(count):
                    subjects = [(f"asset:s{(number + n) * 7919 % 50_021}",) for n in range(BATCH)]
                    number += BATCH
                    log.append(*subjects)

            for size in (small, large):
                batch((size - number) // BATCH)
                costs[size] = [seconds(lambda: batch(20)) / (20 * BATCH) for _ in range(rounds)]
    return {
        "append_growth_store": Figure(
            f"cost of storing an entry, without law and signatures, at {large:,} entries ÷ at {small:,}",
            "ratio",
            "<= 1.25",
            [b / a for a, b in zip(sorted(costs[small]), sorted(costs[large]), strict=True)],
        ).json,
        "store_append_us": Figure(
            f"storing one entry in a batch of 100, without law and signatures, at {large:,}",
            "µs",
            "",
            [c * 1e6 for c in costs[large]],
        ).json,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="up to a million entries: takes an hour")
    parser.add_argument("--quick", action="store_true", help="one small round of each, to see that it runs")
    parser.add_argument(
        "--keep", type=Path, help="a folder in which the ledgers of `growth` stay, to measure them again"
    )
    parser.add_argument("--only", choices=["appends", "views", "postgresql", "audits", "growth", "store_growth"])
    asked = parser.parse_args()
    rounds, each = (1, 100) if asked.quick else (5, 500)
    curve = (3_000, 6_000) if asked.quick else (10_000, 100_000, 1_000_000) if asked.long else (10_000, 20_000)
    store_large = 2_000 if asked.quick else 1_000_000 if asked.long else 100_000
    parts: dict[str, Callable[[], Figures]] = {
        "appends": lambda: appends(rounds, each),
        "postgresql": lambda: postgresql(rounds, each),
        "views": lambda: views(rounds, 50_000 if asked.long else 200 if asked.quick else 5_000),
        "audits": lambda: audits(min(rounds, 3), 1_000 if asked.quick else 100_000),
        "growth": lambda: growth(rounds, curve, asked.keep),
        "store_growth": lambda: store_growth(rounds, min(10_000, store_large // 2), store_large),
    }
    figures: Figures = {}
    try:
        for name, measure in parts.items():
            if asked.only in (None, name):
                print(f"bench: {name}", file=sys.stderr, flush=True)
                figures |= measure()
    finally:
        # What was measured before a failure is told all the same; the exit code says that something is missing.
        json.dump(figures, sys.stdout, indent=2, ensure_ascii=False)
        print()


if __name__ == "__main__":
    main()
