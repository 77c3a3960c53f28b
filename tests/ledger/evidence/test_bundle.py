"""The court bundle: what it says, that it is the same bytes again, and that hostile text stays text."""

import ctypes
import json
import re
import subprocess
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from domain.answers import Asked
from domain.errors import Malformed
from ledger.evidence.bundle import BundleFailed, BundleInput, build_bundle, bundle_input_from, renderer
from ledger.evidence.exhibits import Reader, exhibit_told
from ledger.evidence.legible import legible, settable
from ledger.evidence.timeline import timeline_svg, timeline_words
from ledger.statements.canonical import canonical_bytes, parse_strict
from ledger.statements.envelope import sign
from tests.ledger.evidence.demo_cases import CaseLedger, case_ledger, key_of, lines

ASSET = "asset:nordhafen-terminal"
REGISTRAR = "party:nordhafen-registrar"
HOSTILE = (
    '#panic(1) $x$ *b* _e_ `r` @answer <answer> </text><script>alert(1)</script> \\u{41} [#link("http://x.example")] '
    "漢字 שלום " + "x" * 900
)


@cache
def nordhafen() -> CaseLedger:
    return case_ledger("invented-nordhafen")


def report(text: str, title: str) -> bytes:
    """A draft whose every free text a stranger chose."""
    return lines(
        [
            {
                "label": "H",
                "type": "report.recorded",
                "subjects": [ASSET],
                "notice": [{"to": "public", "at": "2026-05-20", "how": "register", "zone": "Europe/Berlin"}],
                "actor": REGISTRAR,
                "signers": [{"party": REGISTRAR, "role": "registrar", "capacity": "registrar"}],
                "basis": {"kind": "report", "title": title},
                "effects": [{"effect": "state", "kind": "report", "asset": ASSET, "text": text}],
            }
        ]
    )


def evidence_of(ledger: CaseLedger, day: str = "2026-07-05") -> BundleInput:
    state = ledger.state(ASSET, Asked(effective=day))
    return bundle_input_from(state, dict(enumerate(ledger.entries)), ledger.checkpoint())


@pytest.fixture(scope="module")
def pdf(tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "bundle.pdf"
    path.write_bytes(build_bundle(evidence_of(nordhafen())))
    return path


def poppler(program: str, *arguments: str) -> str:
    # poppler 22 tells on stderr that it does not know the type of one optional entry of the mark info
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True, timeout=60).stdout


def flat(text: str) -> str:
    """Text without the line breaks that setting it made."""
    return re.sub(r"\s+", " ", text.replace("-\n", ""))


def test_the_answer_comes_first_with_the_acts_that_give_it(pdf):
    first = flat(poppler("pdftotext", "-layout", "-l", "1", str(pdf), "-"))
    assert "On 5 July 2026, at the end of the legal day in Europe/Berlin" in first
    assert "Title was held by Lindqvist Reederei (invented) (61 %), Baltic Quay Holding (invented) (29 %)" in first
    assert re.search(r"Control lay with Harbour ministry of .+ trusteeship, 10 April 2026 – 9 October 2026", first)
    assert "Disposal was barred." in first
    assert re.search(r"Lindqvist Reederei \(invented\) 61 % \(6,100 of 10,000\) Exhibits 9, 16, by a registrar", first)
    assert "7 signed by whose act it is, 6 recorded by a registrar, 1 transcribed" in first
    assert "1 act the law forbade or found no room for; 1 disputed statement" in first


def test_every_act_is_there_in_full_with_its_place_in_the_log(pdf):
    text = flat(poppler("pdftotext", str(pdf), "-"))
    ledger = nordhafen()
    for position, (act, leaf) in enumerate(zip(ledger.acts, ledger.leaves, strict=True)):
        assert f"Exhibit {position}: " in text
        assert act.id in text
        assert leaf.hex() in text
        assert act.type in text or act.subjects == ("register",)
    assert ledger.frontier_root().hex() in text.replace(" ", "")
    assert "the objection “no disposal that a measure forbids” (measure.bars-disposal), which met Exhibit 14" in text
    assert "Competence: granted by Exhibit 6" in text
    assert "28 U.S.C. § 1746" in text
    assert "that it is admissible against an objection of hearsay" in text


@pytest.fixture(scope="module")
def rosneft(tmp_path_factory):
    ledger = case_ledger("rosneft-deutschland")
    state = ledger.state("asset:rosneft-deutschland", Asked(effective="2026-06-01"))
    path = tmp_path_factory.mktemp("rosneft") / "bundle.pdf"
    path.write_bytes(build_bundle(bundle_input_from(state, dict(enumerate(ledger.entries)), ledger.checkpoint())))
    return ledger, state, path


def test_a_record_of_transcriptions_alone_says_so_at_once(rosneft, pdf):
    ledger, _, path = rosneft
    first = flat(poppler("pdftotext", "-layout", "-l", "1", str(path), "-"))
    acts = sum(1 for act in ledger.acts if act.subjects != ("register",))
    assert f"Nobody signed here for an act of their own: all {acts} acts were transcribed from sources by" in first
    own = poppler("pdftotext", "-l", "1", str(pdf), "-")
    assert "At second hand" not in own
    assert "shown by its number" not in own, "no character of this one is"


def test_the_answer_and_its_grounds_name_parties_and_forums_by_their_names(rosneft):
    ledger, _, path = rosneft
    text = flat(poppler("pdftotext", "-layout", str(path), "-"))
    part = text[text.rindex("The question as understood") : text.rindex("5. The acts in full")]
    assert "party:" not in part
    assert "the legal order of Germany (DE), the place of the asset" in part
    assert re.search(
        r"16 September 2022 – 14 March 2023 +Bundesnetzagentur, by trusteeship +Exhibit \d+ 15 March", part
    )
    assert "vetoes disposal, takes voting" in part
    assert "by lapse of its term" in part
    assert part.count("from 28 February 2026 Bundesnetzagentur, by trusteeship") == 1, (
        "neighbours that say the same are one"
    )
    assert re.search(r"the date it took effect is uncertain: Exhibits \d+, \d+, \d+", part)
    assert ledger.acts[0].id in part, "the genesis fingerprint is there to compare"


def test_changes_within_the_day_name_holders_and_exhibits(tmp_path):
    ledger = case_ledger("gazprom-germania-sefe")
    state = ledger.state("asset:gazprom-germania", Asked(effective="2022-10-01"))
    path = tmp_path / "bundle.pdf"
    path.write_bytes(build_bundle(bundle_input_from(state, dict(enumerate(ledger.entries)), ledger.checkpoint())))
    first = flat(poppler("pdftotext", "-layout", "-l", "1", str(path), "-"))
    assert re.search(r"measure of Exhibit \d+: trusteeship, in force, Bundesnetzagentur → nothing", first)
    assert "party:" not in first


def test_restrictions_of_the_day_stand_on_the_first_page_and_a_name_keeps_its_full_stop(tmp_path):
    ledger = case_ledger("newport-wafer-fab")
    state = ledger.state("asset:newport-wafer-fab", Asked(effective="2023-01-01"))
    path = tmp_path / "bundle.pdf"
    path.write_bytes(build_bundle(bundle_input_from(state, dict(enumerate(ledger.entries)), ledger.checkpoint())))
    first = flat(poppler("pdftotext", "-layout", "-l", "1", str(path), "-"))
    assert "Restricted divestment order, 16 November 2022 – 5 March 2024 Exhibit" in first
    assert "Title was held by Nexperia B.V. Control lay with" in first


def test_an_end_in_the_far_future_does_not_press_the_past_into_a_corner():
    spans = [{"status": "in force", "holder": "party:x", "first_day": "2023-01-01", "last_day": "2122-12-31"}]
    history: dict[str, Any] = {
        "measures": [{"kind": "ground-lease", "ref": "sha256:1#1", "spans": spans}],
        "statements": {
            "1": {"position": "1", "effective": {"from": "2020-01-01"}},
            "2": {"position": "2", "effective": {"from": "2024-01-01"}},
        },
    }
    svg = timeline_svg(history, "2023-06-01")
    assert ">2024<" in svg
    assert ">2030<" not in svg
    assert svg.count("<path ") == 1, "the bar goes on behind the frame, and is marked so"


def test_the_timeline_shows_every_exhibit_and_none_over_another(rosneft):
    _, state, _ = rosneft
    history = json.loads(state)["history"]
    root = ElementTree.fromstring(timeline_svg(history, "2026-06-01"))
    texts = [(e.text or "", float(e.get("x", 0)), float(e.get("y", 0))) for e in root.iter() if e.tag.endswith("text")]
    numbers = [(text, x, y) for text, x, y in texts if re.fullmatch(r"\d{1,3}", text)]
    dated = [str(s["position"]) for s in history["statements"].values() if (s.get("effective") or {}).get("from")]
    assert len(dated) > 10
    assert sorted(text for text, _, _ in numbers) == sorted(dated)
    for n, (one, x, y) in enumerate(numbers):
        for other, x_other, y_other in numbers[n + 1 :]:
            assert abs(x - x_other) >= 20 or abs(y - y_other) >= 12, (one, other)


def test_a_timeline_of_very_many_exhibits_counts_those_it_cannot_print():
    days = [f"20{10 + n // 300}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}" for n in range(900)]
    statements: dict[str, Any] = {
        str(n): {"position": str(n), "effective": {"from": day}} for n, day in enumerate(days)
    }
    svg = timeline_svg({"statements": statements})
    columns = {float(x) for x in re.findall(r'<text x="(\d+)"[^>]* text-anchor="middle">\+ \d+</text>', svg)}
    assert 2 <= len(columns) <= 20
    printed = len(re.findall(r'text-anchor="middle">\d{1,3}</text>', svg))
    assert printed + sum(map(int, re.findall(r">\+ (\d+)<", svg))) == 900


def test_a_day_that_is_open_is_told_as_open_and_references_as_exhibits(rosneft):
    _, _, path = rosneft
    text = flat(poppler("pdftotext", "-layout", str(path), "-"))
    part = text[text.index("Forum: Germany (DE) Day Step") : text.rindex("3. What was not recorded")]
    assert re.search(r"some day of filed, .+ October 2022 .+ at the earliest 1 .+ October 2022", part)
    assert "A step whose day is open is counted from its earliest day." in part
    assert re.search(r"restriction of Exhibit .+ United States \(US\): lifted by a permit", part)
    assert "sha256:" not in part


def test_proceedings_stand_by_forum_with_outcome_force_and_finality(pdf):
    text = flat(poppler("pdftotext", "-layout", str(pdf), "-"))
    at = text.index("Forum: body:nordhafen")
    part = text[at : text.index("3. What was not recorded", at)]
    assert "Lindqvist Reederei (invented) against Harbour ministry of Nordhafen (invented)" in part
    assert re.search(
        r"14 August 2026 decided, Court of Nordhafen .+ Outcome: dismissed\. .+ Final: no, as far as recorded", part
    )
    assert "Where it stood: filed, 4 May 2026 – 13 August 2026; decided (dismissed), from 14 August 2026." in part


def test_what_was_not_recorded_is_said(pdf):
    text = flat(poppler("pdftotext", str(pdf), "-"))
    assert "its absence is no evidence that it did not happen" in text
    assert "against the rule “no disposal that a measure forbids”, because of Exhibit 14. The signers knew" in text
    assert "Exhibit 17 is disputed by Exhibit 19." in text
    assert re.search(r"The record shows none of these: gaps, .*foreign acts not applied", text)


def test_it_is_tagged_pdf_a_with_bookmarks_and_page_numbers_of_the_file(pdf):
    raw = pdf.read_bytes()
    assert b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in raw
    about = poppler("pdfinfo", str(pdf))
    assert "Tagged:          yes" in about
    assert "JavaScript:      no" in about
    (pages,) = (int(found) for found in re.findall(r"Pages:\s+(\d+)", about))
    for page in (1, pages):
        assert f"Page {page} of {pages}" in poppler("pdftotext", "-f", str(page), "-l", str(page), str(pdf), "-")
    assert raw.count(b"/Type/Outlines") == 1
    assert b"/S/URI" not in raw, "no link leads out of the file"


def test_the_index_gives_the_page_on_which_an_exhibit_begins(pdf):
    pages = poppler("pdftotext", "-layout", str(pdf), "-").split("\f")
    index = next(
        page for page in pages if "Index of exhibits" in page and "Attached files" in page and "Contents" not in page
    )
    rows = re.findall(r"^\s*(\d+)\s.*\s(\d+)$", index, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(len(nordhafen().entries)))
    for number, page in rows:
        assert f"Exhibit {number}: " in pages[int(page) - 1]


def test_index_and_causes_are_linked_to_the_exhibits(pdf):
    about = poppler("pdfinfo", "-dests", str(pdf))
    named = set(re.findall(r'"exhibit-(\d+)"', about))
    assert {int(n) for n in named} == set(range(len(nordhafen().entries)))
    assert pdf.read_bytes().count(b"/Subtype/Link") > 2 * len(nordhafen().entries)


def test_it_says_who_must_be_trusted_for_what_and_what_the_certificate_leaves_open(pdf):
    text = flat(poppler("pdftotext", str(pdf), "-"))
    for words in (
        "4. Who must be trusted, and for what",
        "the timestamp authorities and witnesses",
        "nobody can prove that an act was never recorded elsewhere",
        "A draft, not yet a certificate.",
        "Fed. R. Evid. 902(13) and 902(14)",
        "its inclusion proof led to the root hash",
        "I do not certify that any statement is true",
    ):
        assert words in text, words


def test_exhibits_keep_their_numbers_whatever_is_asked(pdf, tmp_path):
    other = tmp_path / "other.pdf"
    other.write_bytes(build_bundle(evidence_of(nordhafen(), "2026-01-15")))
    told = [re.findall(r"Exhibit (\d+): ([^,.]+)", flat(poppler("pdftotext", str(path), "-"))) for path in (pdf, other)]
    assert set(told[0]) == set(told[1])


def test_entries_and_checkpoint_are_attached_byte_for_byte(pdf, tmp_path):
    poppler("pdfdetach", "-saveall", "-o", str(tmp_path), str(pdf))
    ledger = nordhafen()
    for position, raw in enumerate(ledger.entries):
        assert (tmp_path / f"entry-{position}.json").read_bytes() == raw
    assert (tmp_path / "checkpoint.txt").read_bytes() == ledger.checkpoint()
    assert json.loads((tmp_path / "state.json").read_bytes())["show"]["asset"] == ASSET


def test_the_same_members_give_the_same_bytes(pdf):
    assert build_bundle(evidence_of(nordhafen())) == pdf.read_bytes()
    assert build_bundle(evidence_of(nordhafen(), "2026-07-04")) != pdf.read_bytes()
    assert renderer() in flat(poppler("pdftotext", str(pdf), "-"))


def test_a_large_bundle_gives_each_act_in_running_text_and_an_index_of_lines(tmp_path):
    ledger = case_ledger("invented-nordhafen")
    for n in range(120):
        ledger.append_drafts(report(f"Report number {n}.", f"Report {n}"))
    path = tmp_path / "large.pdf"
    path.write_bytes(build_bundle(evidence_of(ledger)))
    pages = [flat(page) for page in poppler("pdftotext", "-layout", str(path), "-").split("\f")]
    text = "".join(pages).replace("\u200b", "")
    for position, (act, leaf) in enumerate(zip(ledger.acts, ledger.leaves, strict=True)):
        assert f"Exhibit {position}: " in text
        assert act.id in text
        assert leaf.hex() in text
    index = next(n for n, page in enumerate(pages) if "Index of exhibits" in page and "Contents" not in page)
    rows = r"(?:^| )(\d+) A report about the asset is kept, [^.]+? — (\d+)"
    found = dict(re.findall(rows, " ".join(pages[index:])))
    assert len(found) == 120
    for number, page in found.items():
        assert f"Exhibit {number}: A report" in pages[int(page) - 1]
    assert path.read_bytes().count(b"/Subtype/Link") >= len(ledger.entries), "each line of the index is a link"


class MallocInfo(ctypes.Structure):
    """glibc's `struct mallinfo2`: `hblks` counts the blocks that are mapped one by one; the others are not looked at."""

    _fields_ = [
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks")),
        ("others", ctypes.c_size_t * 6),
    ]


def test_large_blocks_go_back_to_the_system_however_large_the_last_one_was(pdf):
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    libc.mallinfo2.restype = MallocInfo
    libc.free(libc.malloc(16 << 20))
    mapped = libc.mallinfo2().hblks
    block = libc.malloc(1 << 20)
    assert libc.mallinfo2().hblks == mapped + 1
    libc.free(block)


def test_text_of_a_statement_stays_text(tmp_path):
    ledger = case_ledger("invented-nordhafen")
    ledger.append_drafts(report(HOSTILE, HOSTILE[:200]))
    path = tmp_path / "hostile.pdf"
    path.write_bytes(build_bundle(evidence_of(ledger)))
    text = flat(poppler("pdftotext", str(path), "-"))
    assert "#panic(1) $x$ *b* _e_ `r` @answer <answer> </text><script>alert(1)</script> \\u{41}" in text
    assert "[U+6F22][U+5B57]" in text.replace(" ", "").replace("\u200b", "")
    assert b"/S/URI" not in path.read_bytes()
    assert "JavaScript:      no" in poppler("pdfinfo", str(path))


def test_a_name_cannot_break_the_figure():
    span = {"from": None, "until": None, "first_day": None, "last_day": "2020-01-01"}
    holding = {"holder": "party:x", "percent": "</text><script>", "share": "1/1", "causes": []}
    rights = {right: [{**span, "holdings": [holding]}] for right in ("title", "votes", "economic")}
    history: dict[str, Any] = {
        **rights,
        "control": [],
        "measures": [],
        "statements": {},
        "names": {"party:x": "<image href='file:///'/>&"},
    }
    svg = timeline_svg(history, "2020-05-01")
    root = ElementTree.fromstring(svg)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg",
        "line",
        "rect",
        "path",
        "text",
        "circle",
    }
    assert any(element.text == "<image href='file:///'/>&" for element in root.iter())
    assert "asked about: 1 May 2020" in svg
    assert timeline_words(history).startswith("Title, votes and economic interest, <image")


def test_every_character_called_settable_has_a_glyph():
    chars = "".join(chr(point) for point in range(0x20, 0x10000) if settable(chr(point)))
    ledger = case_ledger("invented-nordhafen")
    for start in range(0, len(chars), 1500):
        text = unicodedata.normalize("NFC", chars[start : start + 1500])
        ledger.append_drafts(report("".join(c for c in text if settable(c)), f"Part {start}"))
    build_bundle(evidence_of(ledger))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Müller & Söhne", "Müller & Söhne"),
        ("a\u202eb", "a[U+202E]b"),
        ("見", "[U+898B]"),
        ("y" * 36, "y" * 36),
        ("y" * 40, "y" * 24 + "\u200b" + "y" * 16),
        ("W" * 30, "W" * 12 + "\u200b" + "W" * 12 + "\u200b" + "W" * 6),
        ("見" * 3, "[U+898B]\u200b[U+898B]\u200b[U+898B]"),
    ],
)
def test_what_cannot_be_set_is_told_by_its_number(text, said):
    assert legible(text) == said


LONG = (
    "Internationale Gesellschaft für die Verwaltung von Hafenanlagen, Umschlagbetrieben und Lagerhäusern mbH & Co. KGaA"
)


def crowd(place: str) -> CaseLedger:
    """An asset of forty holders, one with a long name and one with a name in another script, at home in a legal order."""
    ledger = case_ledger("invented-nordhafen")
    names = {"long": LONG, "word": "W" * 150, "cosco": "中国远洋"} | {
        f"n{n}": f"Holder number {n} GmbH" for n in range(37)
    }
    given: dict[str, Any] = {"place": place, "zone": "Europe/Berlin", "kind": "company"}
    common: dict[str, Any] = {
        "actor": REGISTRAR,
        "signers": [{"party": REGISTRAR, "role": "registrar", "capacity": "registrar"}],
        "basis": {"kind": "extract", "title": "Extract"},
    }
    public = {"to": "public", "at": "2026-01-05", "how": "register"}
    registered = [
        {"effect": "exist", "op": "register", "subject": "asset:crowd", "name": LONG, "units": "4000000000", **given}
    ]
    for slug, name in names.items():
        party = {"effect": "exist", "op": "register", "subject": f"party:{slug}", "kind": "company", "name": name}
        registered.append(party)
    split = [{"holder": f"party:{slug}", "share": {"units": "100000000", "of": "4000000000"}} for slug in names]
    drafts: list[dict[str, Any]] = [
        {
            "label": "C1",
            "type": "asset.registered",
            "notice": [{**public, "zone": "Europe/Berlin"}],
            "effects": registered,
        },
        {
            "label": "C2",
            "type": "ownership.declared",
            "effective": {"from": "2026-01-05", "zone": "Europe/Berlin"},
            "notice": [public],
            "effects": [{"effect": "declare", "asset": "asset:crowd", "right": "title", "split": split}],
        },
    ]
    ledger.append_drafts(lines([{**draft, **common} for draft in drafts]))
    return ledger


def crowd_input(place: str) -> BundleInput:
    ledger = crowd(place)
    state = ledger.state("asset:crowd", Asked(effective="2026-07-05"))
    return bundle_input_from(state, dict(enumerate(ledger.entries)), ledger.checkpoint())


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    path = tmp_path_factory.mktemp("crowd") / "bundle.pdf"
    path.write_bytes(build_bundle(crowd_input("body:nordhafen")))
    return path


def boxes(path: Path) -> Iterator[tuple[float, list[tuple[float, float, str]]]]:
    """For each page its width, and where each word stands from left to right."""
    root = ElementTree.fromstring(poppler("pdftotext", "-bbox", str(path), "-"))
    for page in (element for element in root.iter() if element.tag.endswith("}page")):
        words = [e for e in page.iter() if e.tag.endswith("}word")]
        yield (
            float(page.get("width", 0)),
            [(float(e.get("xMin", 0)), float(e.get("xMax", 0)), e.text or "") for e in words],
        )


def test_the_answer_stays_short_however_many_hold(crowded):
    first = flat(poppler("pdftotext", "-layout", "-l", "1", str(crowded), "-"))
    assert re.search(r"Title was held by .+ and 37 others\. Control lay with the holders of title", first)
    assert "and 34 more: see section 1" in first
    assert "The question as understood" in first, "all of the answer is on the first page"
    assert "shown by its number, as in [U+4E2D]" in first


def test_what_is_drawn_fits_on_a_page_and_says_what_it_leaves_out(crowded):
    given = crowd_input("body:nordhafen")
    history = given.state["history"]
    assert isinstance(history, dict)
    svg = timeline_svg(history, "2026-07-05")
    (height,) = (int(found) for found in re.findall(r'<svg [^>]* height="(\d+)"', svg))
    assert height < 950, "160 mm wide, it is as high as a page has room for"
    assert len(re.findall(r">and \d+ more, in the tables<", svg)) == 2
    pages = poppler("pdftotext", "-layout", str(crowded), "-").split("\f")
    (drawn,) = [page for page in pages if "Figure 1" in page]
    assert "1. The course of time" in drawn, "under its heading, and not on a page of its own"
    assert "Holder number 0 GmbH" in drawn, "holders by their names"


def test_no_word_reaches_over_the_margin_or_into_the_next_column(crowded):
    for width, words in boxes(crowded):
        assert all(right < width - 60 for _, right, _ in words)
    tables = [words for _, words in boxes(crowded) if any(word == "Because" for _, _, word in words)]
    wide = [right - left for words in tables for left, right, word in words if "WWWWWW" in word]
    assert wide
    assert max(wide) < 200, "a column of a table is some 210 points wide"


def test_what_holds_on_the_day_asked_is_drawn_before_what_does_not():
    spans = [("2001-01-01", "2001-12-31")] * 60 + [("2001-01-01", None)]
    history: dict[str, Any] = {
        "title": [
            {"first_day": first, "last_day": last, "holdings": [{"holder": f"party:p{n}", "percent": "1 %"}]}
            for n, (first, last) in enumerate(spans)
        ]
    }
    svg = timeline_svg(history, "2026-07-05")
    assert ">party:p60<" in svg
    assert re.search(r">and \d\d more, in the tables<", svg)


def test_the_first_page_says_that_another_legal_order_answers_otherwise(tmp_path):
    path = tmp_path / "bundle.pdf"
    path.write_bytes(build_bundle(crowd_input("DE")))
    first = flat(poppler("pdftotext", "-layout", "-l", "1", str(path), "-"))
    assert "No act that counts for this question names the holder of title." in first
    assert "No statement on record" not in first, "there is one, of another legal order"
    assert "Another legal order answers differently." in first
    assert "Germany (DE) and body:nordhafen differ" in first
    text = flat(poppler("pdftotext", "-layout", str(path), "-"))
    part = text[text.index("would answer differently") : text.rindex("3. What was not recorded")]
    assert "Germany (DE): unknown 100 %" in part
    assert "Holder number 5 GmbH 2.5 %" in part
    assert part.count("Holder number 5 GmbH") == 2, "once for the three rights, once for control"


def test_a_short_exhibit_stands_on_one_page(pdf):
    pages = poppler("pdftotext", "-layout", str(pdf), "-").split("\f")
    for position, act in enumerate(nordhafen().acts):
        if act.subjects == ("register",) or len(act.effects) > 4:
            continue
        (page,) = [flat(page) for page in pages if re.search(rf"^ *Exhibit {position}: [^.]+$", page, re.MULTILINE)]
        part = page[page.index(f"Exhibit {position}: ") :].partition(f"Exhibit {position + 1}: ")[0]
        assert "Effects, as signed" in part, position


def test_it_sends_nobody_to_a_page_from_the_same_hands(pdf):
    text = flat(poppler("pdftotext", str(pdf), "-"))
    assert re.search(
        "Take the page, the program, the log.s key and the genesis fingerprint from a source of your own", text
    )


def test_a_time_of_signing_that_no_calendar_has_is_told_as_it_is():
    ledger = case_ledger("invented-nordhafen")
    (draft,) = ledger.compiler.compile(report("x", "y"))
    envelope = sign(draft.statement.payload, [key_of(REGISTRAR)], 2**52)
    ledger.append_envelope(draft.statement, envelope)
    evidence = evidence_of(ledger)
    assert f"{2**52} seconds after 1970" in str(exhibit_told(evidence.exhibits[-1], Reader(evidence.exhibits, {})))
    build_bundle(evidence)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"first_day":"2026-07-01"', b'"first_day":"someday"'),
        (b'"effective_day":"2026-07-05"', b'"effective_day":"x-y-z"'),
        (b'"causes"', b'"because"'),
        (b'"control"', b'"controls"'),
        (b'"recorded_at":"2026-11-22T09:00:19Z"', b'"recorded_at":"0"'),
    ],
)
def test_a_state_of_another_form_is_refused_with_our_errors(old, new):
    ledger = nordhafen()
    state = ledger.state(ASSET, Asked(effective="2026-07-05"))
    assert old in state
    with pytest.raises((Malformed, BundleFailed)):
        build_bundle(
            bundle_input_from(
                canonical_bytes(parse_strict(state.replace(old, new), 1 << 24)),
                dict(enumerate(ledger.entries)),
                ledger.checkpoint(),
            )
        )


def test_entries_that_are_none_are_refused_by_their_number():
    ledger = nordhafen()
    state = ledger.state(ASSET)
    with pytest.raises(Malformed, match="entry 3"):
        bundle_input_from(state, {**dict(enumerate(ledger.entries)), 3: ledger.entries[3][:-1]}, ledger.checkpoint())
    with pytest.raises(Malformed, match="state/show"):
        bundle_input_from(b"{}", {0: ledger.entries[0]}, ledger.checkpoint())
