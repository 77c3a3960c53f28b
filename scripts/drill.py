#!/usr/bin/env python3
"""Kills the leader of a three-node ledger again and again under signed load, and proves that nothing acknowledged was lost.

Three PostgreSQL nodes under Patroni and etcd run on loopback, from the templates of deploy/. Two writers, each a process with
several submitters, record through whichever node takes writes. What strikes, in an order that the seed decides:

    machine        PostgreSQL and Patroni of the leader are killed at once (SIGKILL)
    machine+etcd   the same with its etcd member
    postgres       only the leader's PostgreSQL is killed
    frozen         the leader's Patroni is halted beyond its lease: two nodes take connections as leader
    standby        the machine of the synchronous standby is killed
    alone          last, both standbys are killed: nothing may be acknowledged

With --asynchronous the nodes do not wait for each other: the control, which has to find faults.

At the end it reads the log from the cluster and proves what scripts/drill_proof.py says, audits the ledger, and compares all three
nodes. Prints a report, writes it as JSON, and fails where there is a fault.
"""

import argparse
import json
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import types
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# Named outright: an installed library may ship a package called `tests`, which would come first.
_tests = types.ModuleType("tests")
_tests.__path__ = [str(ROOT / "tests")]
sys.modules["tests"] = _tests
sys.path.insert(0, str(ROOT))

from ledger.audit import audit  # noqa: E402  # after the paths are set
from ledger.reading import LedgerReader  # noqa: E402
from ledger.store import roles  # noqa: E402
from scripts import drill_load  # noqa: E402
from scripts.drill_cluster import Cluster, Node  # noqa: E402
from scripts.drill_proof import Acknowledged, Proof, prove, read_acknowledged  # noqa: E402

WRITERS = 2
STRIKES = ("machine", "postgres", "machine+etcd", "machine", "frozen", "standby")
ALONE_SECONDS = 15


class WriterStopped(Exception):
    """A submitter met what a ledger never does to one whose log is whole."""


class Load:
    """The writers, while they run."""

    def __init__(self, folder: Path, processes: Sequence[subprocess.Popen[str]]) -> None:
        self._folder = folder
        self._processes = processes
        self.told: dict[str, Any] = {}

    def acknowledged(self) -> int:
        """How many statements were acknowledged so far."""
        return sum(file.read_bytes().count(b"\n") for file in self.files())

    def files(self) -> list[Path]:
        return sorted(self._folder.glob("told-*.jsonl"))

    def wait_for_more(self, count: int, seconds: float) -> None:
        """Waits until so many more are acknowledged. Raises TimeoutError, WriterStopped."""
        enough, until = self.acknowledged() + count, time.monotonic() + seconds
        while self.acknowledged() < enough:
            self.require_unstopped()
            if time.monotonic() > until:
                raise TimeoutError(f"nothing was acknowledged for {seconds:.0f} s")
            time.sleep(0.1)

    def require_unstopped(self) -> None:
        """Raises WriterStopped."""
        for file in sorted(self._folder.glob("stopped-*.txt")):
            raise WriterStopped(f"{file.stem}: {file.read_text(encoding='utf-8')}")
        if any(process.poll() is not None for process in self._processes):
            raise WriterStopped("a writer ended by itself")

    def stop(self, seconds: float) -> None:
        """Lets each submitter hear of its last statement."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
        failures: Counter[str] = Counter()
        repeated = 0
        for process in self._processes:
            assert process.stdout is not None
            process.wait(seconds)
            said = json.loads(process.stdout.read())
            failures.update(said["failures"])
            repeated += said["repeated"]
        self.told = {"failures_retried": dict(sorted(failures.items())), "recorded_unheard": repeated}


@contextmanager
def loaded(url: str, folder: Path, pause: float) -> Iterator[Load]:
    processes = []
    try:
        for writer in range(WRITERS):
            command = [sys.executable, str(ROOT / "scripts" / "drill_load.py"), "--writer", str(writer)]
            process = subprocess.Popen(
                [*command, "--into", str(folder), "--pause", str(pause)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            processes.append(process)
            assert process.stdin is not None
            process.stdin.write(url + "\n")
            process.stdin.flush()
        yield Load(folder, processes)
    finally:
        for process in processes:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()


def say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S}  {text}", flush=True)


def strike(cluster: Cluster, load: Load, kind: str, leader: Node) -> None:
    """One fault, until the ledger acknowledges again and the cluster is whole."""
    if kind == "frozen":
        cluster.freeze(leader, True)
        try:
            cluster.wait_for_other(leader, 60)
            # Both take connections now; the writers still have theirs to the old leader.
            time.sleep(5)
        finally:
            cluster.freeze(leader, False)
        load.wait_for_more(20, 120)
    elif kind == "postgres":
        cluster.kill_postgres(leader)
        load.wait_for_more(20, 120)
    else:
        struck = cluster.synchronous() if kind == "standby" else leader
        assert struck is not None, "a whole cluster has a synchronous standby"
        cluster.kill(struck, with_etcd=kind == "machine+etcd")
        load.wait_for_more(20, 120)
        cluster.revive(struck)
    cluster.wait_whole(180)


def strike_all(
    cluster: Cluster, load: Load, kinds: Sequence[str], chance: random.Random, struck: list[tuple[str, float]]
) -> None:
    """One fault after another, each at a random moment; adds to `struck` when."""
    load.wait_for_more(50, 60)
    for kind in kinds:
        time.sleep(chance.uniform(0, 3))
        leader = cluster.leader()
        assert leader is not None, "a whole cluster has a leader"
        struck.append((kind, time.monotonic()))
        strike(cluster, load, kind, leader)
        now = cluster.leader()
        say(f"{kind:13} leader {leader.name} → {now.name if now else '?'}, {load.acknowledged()} told")
    struck.append(("alone", time.monotonic()))


def leave_alone(cluster: Cluster, load: Load) -> int:
    """Takes both standbys away; how many statements were acknowledged without them."""
    leader = cluster.leader()
    others = [node for node in cluster.nodes.values() if node is not leader]
    for node in others:
        cluster.kill(node, with_etcd=False)
    # What a standby confirmed before it died may still be on its way to the submitter.
    time.sleep(1)
    before = load.acknowledged()
    time.sleep(ALONE_SECONDS)
    alone = load.acknowledged() - before
    for node in others:
        cluster.revive(node)
    cluster.wait_whole(180)
    load.wait_for_more(20, 120)
    return alone


def conclude(cluster: Cluster, told: Sequence[Acknowledged]) -> tuple[Proof, list[str]]:
    """The proof, and the faults of audit and copies."""
    faults = []
    with LedgerReader.open(cluster.url("ledger_reader")) as reader:
        size = reader.size
        proof = prove(list(reader.entries(0, size)), told, reader.name.origin, reader.verifiers)
        root = reader.root(size)
    if proof.entries != size:
        faults.append(f"contiguous: {proof.entries} entries are read of a log of {size}")
    report = audit(cluster.url("ledger_owner"))
    faults += [f"audit: {finding}" for finding in report.findings]
    for name in cluster.nodes:
        with LedgerReader.open(cluster.url("ledger_reader", name)) as copy:
            if copy.size != size or copy.root(size) != root:
                faults.append(f"node {name} holds another log: {copy.size} entries, root {copy.root(copy.size).hex()}")
    return proof, faults


def outages(told: Sequence[Acknowledged], struck: Sequence[tuple[str, float]]) -> dict[str, list[float]]:
    """For each kind, the longest time without an acknowledgement after each strike, in seconds."""
    moments = sorted(one.at for one in told)
    found: dict[str, list[float]] = {}
    for (kind, began), (_, until) in pairwise([*struck, ("", float("inf"))]):
        gaps = [b - a for a, b in pairwise(moments) if b > began and a < until]
        found.setdefault(kind, []).append(round(max(gaps, default=0.0), 2))
    return found


def drill(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    chance = random.Random(asked.seed)
    kinds: list[str] = [asked.only] * asked.strikes if asked.only else []
    while len(kinds) < asked.strikes:
        kinds += chance.sample(STRIKES, len(STRIKES))
    struck: list[tuple[str, float]] = []
    began = time.monotonic()
    with Cluster(folder / "nodes", asked.patroni, asked.seed, not asked.asynchronous) as cluster:
        cluster.start()
        say("three nodes run, one leads, one is synchronous")
        owner = cluster.url("ledger_owner")
        drill_load.found(owner, WRITERS)
        roles.grant(owner, "ledger_append", "append")
        roles.grant(owner, "ledger_read", "read")
        told_folder = folder / "told"
        told_folder.mkdir()
        with loaded(cluster.url("ledger_writer"), told_folder, asked.pause) as load:
            faults = []
            try:
                strike_all(cluster, load, kinds[: asked.strikes], chance, struck)
                alone = leave_alone(cluster, load)
                say(f"{'alone':13} {alone} told in {ALONE_SECONDS} s")
                if alone:
                    faults.append(f"not strict: {alone} statements were acknowledged by a leader without a standby")
            except WriterStopped as stopped:
                faults.append(f"a writer stopped: {stopped}")
            load.stop(120)
        cluster.wait_whole(120)
        told = list(read_acknowledged(load.files()))
        proof, more = conclude(cluster, told)
        faults += [*proof.faults, *more]
    outage = outages(told, struck)
    seconds = [gap for kind, gaps in outage.items() if kind != "alone" for gap in gaps]
    return {
        "seed": asked.seed,
        "strikes": dict(Counter(kind for kind, _ in struck)),
        "acknowledged": proof.acknowledged,
        "entries": proof.entries,
        "checkpoints_acknowledged": proof.checkpoints,
        **load.told,
        "outage_seconds": outage,
        "outage_seconds_median": round(statistics.median(seconds), 2),
        "outage_seconds_longest": max(seconds),
        "seconds": round(time.monotonic() - began),
        "faults": len(faults),
        "faults_first": faults[:50],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patroni", type=Path, required=True, help="a Python that has Patroni")
    parser.add_argument("--strikes", type=int, default=12)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", choices=sorted(set(STRIKES)), help="strike so each time")
    parser.add_argument("--asynchronous", action="store_true", help="the control: without synchronous replication")
    parser.add_argument("--pause", type=float, default=0.08, help="seconds between two statements of a submitter")
    parser.add_argument("--into", type=Path, default=Path("build/drill.json"))
    parser.add_argument("--keep", action="store_true", help="leave logs and data where they are")
    asked = parser.parse_args()
    if asked.seed is None:
        asked.seed = random.SystemRandom().randrange(1_000_000)
    asked.patroni = asked.patroni.absolute()
    # Stopped, it takes its nodes with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="ledger-drill-"))
    folder.chmod(0o711)
    (folder / "nodes").mkdir()
    print(f"drill: seed {asked.seed}, in {folder}", flush=True)
    sound = False
    try:
        report = drill(asked, folder)
        sound = not report["faults"]
    finally:
        if sound and not asked.keep:
            shutil.rmtree(folder)
        else:
            print(f"drill: logs and data are in {folder}", file=sys.stderr)
    asked.into.parent.mkdir(parents=True, exist_ok=True)
    asked.into.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for name, value in report.items():
        print(f"{name:26} {value if name != 'faults_first' else '; '.join(value[:3])}")
    print("drill: nothing acknowledged is lost or contradicted" if sound else "drill: FAULTS")
    return 0 if sound else 1


if __name__ == "__main__":
    raise SystemExit(main())
