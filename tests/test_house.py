"""The house keeps its own rules: what import-linter cannot say about the tree."""

import ast
import socket
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pytest_socket import SocketConnectBlockedError

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("domain", "ledger", "api")
VAGUE_NAMES = {"utils", "helpers", "common", "core", "base", "manager", "service"}
# Standard modules that reach a clock, randomness, the file system, the network or another process.
IMPURE = {
    "asyncio", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
# Calls that read the clock, a file or the system's time zones; `ZoneInfo` itself may name the type of an argument.
IMPURE_CALLS = {"now", "utcnow", "today", "open", "print", "input", "ZoneInfo", "available_timezones"}


def modules(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))


def imported_roots(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            yield (node.module or "").partition(".")[0]


def test_domain_imports_only_itself_the_pure_standard_library_and_the_code_lists():
    allowed = (sys.stdlib_module_names - IMPURE) | {"domain", "stdnum", "pycountry"}
    strangers = {(m.name, name) for m in modules("domain") for name in imported_roots(m) if name not in allowed}
    assert strangers == set()


def test_domain_reads_no_clock_file_or_time_zone():
    found = []
    for module in modules("domain"):
        for node in ast.walk(ast.parse(module.read_bytes())):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called in IMPURE_CALLS:
                    found.append(f"{module.name}:{node.lineno} {called}")
    assert found == []


def test_package_files_hold_a_docstring_only():
    for module in modules(*PACKAGES):
        if module.name == "__init__.py":
            tree = ast.parse(module.read_bytes())
            assert ast.get_docstring(tree), f"{module} has no docstring"
            assert len(tree.body) == 1, f"{module} holds more than its docstring"


def test_every_module_says_what_it_guarantees():
    silent = [str(m.relative_to(ROOT)) for m in modules(*PACKAGES) if not ast.get_docstring(ast.parse(m.read_bytes()))]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing():
    assert [m for m in modules(*PACKAGES) if VAGUE_NAMES & set(m.relative_to(ROOT).with_suffix("").parts)] == []


def test_migrations_do_not_shadow_the_library():
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_requirements_name_no_registry():
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
    assert "resolved" not in (ROOT / "tests" / "node" / "package-lock.json").read_text()


def test_network_is_blocked_but_loopback():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    with socket.socket() as outside:
        outside.settimeout(0)
        with pytest.raises((SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"):
            outside.connect(("192.0.2.1", 9))


def test_what_is_imported_is_listed_not_only_brought_along_by_another():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run = {name_of(line) for line in project["project"]["dependencies"]}
    dev = run | {name_of(line) for group in project["dependency-groups"].values() for line in group}
    own = {*PACKAGES, "tests", "scripts", "deploy", *(module.stem for module in modules("scripts"))}
    distributions = packages_distributions()
    unlisted = set()
    for folders, listed in (((*PACKAGES, "alembic"), run), (("tests", "scripts"), dev)):
        for module in modules(*folders):
            for root in set(imported_roots(module)) - own - sys.stdlib_module_names:
                names = {canonicalize_name(name) for name in distributions.get(root, [root])}
                if not names & listed:
                    unlisted.add((str(module.relative_to(ROOT)), root))
    assert unlisted == set()


def name_of(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)
