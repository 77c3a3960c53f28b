#!/usr/bin/env python3
"""Fills in the templates of a node: `python3 deploy/render.py node.env FOLDER` writes etcd.yml, patroni.yml and roles.sql.

Guarantees that no value is missing, empty or unused, that none can end a quoted text in a template, and that what is written,
which holds passwords, is readable by its owner only. Needs nothing but Python.
"""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template

TEMPLATES = ("etcd.yml", "patroni.yml", "roles.sql")
FOLDER = Path(__file__).resolve().parent
_VALUE = re.compile(r"[A-Za-z0-9_./:,=@+-]+\Z")


def read(file: Path) -> dict[str, str]:
    """The values of a file of `name=value` lines. Raises ValueError."""
    values: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, equals, value = line.partition("=")
            if not equals or name in values:
                raise ValueError(f"{file}: not a new name=value: {name}")
            values[name] = value
    return values


def render(values: Mapping[str, str]) -> dict[str, str]:
    """The templates, filled in, by name. Raises ValueError for a value that is missing, unused, or could be misread."""
    texts = {name: Template((FOLDER / name).read_text(encoding="utf-8")) for name in TEMPLATES}
    wanted = {name for text in texts.values() for name in text.get_identifiers()}
    if wanted != set(values):
        raise ValueError(f"missing: {sorted(wanted - set(values))}; unused: {sorted(set(values) - wanted)}")
    for name, value in values.items():
        if not _VALUE.match(value):
            raise ValueError(f"{name}: letters, digits and _./:,=@+- only, and at least one")
    return {name: text.substitute(values) for name, text in texts.items()}


def write(values: Mapping[str, str], folder: Path) -> None:
    """Writes the filled-in templates into a folder, for their owner's eyes. Raises ValueError, OSError."""
    for name, text in render(values).items():
        file = folder / name
        file.unlink(missing_ok=True)
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            opened.write(text)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    try:
        write(read(Path(sys.argv[1])), Path(sys.argv[2]))
    except (OSError, ValueError) as error:
        raise SystemExit(f"deploy/render.py: {error}") from error
