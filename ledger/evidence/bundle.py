"""The court bundle: one asset's answer, its grounds and its proof as a PDF/A-3a for a judge (issue 6, DESIGN section 5).

Guarantees that the bytes are a pure function of the package's other members (state, entries, checkpoint), of the
template and of the version of typst: no clock, no system font, no file of the machine; that typst's own checks for
PDF/A-3a (tags, alternative texts, fonts) passed; and that text of statements is inert: it reaches the template as data
and is set as plain characters, without links. Numbers of exhibits are positions in the log; page numbers are those of
the file. It does not verify: `verify` does, and says whether a bundle is the one that these members give. It seals
nothing: `bundle_seal` does.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import metadata
from importlib.resources import files
from types import MappingProxyType
from typing import Final

import typst

from domain.act_types import TYPES
from domain.errors import Malformed
from domain.periods import parse_instant
from domain.rules import RULES
from domain.shares import exactly, percent
from ledger.errors import LedgerError
from ledger.evidence.date_words import forum_words
from ledger.evidence.effect_words import POWER_WORDS
from ledger.evidence.exhibits import Exhibit, Reader, exhibit_told, read_exhibits
from ledger.evidence.legible import NUMBERED, legible_json
from ledger.evidence.timeline import timeline_svg, timeline_words
from ledger.log.body import Checkpoint
from ledger.log.note import SignedNote
from ledger.statements.canonical import Json, parse_canonical
from ledger.statements.members import Members, string

TYPST_VERSION: Final = metadata.version("typst")
STATE_BYTES_MAX: Final = 64 << 20
_TEMPLATE: Final = files("ledger.evidence").joinpath("templates/bundle.typ").read_bytes()
_SOURCES: Final = (
    "bundle.py",
    "bundle_seal.py",
    "date_words.py",
    "effect_words.py",
    "exhibits.py",
    "legible.py",
    "timeline.py",
)
"""What decides the bytes of a bundle and of what its seal adds, beside the template, typst and pyHanko."""
_M_MMAP_THRESHOLD: Final = -3
"""The option's number in glibc's malloc.h."""
_MMAP_THRESHOLD_BYTES: Final = 128 << 10
"""glibc's own default."""
STANDARD: Final = "a-3a"


class BundleFailed(LedgerError):
    """typst refused to set the bundle: `why` is its diagnosis."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the bundle could not be set: {why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class BundleInput:
    """What a bundle is made of: the answers of `state.json` by name, the exhibits, and the checkpoint's note."""

    state: Mapping[str, Json]
    raw_state: bytes
    exhibits: tuple[Exhibit, ...]
    note: SignedNote
    checkpoint: Checkpoint

    def __post_init__(self) -> None:
        for name in ("show", "history", "forums"):
            if not isinstance(self.state.get(name), dict):
                raise Malformed(f"state/{name}", "the answer is missing")


@cache
def renderer() -> str:
    """What a verifier needs to set the same bytes again: the version of typst, and which template and words."""
    parts = b"".join(files("ledger.evidence").joinpath(name).read_bytes() for name in _SOURCES)
    versions = (metadata.version("pycountry"), metadata.version("pyhanko"))
    tables = (sorted((name, row.title) for name, row in TYPES.items()), RULES, versions)
    parts += repr(tables).encode()
    return f"typst {TYPST_VERSION}, template {hashlib.sha256(parts + _TEMPLATE).hexdigest()[:16]}"


def bundle_input_from(state: bytes, entries: Mapping[int, bytes], checkpoint: bytes) -> BundleInput:
    """The input, from members of a package: `state.json`, the entries by position, the signed note. Raises Malformed."""
    note = SignedNote.parse(checkpoint)
    body = Checkpoint.parse(note.text)
    answers = parse_canonical(state, STATE_BYTES_MAX)
    return BundleInput(MappingProxyType(answers), state, read_exhibits(entries, body.origin), note, body)


def build_bundle(evidence: BundleInput) -> bytes:
    """The PDF. Raises BundleFailed when typst refuses, Malformed when an answer is not of the form that `state.json` has."""
    # ASCII: typst takes it as it is; of any other text Python makes and keeps a second copy.
    data = json.dumps(_data(evidence), sort_keys=True, separators=(",", ":"))
    _fix_mmap_threshold()
    try:
        made = typst.compile(
            _TEMPLATE,
            format="pdf",
            pdf_standards=STANDARD,
            ignore_system_fonts=True,
            sys_inputs={"data": data},
        )
    except typst.TypstError as error:
        raise BundleFailed(error.diagnostic or error.message) from error
    assert isinstance(made, bytes), "one document is one PDF"
    return made


def _fix_mmap_threshold() -> None:
    """Keeps glibc mapping large blocks, which return to the system when freed.

    Left alone, malloc raises its threshold to the largest block freed so far, up to 32 MiB. typst's buffers then grow within
    its heaps and leave holes: writing the PDF of a thousand acts took 20 or 260 MiB, by chance. Another C library has no
    such threshold, and nothing is done there.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if set_option is not None:
        set_option(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD_BYTES)


def _data(evidence: BundleInput) -> dict[str, Json]:
    """What the template is handed: strings, lists and objects, every text legible."""
    show = Members(evidence.state["show"], "state/show")
    clocks = Members(show.raw("clocks"), "state/show/clocks")
    day = clocks.maybe("effective_day", string)
    recorded = clocks.raw("recorded_at")
    stamp = parse_instant(recorded, "state/show/clocks/recorded_at").text if isinstance(recorded, str) else None
    history = evidence.state["history"]
    assert isinstance(history, dict), "checked when the input was built"
    reader = Reader(evidence.exhibits, {**_names(history), **_names(show.raw("names"), own=True)})
    drawn = {**history, "names": dict[str, Json](reader.names)}
    told = [exhibit_told(exhibit, reader) for exhibit in evidence.exhibits]
    checkpoint = evidence.checkpoint
    data: dict[str, Json] = {
        "show": _without_fractions(_without_statements(evidence.state["show"])),
        "history": _joined(_without_statements(history)),
        "forums": _differing(_without_statements(evidence.state["forums"])),
        "names": dict[str, Json](reader.names),
        "forum_names": {code: forum_words(code) for code in sorted(_forums(dict(evidence.state)))},
        "power_words": dict[str, Json](POWER_WORDS),
        "rules": {rule.name: rule.words for rule in RULES},
        "numbers": reader.numbers,
        "capacities": _capacities(evidence, history),
        "acts": [item for item, exhibit in zip(told, evidence.exhibits, strict=True) if not exhibit.about_register],
        "register": [item for item, exhibit in zip(told, evidence.exhibits, strict=True) if exhibit.about_register],
        "alt": timeline_words(drawn),
        "checkpoint": {
            "origin": checkpoint.origin,
            "size": str(checkpoint.size),
            "root": checkpoint.root.hex(),
            "signatures": [f"{line.name} (key id {line.key_id.hex()})" for line in evidence.note.signatures],
        },
        "renderer": renderer(),
        "state_sha256": hashlib.sha256(evidence.raw_state).hexdigest(),
    }
    safe = legible_json(data)
    assert isinstance(safe, dict), "an object stays an object"
    safe["numbered_chars"] = NUMBERED in json.dumps(safe)
    # Exact already, or attached byte for byte: these are no running text.
    safe["stamp"] = stamp
    safe["timeline"] = timeline_svg(drawn, day)
    safe["files"] = _files(evidence)
    return safe


def _capacities(evidence: BundleInput, history: Json) -> Json:
    """Statement → the strongest capacity in which it was recorded: by the answer where it cites it, else by its signers."""
    told: dict[str, Json] = {exhibit.statement.id: exhibit.act.strength.name.lower() for exhibit in evidence.exhibits}
    for answer in (evidence.state["show"], history):
        table = answer.get("statements") if isinstance(answer, dict) else None
        for statement, row in table.items() if isinstance(table, dict) else ():
            if isinstance(row, dict) and isinstance(capacity := row.get("capacity"), str) and statement in told:
                told[statement] = capacity
    return told


def _joined(history: dict[str, Json]) -> dict[str, Json]:
    """The history with neighbouring periods of control joined where they tell the same, by the same acts: what parted
    them (a power that is not told there) is no change that a reader of the table could see."""
    periods = history.get("control")
    title = history.get("title")
    found: list[dict[str, Json]] = []
    for period in periods if isinstance(periods, list) else ():
        if isinstance(period, dict) and found and found[-1].get("controller") == period.get("controller"):
            found[-1] = {**found[-1], "until": period.get("until"), "last_day": period.get("last_day")}
        elif isinstance(period, dict):
            found.append(dict(period))
    for period in found:
        period["as_title"] = any(_covers(one, period) for one in (title if isinstance(title, list) else ()))
    return {**history, "control": list[Json](found)} if isinstance(periods, list) else history


def _covers(title: Json, control: Mapping[str, Json]) -> bool:
    """Whether in a period of control the holders of title, each for its share, are in control: no measure took it."""
    if not isinstance(title, dict):
        return False
    ends = [(one.get("from") or "", one.get("until") or "9") for one in (title, control)]
    (start, end), (own_start, own_end) = ((str(first), str(last)) for first, last in ends)
    return start <= own_start and own_end <= end and _strip(title.get("holdings")) == _strip(control.get("controller"))


def _strip(holdings: Json) -> list[tuple[str, str]] | None:
    """Holders and shares; None where a measure is what somebody holds by."""
    found = []
    for item in holdings if isinstance(holdings, list) else ():
        if not isinstance(item, dict) or item.get("measure") is not None:
            return None
        found.append((json.dumps(item.get("holder")), json.dumps(item.get("share"))))
    return found


_RIGHTS: Final = {"title": "title", "votes": "votes", "economic": "economic interest"}
_FRACTION: Final = re.compile(r" ([0-9]{1,40})(?:/([1-9][0-9]{0,39}))?(?=;| to [0-9]|$)")


def _in_percent(words: Json) -> Json:
    """Words of a right's holders ("party:x 1/3; unknown 2/3") with their shares in percent."""
    if not isinstance(words, str):
        return words
    return _FRACTION.sub(lambda m: f" {percent(exactly(Fraction(int(m[1]), int(m[2] or 1))))}", words)


def _without_fractions(show: dict[str, Json]) -> dict[str, Json]:
    """The answer, with shares in percent where it tells values of a right in words; the tables have them exact."""
    told = dict(show)
    for name in ("changes", "uncertain"):
        items = told.get(name)
        if isinstance(items, list):
            told[name] = [_value_in_percent(item) for item in items]
    return told


def _value_in_percent(item: Json) -> Json:
    if not isinstance(item, dict) or item.get("what") not in _RIGHTS:
        return item
    found: dict[str, Json] = {
        name: _in_percent(value) if name in ("value", "before", "after") else value for name, value in item.items()
    }
    others = item.get("others")
    if isinstance(others, list):
        found["others"] = [
            {**other, "value": _in_percent(other.get("value"))} if isinstance(other, dict) else other
            for other in others
        ]
    return found


def _differing(forums: dict[str, Json]) -> dict[str, Json]:
    """The comparison of legal orders, rights on which they differ in the same way told once, with shares in percent."""
    items = forums.get("differences")
    found: dict[str, dict[str, Json]] = {}
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, dict):
            continue
        what, views = item.get("what"), item.get("views")
        if what not in _RIGHTS or not isinstance(views, dict):
            found[f"{len(found)}"] = item
            continue
        words = _RIGHTS[str(what)]
        same = found.setdefault(
            "right " + json.dumps(views, sort_keys=True), {"what": words, "views": _views_told(views)}
        )
        if same["what"] != words:
            same["what"] = f"{same['what']}, {words}"
    return {**forums, "differences": list[Json](found.values())} if isinstance(items, list) else forums


def _views_told(views: Mapping[str, Json]) -> dict[str, Json]:
    return {
        forum: {**view, "value": _in_percent(view.get("value"))} if isinstance(view, dict) else view
        for forum, view in views.items()
    }


def _forums(value: Json) -> set[str]:
    """The codes of legal orders in an answer, from the members that hold one."""
    match value:
        case dict():
            own = [item for name, item in value.items() if name in ("forum", "home")]
            several = value.get("forums")
            named = {item for item in (*own, *(several if isinstance(several, list) else ())) if isinstance(item, str)}
            return named.union(*map(_forums, value.values()))
        case list():
            return set[str]().union(*map(_forums, value))
        case _:
            return set()


def _without_statements(answer: Json) -> dict[str, Json]:
    """An answer but for its table of statements: the exhibits say all of it, and a template pays for what it is handed."""
    assert isinstance(answer, dict), "checked when the input was built"
    return {name: value for name, value in answer.items() if name != "statements"}


def _files(evidence: BundleInput) -> Json:
    """The attached files, exact: each entry, the checkpoint, the answers."""
    entries: list[Json] = [
        {
            "path": f"entry-{exhibit.position}.json",
            "mime": "application/json",
            "text": exhibit.raw.decode("utf-8"),
            "about": f"Entry {exhibit.position} of the log, its exact bytes",
        }
        for exhibit in evidence.exhibits
    ]
    return [
        *entries,
        {
            "path": "checkpoint.txt",
            "mime": "text/plain",
            "text": evidence.note.format().decode("utf-8"),
            "about": "The signed checkpoint",
        },
        {
            "path": "state.json",
            "mime": "application/json",
            "text": evidence.raw_state.decode("utf-8"),
            "about": "The answers that this bundle prints",
        },
    ]


def _names(answer: Json, *, own: bool = False) -> dict[str, str]:
    """The table of names of an answer, or the table itself."""
    table = answer if own else answer.get("names") if isinstance(answer, dict) else None
    found = table if isinstance(table, dict) else {}
    return {subject: value for subject, value in found.items() if isinstance(value, str)}
