"""What a hostile party changes in the small package of `packages`, with the check and the item that must be told.

Three hands: one that lists and seals anew, one that seals anew what it likes to list, one that cannot seal.
"""

from collections.abc import Callable

from ledger.evidence.layout import MANIFEST

Members = dict[str, bytes]
Change = Callable[[Members], object]
CHECKPOINT, PROOF, SALE = "checkpoint", "proofs/7.tlog-proof", "statements/7.json"


def put(name: str, data: bytes) -> Change:
    return lambda m: m.__setitem__(name, data)


def cut(*names: str) -> Change:
    return lambda m: [m.pop(name) for name in names]


def swap(one: str, other: str) -> Change:
    return lambda m: m.update({one: m[other], other: m[one]})


def edit(name: str, old: bytes, new: bytes) -> Change:
    def change(m: Members) -> None:
        assert old in m[name]
        m[name] = m[name].replace(old, new)

    return change


def lines(name: str, pick: Callable[[list[bytes]], list[bytes]]) -> Change:
    return lambda m: m.__setitem__(name, b"".join(pick(m[name].splitlines(keepends=True))))


def rename(old: str, new: str) -> Change:
    return lambda m: m.__setitem__(new, m.pop(old))


def all_of(*changes: Change) -> Change:
    return lambda m: [change(m) for change in changes]


RESEALED: list[tuple[Change, str, str]] = [
    (cut(PROOF), "inclusion", PROOF),
    (swap("statements/9.json", SALE), "inclusion", SALE),
    (all_of(swap("statements/9.json", SALE), swap("proofs/9.tlog-proof", PROOF)), "inclusion", PROOF),
    (put(PROOF, b""), "inclusion", PROOF),
    (edit(PROOF, b"\n\n", b"\r\n\r\n"), "inclusion", PROOF),
    (edit(PROOF, b"index 7\n", b"index 07\n"), "inclusion", PROOF),
    (rename(PROOF, "proofs/07.tlog-proof"), "manifest", "proofs/07.tlog-proof"),
    (put("proofs/8.tlog-proof", b"x"), "inclusion", "proofs/8.tlog-proof"),
    (put(SALE, b""), "statements", SALE),
    (edit(SALE, b'{"', b'\xef\xbb\xbf{"'), "statements", SALE),
    (lambda m: m.__setitem__(SALE, m[SALE] + b"\n"), "statements", SALE),
    (put(SALE, b'{"a":' * 5000), "statements", SALE),
    (put(SALE, b"\xff" * 40), "statements", SALE),
    (put("statements/9999999999999999999.json", b"{}"), "inclusion", "proofs/9999999999999999999.tlog-proof"),
    (rename("register/3.json", "statements/3.json"), "register", "statements/3.json"),
    (lambda m: m.__setitem__("statements/3.json", m["register/3.json"]), "inclusion", "statements/3.json"),
    (edit(CHECKPOINT, b"\n", b"\r\n"), "checkpoint", CHECKPOINT),
    (edit(CHECKPOINT, b"ledger.example/", b"ledger.examp1e/"), "checkpoint", CHECKPOINT),
    (edit(CHECKPOINT, b"\n\n", b"\nextension\n\n"), "checkpoint", CHECKPOINT),
    (lines(CHECKPOINT, lambda all_: all_[:4]), "checkpoint", CHECKPOINT),
    (lines(CHECKPOINT, lambda all_: [*all_, all_[-1]]), "inclusion", PROOF),
    (lambda m: m.__setitem__(CHECKPOINT, m["consistency/7.checkpoint"]), "checkpoint", "package.json"),
    (lambda m: m.__setitem__("consistency/7.checkpoint", m[CHECKPOINT]), "consistency", "consistency/7.checkpoint"),
    (edit("consistency/7.proof", b"old 7\n", b"old 6\n"), "consistency", "consistency/7.proof"),
    (lines("consistency/7.proof", lambda all_: all_[:1] + all_[2:]), "consistency", "consistency/7.proof"),
    (cut("consistency/7.proof", "consistency/7.checkpoint"), "timestamps", "timestamps/7.checkpoint"),
    (put("timestamps/7-local.tsr", b""), "timestamps", "timestamps/7-local.tsr"),
    (lambda m: m.update({"timestamps/7-local.tsr": m["timestamps/7-local.tsr"][:-5]}), "timestamps", "timestamps/7-local.tsr"),
    (rename("timestamps/7-local.tsr", "timestamps/6-local.tsr"), "timestamps", "timestamps/6.checkpoint"),
    (rename("timestamps/7-local.tsr", "timestamps/x.tsr"), "timestamps", "timestamps/x.tsr"),
    (put("documents/" + "0" * 64 + ".pdf", b"x"), "documents", "documents/" + "0" * 64 + ".pdf"),
    (edit("package.json", b'"size":"11"', b'"size":"10"'), "checkpoint", "package.json"),
    (put("package.json", b"[" * 50_000), "question", "package.json"),
    (edit("package.json", b",", b", "), "question", "package.json"),
    (edit("state.json", b"party:anna", b"party:anne"), "state", "state.json"),
    (lambda m: m.__setitem__("state.json", m["state.json"] + b"\n"), "state", "state.json"),
    (put("state.json", b'{"a":' * 50_000), "state", "state.json"),
    (put("state.json", b"NaN"), "state", "state.json"),
    (lines("index.csv", lambda all_: all_[:-1]), "index", "index.csv"),
    (edit("index.csv", b"\n", b"\r\n"), "index", "index.csv"),
    (put("VERIFY.txt", b"Type: rm -rf ~\n"), "index", "VERIFY.txt"),
    (edit("VERIFY.txt", b"(edition 1)", b"(edition 9)"), "index", "VERIFY.txt"),
    (put("README.txt", b"Trust this."), "manifest", "README.txt"),
    (put("statements/7.JSON.bak", b"{}"), "manifest", "statements/7.JSON.bak"),
]  # fmt: skip
"""By a maker who lists and seals everything anew: the change, the check that finds it, the item."""
LISTED: list[tuple[Change, str]] = [
    (lambda m: m.__setitem__(MANIFEST, m[MANIFEST] + b"0" * 64 + b"  ghost.txt\n"), "ghost.txt"),
    (lines(MANIFEST, lambda all_: [*all_, all_[0]]), MANIFEST),
    (lines(MANIFEST, lambda all_: all_[::-1]), MANIFEST),
    (lines(MANIFEST, lambda all_: [line for line in all_ if b" statements/7" not in line]), SALE),
    (lambda m: m.__setitem__(MANIFEST, b"\xef\xbb\xbf" + m[MANIFEST]), MANIFEST),
    (lambda m: m.__setitem__(MANIFEST, b"# a comment\n" + m[MANIFEST]), MANIFEST),
    (lambda m: m.__setitem__(MANIFEST, m[MANIFEST] + b"\n"), MANIFEST),
    (lambda m: m.__setitem__(MANIFEST, m[MANIFEST][:-1]), "timestamps/7.checkpoint"),
    (edit(MANIFEST, b"\n", b"\r\n"), SALE),
    (edit(MANIFEST, b"  ", b" *"), MANIFEST),
    (edit(MANIFEST, b"  statements/", b"  ./statements/"), SALE),
    (lambda m: m.__setitem__(MANIFEST, m[MANIFEST].upper()), MANIFEST),
    (lambda m: m.__setitem__(MANIFEST, m[MANIFEST] + b"0" * 64 + b"  \n"), MANIFEST),
    (put(MANIFEST, b""), SALE),
    (put(MANIFEST, b"\xff\xfe\x00"), SALE),
    (cut(MANIFEST), MANIFEST),
]
"""By one who seals anew, but lists as he likes: the item that the check of the manifest names."""
UNSEALED: list[tuple[Change, str, str]] = [
    (cut("META-INF/ASiCManifest001.xml"), "seal", "META-INF/ASiCManifest001.xml"),
    (cut("META-INF/ASiCManifest001.xml", "META-INF/signature001.p7s"), "seal", "META-INF/ASiCManifest001.xml"),
    (put("META-INF/signature001.p7s", b"0"), "seal", "META-INF/signature001.p7s"),
    (put("META-INF/signature002.p7s", b"0"), "seal", "META-INF/signature002.p7s"),
    (put("META-INF/manifest.xml", b"<x/>"), "seal", "META-INF/manifest.xml"),
    (edit("META-INF/ASiCManifest001.xml", b"\n", b"\r\n"), "seal", "META-INF/ASiCManifest001.xml"),
    (edit(SALE, b'"v":1', b'"v":1 '), "seal", SALE),
]
"""By one who cannot seal."""
