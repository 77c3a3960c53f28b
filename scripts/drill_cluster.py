"""Three nodes on loopback, made from the templates of deploy/: etcd, Patroni, PostgreSQL, certificates and passwords of their own.

Guarantees that nothing of a node's set-up differs from what an operator renders but addresses, ports and folders; that a node is
killed as a machine dies, all its processes at once with SIGKILL; and that `stop` leaves no process behind. As root, the nodes run
as the user `postgres`, since PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.render import write

ADDRESS = "127.0.0.1"
NAMES = ("a", "b", "c")
POSTGRES_BIN = Path("/usr/lib/postgresql/15/bin")
SECRETS = ("superuser", "replication", "rewind", "owner", "writer", "reader")


@dataclass
class Node:
    """One machine of the three: its folder, its values for the templates, its processes."""

    name: str
    folder: Path
    values: dict[str, str]
    patroni: subprocess.Popen[bytes] | None = None
    etcd: subprocess.Popen[bytes] | None = None
    logs: list[Any] = field(default_factory=list)

    @property
    def rest(self) -> str:
        return f"https://{ADDRESS}:{self.values['rest_port']}"

    def postgres(self) -> list[int]:
        """The postmaster and all its children, the postmaster first; none where it does not run."""
        try:
            postmaster = int((self.folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return []
        found = [postmaster]
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except OSError:
                    continue
                if parent == postmaster:
                    found.append(int(entry.name))
        try:
            command = Path(f"/proc/{postmaster}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            return []
        # The file outlives its process: the number may be another's by now.
        return found if str(self.folder) in command else []


class Cluster:
    """The three nodes. Use it in a `with`."""

    def __init__(self, folder: Path, python: Path, seed: int, synchronous: bool = True) -> None:
        self.folder = folder
        self._python = python
        self._synchronous = synchronous
        self._user = "postgres" if os.geteuid() == 0 else None
        _require_runnable(python, self._user)
        ports = _free_ports(random.Random(seed), 4 * len(NAMES))
        self.secrets = {f"{name}_password": secrets.token_hex(16) for name in SECRETS}
        self.authority = folder / "authority.crt"
        authority = _Authority(folder)
        numbered = dict(zip(NAMES, (ports[n : n + 4] for n in range(0, len(ports), 4)), strict=True))
        shared = {
            "postgres_bin": str(POSTGRES_BIN),
            "etcd_members": ",".join(f"{name}=https://{ADDRESS}:{own[3]}" for name, own in numbered.items()),
            "etcd_clients": ",".join(f"{ADDRESS}:{own[2]}" for own in numbered.values()),
            "etcd_token": "drill",
            "network": f"{ADDRESS}/32",
            **self.secrets,
        }
        self.nodes: dict[str, Node] = {}
        for name, own in numbered.items():
            home = folder / name
            home.mkdir(mode=0o700)
            authority.issue(name, home)
            names = ("postgres_port", "rest_port", "etcd_client_port", "etcd_peer_port")
            values = {
                "node": name,
                "address": ADDRESS,
                "data": str(home),
                "config": str(home),
                "certificate": str(home / "node.crt"),
                "key": str(home / "node.key"),
                "authority": str(self.authority),
                **dict(zip(names, map(str, own), strict=True)),
                **shared,
            }
            write(values, home)
            if not synchronous:
                patroni = home / "patroni.yml"
                patroni.write_text(re.sub(r"(synchronous_mode\w*): true", r"\1: false", patroni.read_text()))
            self.nodes[name] = Node(name, home, values)
        self._tls = ssl.create_default_context(cafile=str(self.authority))
        if self._user is not None:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, self._user, self._user)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, role: str, name: str | None = None) -> str:
        """The address for a role: whichever node takes writes, or the one named, as it is."""
        nodes = [self.nodes[name]] if name else list(self.nodes.values())
        options = [("host", f"{ADDRESS}:{node.values['postgres_port']}") for node in nodes]
        options += [("connect_timeout", "3"), ("sslmode", "verify-full"), ("sslrootcert", str(self.authority))]
        if name is None:
            options.append(("target_session_attrs", "read-write"))
        password = self.secrets[f"{role.removeprefix('ledger_')}_password"]
        return f"postgresql://{role}:{password}@/ledger?{urlencode(options)}"

    # Starting and ending

    def start(self) -> None:
        """Starts everything and waits until a commit is on two nodes. Raises TimeoutError."""
        for node in self.nodes.values():
            self.start_etcd(node)
        first, *others = self.nodes.values()
        self.start_patroni(first)
        # The first makes the cluster; the others copy it.
        self._wait(lambda: self.leader() is not None, 90, "no leader came up")
        for node in others:
            self.start_patroni(node)
        self.wait_whole(120)

    def start_etcd(self, node: Node) -> None:
        node.etcd = self._run(node, "etcd", "--config-file", str(node.folder / "etcd.yml"))

    def start_patroni(self, node: Node) -> None:
        # As a machine that starts finds it: no process of that number is ours.
        node.patroni = self._run(node, str(self._python), "-m", "patroni", str(node.folder / "patroni.yml"))

    def kill(self, node: Node, with_etcd: bool) -> None:
        """Ends all processes of a node at once."""
        doomed = [node.patroni.pid] if node.patroni is not None else []
        doomed += node.postgres()
        if with_etcd and node.etcd is not None:
            doomed.append(node.etcd.pid)
        for process in doomed:
            _signal(process, signal.SIGKILL)
        for ended in (node.patroni, node.etcd if with_etcd else None):
            if ended is not None:
                ended.wait(10)
        node.patroni = None
        if with_etcd:
            node.etcd = None

    def kill_postgres(self, node: Node) -> None:
        """Ends the database only; its Patroni sees it."""
        for process in node.postgres():
            _signal(process, signal.SIGKILL)

    def freeze(self, node: Node, frozen: bool) -> None:
        """Halts Patroni, or lets it go on: its lease runs out while its database still takes connections."""
        if node.patroni is not None:
            _signal(node.patroni.pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def revive(self, node: Node) -> None:
        """Starts what does not run."""
        if node.etcd is None or node.etcd.poll() is not None:
            self.start_etcd(node)
        if node.patroni is None or node.patroni.poll() is not None:
            self.start_patroni(node)

    def stop(self) -> None:
        for node in self.nodes.values():
            self.freeze(node, False)
            self.kill(node, with_etcd=True)
            for log in node.logs:
                log.close()

    # Looking

    def members(self) -> list[dict[str, Any]]:
        """What Patroni says of the nodes, from whichever answers."""
        for node in self.nodes.values():
            try:
                with urllib.request.urlopen(f"{node.rest}/cluster", timeout=2, context=self._tls) as answer:
                    return list(json.load(answer)["members"])
            except (OSError, ValueError, KeyError, urllib.error.URLError):
                continue
        return []

    def leader(self) -> Node | None:
        """The node that answers as the leader itself, holding the lease."""
        for node in self.nodes.values():
            try:
                with urllib.request.urlopen(f"{node.rest}/primary", timeout=2, context=self._tls):
                    return node
            except (OSError, urllib.error.URLError):
                continue
        return None

    def synchronous(self) -> Node | None:
        """The node that has every acknowledged commit beside the leader."""
        for member in self.members():
            if member.get("role") == "sync_standby":
                return self.nodes[member["name"]]
        return None

    def whole(self) -> bool:
        """Whether all nodes run on one timeline, one leads and another is synchronous."""
        members = self.members()
        roles = sorted(str(member.get("role")) for member in members)
        states = {member.get("state") for member in members}
        return (
            roles == ["leader", "replica", "sync_standby" if self._synchronous else "replica"]
            and states <= {"running", "streaming"}
            and len({member.get("timeline") for member in members}) == 1
            and self.leader() is not None
        )

    def wait_whole(self, seconds: float) -> None:
        self._wait(self.whole, seconds, "the cluster did not become whole")

    def wait_for_other(self, than: Node, seconds: float) -> None:
        """Waits until another node leads."""
        self._wait(lambda: self.leader() not in (None, than), seconds, "no other leader came up")

    def _wait(self, ready: Callable[[], bool], seconds: float, otherwise: str) -> None:
        until = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > until:
                raise TimeoutError(f"{otherwise} within {seconds:.0f} s: {self.members()}; logs in {self.folder}")
            time.sleep(0.5)

    def _run(self, node: Node, *command: str) -> subprocess.Popen[bytes]:
        log = (node.folder / f"{Path(command[-1]).stem}.log").open("ab")
        node.logs.append(log)
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(node.folder)}
        return subprocess.Popen(
            command,
            cwd=node.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            start_new_session=True,
        )


class _Authority:
    """A certificate authority for one drill: P-256, a day."""

    def __init__(self, folder: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "drill")])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        certificate = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, SHA256())
        )
        (folder / "authority.crt").write_bytes(certificate.public_bytes(Encoding.PEM))

    def issue(self, name: str, folder: Path) -> None:
        """A key and a certificate of a node, for serving and for asking."""
        key = ec.generate_private_key(ec.SECP256R1())
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        certificate = (
            self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key())
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(ADDRESS))]), critical=False)
            .add_extension(x509.ExtendedKeyUsage(both), critical=False)
            .sign(self._key, SHA256())
        )
        (folder / "node.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
        file = folder / "node.key"
        file.touch(mode=0o600)
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def _builder(self, subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
        )


def _require_runnable(python: Path, user: str | None) -> None:
    """Raises SystemExit where that user cannot start Patroni."""
    command = [str(python), "-m", "patroni", "--version"]
    try:
        subprocess.run(command, check=True, capture_output=True, user=user, group=user, cwd="/")
    except (OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"drill: {user or 'this user'} cannot run {' '.join(command)}: {error}") from error


def _signal(process: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it ended by itself
        os.kill(process, what)


def _free_ports(chance: random.Random, count: int) -> list[int]:
    """Ports below those that the system gives to clients, so that a node finds its own free when it comes back."""
    found: list[int] = []
    while len(found) < count:
        port = chance.randrange(20_000, 30_000)
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((ADDRESS, port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found
