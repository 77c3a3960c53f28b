"""Runs functions of tests in processes of their own, all at once."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# `tests` is named outright: an installed library may ship a package of that name, which would come first.
START = """
import importlib, json, sys, types
tests = types.ModuleType("tests")
tests.__path__ = [sys.argv[1] + "/tests"]
sys.modules["tests"] = tests
sys.path.insert(0, sys.argv[1])
getattr(importlib.import_module(sys.argv[2]), sys.argv[3])(*json.loads(sys.argv[4]))
"""


def run_together(*calls: tuple[Callable[..., None], *tuple[str | int, ...]], seconds: float = 60) -> list[int]:
    """Starts a process for each (function, *arguments) and returns their exit codes."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(ROOT), function.__module__, function.__name__, json.dumps(arguments)]
        )
        for function, *arguments in calls
    ]
    return [process.wait(timeout=seconds) for process in processes]
