"""What SQLite asks of its files, in order: a layer under the default VFS that notes each write and sync, and passes it on.

The calls of https://www.sqlite.org/c3ref/vfs.html and https://www.sqlite.org/c3ref/io_methods.html; nothing is simulated.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OK = 0
_METHODS = 18  # of sqlite3_io_methods, version 3
_WRITE, _SYNC = 2, 4
_Write = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_longlong)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_Open = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class _Methods(ctypes.Structure):
    _fields_ = (("version", ctypes.c_int), ("calls", ctypes.c_void_p * _METHODS))


class _File(ctypes.Structure):
    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("file_bytes", ctypes.c_int),
        ("path_bytes_max", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", ctypes.c_void_p),
    )


# SQLite calls these as long as a file is open, which may be longer than a test runs.
_KEPT: list[object] = []


def _library() -> ctypes.CDLL:
    """The SQLite that this process has loaded already."""
    maps = Path("/proc/self/maps").read_text().splitlines()
    for path in sorted({line.split()[-1] for line in maps if "sqlite" in line.rpartition("/")[2]}):
        library = ctypes.CDLL(path)
        if hasattr(library, "sqlite3_vfs_find"):
            return library
    raise AssertionError("this Python's SQLite shows no sqlite3_vfs_find")


@contextmanager
def file_calls() -> Iterator[list[tuple[str, str]]]:
    """(`write` or `sync`, the file's name) of files opened within, in the order of the calls."""
    find = _library().sqlite3_vfs_find
    find.argtypes, find.restype = [ctypes.c_char_p], ctypes.POINTER(_Vfs)
    vfs = find(None).contents
    original = vfs.open
    open_file = _Open(original)
    seen: list[tuple[str, str]] = []

    def opened(own: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        # The name is passed on as the pointer it is: SQLite keeps the parameters of the address behind its end.
        result = open_file(own, name, file, flags, out)
        methods = _File.from_address(file).methods
        if result == OK and name and methods:
            _watch(methods, file, Path(os.fsdecode(ctypes.string_at(name))).name, seen)
        return result

    hook = _Open(opened)
    _KEPT.append(hook)
    vfs.open = ctypes.cast(hook, ctypes.c_void_p).value
    try:
        yield seen
    finally:
        vfs.open = original


def _watch(methods: "ctypes._Pointer[_Methods]", file: int, name: str, seen: list[tuple[str, str]]) -> None:
    """The file's methods are exchanged for a copy of them that notes writes and syncs."""
    copy = _Methods()
    ctypes.pointer(copy)[0] = methods.contents
    write, sync = _Write(copy.calls[_WRITE]), _Sync(copy.calls[_SYNC])

    def written(own: int, data: int, size: int, offset: int) -> int:
        seen.append(("write", name))
        return write(own, data, size, offset)

    def synced(own: int, flags: int) -> int:
        seen.append(("sync", name))
        return sync(own, flags)

    hooks = (_Write(written), _Sync(synced))
    for place, hook in zip((_WRITE, _SYNC), hooks, strict=True):
        copy.calls[place] = ctypes.cast(hook, ctypes.c_void_p).value
    _KEPT.extend((copy, hooks))
    _File.from_address(file).methods = ctypes.pointer(copy)
