"""verify.html in Chromium, opened from disk: what it accepts, what it finds, and that it stays inert and reachable."""

import base64
import hashlib
import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from domain.answers import Asked
from ledger.evidence import layout
from ledger.evidence.anchors import Anchors
from ledger.evidence.container import read_container, write_container
from ledger.evidence.package import seal_package
from ledger.evidence.seal import seal
from ledger.evidence.verify import verify_package
from ledger.evidence.verify_page import verify_page
from ledger.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.log.keys import Algorithm, Ed25519Signer, VerifierKey
from ledger.log.merkle import leaf_hash, memory_nodes, prove_inclusion
from ledger.log.receipt import Receipt
from ledger.statements.canonical import canonical_bytes, parse_canonical
from tests.ledger.evidence.demo_cases import (
    LOG_SIGNER,
    LOG_VKEY,
    ORIGIN,
    ROOTS,
    CaseLedger,
    by_roots,
    case_ledger,
    key_of,
    lines,
    seed,
)
from tests.ledger.evidence.hostile import LISTED, RESEALED, UNSEALED
from tests.ledger.evidence.packages import Court, court_house
from tests.ledger.log.logs import ed25519_private

ASSET = "asset:nordhafen-terminal"
AXE = Path(__file__).resolve().parents[2] / "node" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Members = dict[str, bytes]
SOUND = "Sound, as far as this page checks"


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "verify.html"
    path.write_bytes(verify_page())
    return path


@pytest.fixture(scope="module")
def tab(browser: Browser):
    return browser.new_page()


@pytest.fixture
def page(tab: Page, file: Path):
    """The page as opened anew, in one tab: a tab for each test would cost more than the tests."""
    tab.set_viewport_size({"width": 1100, "height": 900})
    tab.emulate_media(media="screen")
    tab.goto("about:blank")
    tab.goto(file.as_uri())
    return tab


@cache
def nordhafen() -> CaseLedger:
    return case_ledger("invented-nordhafen")


@cache
def package() -> bytes:
    return nordhafen().package(ASSET, Asked(effective="2026-07-05"), (3, 16), whole=False)


def anchors(ledger: CaseLedger | None = None) -> str:
    return f"{LOG_VKEY}\n{(ledger or nordhafen()).acts[0].id}"


def check(page: Page, archive: bytes, given: str | None = None) -> str:
    """The verdict on a package, by the buttons of the page."""
    page.locator("#anchors").fill(anchors() if given is None else given)
    page.locator("#file").set_input_files({"name": "case.asice", "mimeType": "application/zip", "buffer": archive})
    page.locator("#check").click()
    expect(page.locator("#verdict")).to_be_visible(timeout=20_000)
    return page.locator("#verdict h2").inner_text()


def failed(page: Page) -> dict[int, str]:
    """The failed checks by number, with their findings."""
    return {
        int(item.locator("strong").inner_text().split(".")[0]): item.locator(".findings").inner_text()
        for item in page.locator("#checks > li.failed").all()
    }


def altered(change: Callable[[Members], object], archive: bytes | None = None) -> bytes:
    """The package with its members changed, and its manifest made to fit: what a forger would hand over."""
    members = dict(read_container(archive or package()).members)
    change(members)
    members[layout.MANIFEST] = layout.format_manifest(members)
    return write_container(members)


# --- what is sound -----------------------------------------------------------------------------------------------


def test_a_sound_package_passes_every_check(page):
    assert check(page, package()) == SOUND
    results = page.locator("#checks .result").all_inner_texts()
    assert results == ["passed"] * 10 + ["not checked"] * 3
    said = page.locator("#report").inner_text()
    assert f"{len(nordhafen().entries)} entries, root {nordhafen().frontier_root().hex()}" in said
    assert "at 3, 16 entries" in said
    assert f"SHA-256 of the file\n{hashlib.sha256(package()).hexdigest()}" in said
    assert f"Nordhafen Terminal GmbH (invented), {ASSET}" in said
    assert "First signing officer (invented) – party:nordhafen-officer-one" in said
    assert "party:nordhafen-officer-one, officer, author" in said
    algorithms = {key_of(signer.party).alg for act in nordhafen().acts for signer in act.signers}
    assert algorithms == {"Ed25519", "ES256", "PS256"}, "each algorithm was verified"


def test_a_package_with_bundle_and_page_in_it_passes_by_an_anchors_file(page):
    whole = nordhafen().package(ASSET, Asked(effective="2026-07-05"))
    given = Anchors(ORIGIN, nordhafen().acts[0].id, (VerifierKey.parse(LOG_VKEY),)).to_bytes()
    page.locator("#file").set_input_files({"name": "anchors.json", "mimeType": "application/json", "buffer": given})
    expect(page.locator("#anchors")).to_have_value(given.decode())
    assert check(page, whole, given.decode()) == SOUND


def test_it_says_what_it_does_not_check(page):
    check(page, package())
    said = page.locator("#unproven").inner_text()
    for words in (
        "true",
        "nobody recorded",
        "came with the package",
        "bear on the asset",
        "ML-DSA",
        "control-ledger verify",
    ):
        assert words in said


def test_a_key_that_this_page_does_not_use_is_told_by_its_name_and_not_spelled_over_a_page(page):
    cosigner = VerifierKey(ORIGIN, Algorithm.ML_DSA_44_COSIGNATURE, bytes(1312)).format()
    assert check(page, package(), f"{anchors()}\n{cosigner}") == SOUND
    said = page.locator("#about").inner_text()
    assert cosigner not in said
    assert f"{cosigner.rpartition('+')[0]}, " in said or f"{'+'.join(cosigner.split('+')[:2])}, " in said
    assert "not used by this page" in said


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("", "no verifier key and no genesis fingerprint"),
        (LOG_VKEY, "you gave no genesis fingerprint"),
        ("GENESIS", "you gave no verifier key of"),
    ],
)
def test_without_the_readers_own_key_and_genesis_nothing_is_called_sound(page, given, missing):
    assert check(page, package(), given.replace("GENESIS", nordhafen().acts[0].id)) == "Not established"
    assert missing in page.locator("#verdict").inner_text()


# --- what is not -------------------------------------------------------------------------------------------------


def entry_with(raw: bytes, **members: object) -> bytes:
    value = parse_canonical(raw, 65_535)
    value.update(members)  # type: ignore[arg-type]  # a test writes what a forger would
    return canonical_bytes(value)


def change_statement(members: Members) -> None:
    value = parse_canonical(members["statements/17.json"], 65_535)
    payload = base64.urlsafe_b64decode(str(value["payload"]) + "==").replace(b'"1000"', b'"9000"')
    assert b'"9000"' in payload
    spelled = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    members["statements/17.json"] = entry_with(members["statements/17.json"], payload=spelled)


def drop_signature(members: Members) -> None:
    value = parse_canonical(members["statements/11.json"], 65_535)
    signatures = value["signatures"]
    assert isinstance(signatures, list)
    members["statements/11.json"] = entry_with(members["statements/11.json"], signatures=signatures[:-1])


def swap(one: str, other: str) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        members[one], members[other] = members[other], members[one]

    return change


def leave_out(*names: str) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        for name in names:
            del members[name]

    return change


def put(name: str, data: bytes) -> Callable[[Members], None]:
    return lambda members: members.__setitem__(name, data)


def fork(members: Members) -> None:
    """The log's own key signs another history of the same size."""
    leaves = [*nordhafen().leaves[:-1], leaf_hash(b"{}")]
    forked = CaseLedger()
    forked.leaves = leaves
    members["checkpoint"] = sign_checkpoint(Checkpoint(ORIGIN, len(leaves), forked.root(len(leaves))), [LOG_SIGNER])


def checkpoint_of_a_stranger(members: Members) -> None:
    stranger = Ed25519Signer(ORIGIN, ed25519_private("stranger"))
    body = Checkpoint(ORIGIN, len(nordhafen().leaves), nordhafen().frontier_root())
    members["checkpoint"] = sign_checkpoint(body, [stranger])


def bad_earlier_root(members: Members) -> None:
    members["consistency/16.checkpoint"] = sign_checkpoint(Checkpoint(ORIGIN, 16, seed("x")), [LOG_SIGNER])


@pytest.mark.parametrize(
    ("change", "number", "item"),
    [
        pytest.param(change_statement, 7, "statements/17.json", id="payload changed"),
        pytest.param(drop_signature, 4, "statements/11.json", id="signature dropped"),
        pytest.param(swap("statements/9.json", "statements/12.json"), 5, "statements/9.json", id="entries swapped"),
        pytest.param(swap("proofs/9.tlog-proof", "proofs/12.tlog-proof"), 5, "statements/9.json", id="proofs swapped"),
        pytest.param(leave_out("proofs/9.tlog-proof"), 5, "statements/9.json", id="proof left out"),
        pytest.param(
            leave_out("statements/16.json", "proofs/16.tlog-proof"), 8, "statements/17.json", id="statement left out"
        ),
        pytest.param(
            leave_out("statements/19.json", "proofs/19.tlog-proof"), 8, "package.json", id="last statement left out"
        ),
        pytest.param(
            leave_out("register/6.json", "proofs/6.tlog-proof"), 6, "statements/7.json", id="register act left out"
        ),
        pytest.param(leave_out("register/0.json", "proofs/0.tlog-proof"), 6, "register/0.json", id="genesis left out"),
        pytest.param(fork, 5, "statements/", id="fork"),
        pytest.param(checkpoint_of_a_stranger, 3, "checkpoint", id="checkpoint of another key"),
        pytest.param(put("checkpoint", b"nothing\n"), 3, "checkpoint", id="no checkpoint"),
        pytest.param(bad_earlier_root, 9, "consistency/16", id="not an extension"),
        pytest.param(leave_out("consistency/16.proof"), 9, "consistency/16", id="consistency proof left out"),
        pytest.param(put("statements/9.json", b"{}"), 4, "statements/9.json", id="no entry"),
        pytest.param(put("statements/99.json", b'{"v":1}'), 4, "statements/99.json", id="added entry"),
        pytest.param(put("extra.txt", b"x"), 1, "extra.txt", id="unknown part"),
    ],
)
def test_a_forged_package_is_found_out_at_the_item(page, change, number, item):
    assert check(page, altered(change)) == "Not sound"
    assert item in failed(page)[number]
    assert item in page.locator("#verdict .items").inner_text(), "the verdict itself names it"


def test_a_manifest_that_lists_less_or_other_is_found(page):
    members = dict(read_container(package()).members)
    listed = members[layout.MANIFEST].splitlines(keepends=True)
    members[layout.MANIFEST] = b"".join(listed[:-1])
    assert check(page, write_container(members)) == "Not sound"
    assert listed[-1].split()[1].decode() in failed(page)[2]
    members[layout.MANIFEST] = b"".join(listed).replace(listed[3][:8], b"00000000")
    assert check(page, write_container(members)) == "Not sound"
    assert "was changed" in failed(page)[2]


@pytest.mark.parametrize(
    ("given", "number", "words"),
    [
        (lambda: f"{LOG_VKEY}\nsha256:{'0' * 64}", 6, "another genesis than yours"),
        (
            lambda: f"{Ed25519Signer(ORIGIN, ed25519_private('x')).key.format()}\n{nordhafen().acts[0].id}",
            3,
            "none of the keys",
        ),
        (
            lambda: f"{Ed25519Signer('other', ed25519_private('x')).key.format()}\n{nordhafen().acts[0].id}",
            3,
            "your key is of other",
        ),
    ],
)
def test_a_package_of_another_log_than_the_readers_is_refused(page, given, number, words):
    assert check(page, package(), given()) == "Not sound"
    assert words in failed(page)[number]


def revoked_ledger() -> CaseLedger:
    """A ledger whose registrar signs once more after its key was revoked: no honest log would take that."""
    ledger = case_ledger("invented-nordhafen")
    registrar = key_of("party:nordhafen-registrar")
    revocation = {
        "label": "R",
        "type": "key.revoked",
        "subjects": ["register"],
        "actor": ROOTS[0],
        "signers": by_roots(),
        "basis": {"kind": "ceremony", "title": "Revocation"},
        "effects": [{"effect": "authorise", "op": "key-revoke", "thumbprint": registrar.kid, "reason": "compromised"}],
    }
    register = ledger.register
    ledger.append_drafts(lines([revocation]))
    ledger.register, after = register, ledger.register
    ledger.append_drafts(
        lines(
            [
                {
                    "label": "S",
                    "type": "report.recorded",
                    "subjects": [ASSET],
                    "notice": [{"to": "public", "at": "2026-05-20", "how": "register", "zone": "Europe/Berlin"}],
                    "actor": "party:nordhafen-registrar",
                    "signers": [{"party": "party:nordhafen-registrar", "role": "registrar", "capacity": "registrar"}],
                    "basis": {"kind": "report", "title": "After the revocation"},
                    "effects": [{"effect": "state", "kind": "report", "asset": ASSET}],
                }
            ]
        )
    )
    ledger.register = after
    return ledger


def test_a_key_used_after_its_revocation_is_found(page):
    ledger = revoked_ledger()
    last = len(ledger.entries) - 1

    def graft(members: Members) -> None:
        note = ledger.checkpoint()
        members["checkpoint"] = note
        for index, raw in enumerate(ledger.entries):
            name = layout.entry_name(index, ledger.acts[index].subjects == ("register",))
            if name in members or index >= last - 1:
                members[name] = raw
                proof = prove_inclusion(index, len(ledger.leaves), memory_nodes(ledger.leaves))
                members[layout.proof_name(index)] = Receipt(index, proof, note).format()

    assert check(page, altered(graft), anchors(ledger)) == "Not sound"
    found = failed(page)
    assert f"statements/{last}.json the key {key_of('party:nordhafen-registrar').kid}" in found[6]
    assert f"was revoked in entry {last - 1}" in found[6]
    assert 5 not in found, "the entries are in the log all the same"


@pytest.fixture(scope="module")
def court(tmp_path_factory):
    with court_house(tmp_path_factory.mktemp("court")) as (_, court):
        yield court


# What the page judges, of the checks of the offline verifier; the others it must tell as not checked.
JUDGED = {
    *("container", "manifest", "question", "checkpoint", "inclusion", "register", "statements", "streams"),
    *("consistency", "documents"),
}


SEALING = {"META-INF/ASiCManifest001.xml", "META-INF/signature001.p7s"}


def hostile_packages(court: Court) -> Iterator[tuple[str, bytes]]:
    """Every hostile package that the offline verifier is tried with, by what it must find."""
    for change, check_name, item in RESEALED:
        members = court.members
        change(members)
        yield f"{check_name} {item}", court.resealed(members)
    for change, item in LISTED:
        members = {name: data for name, data in court.members.items() if not name.startswith("META-INF/")}
        change(members)
        yield f"manifest {item}", write_container({**members, **seal(members, court.sealer)})
    for change, check_name, item in UNSEALED:
        members = court.members
        change(members)
        yield f"{check_name} {item}", write_container(members)


def test_page_and_offline_verifier_agree_on_every_hostile_package(page, court):
    """What the page says is sound, the verifier finds fault with only by checks that the page tells as not made."""
    given = court.anchors.to_bytes().decode()
    assert check(page, court.archive, given) == SOUND
    tried = 0
    for what, archive in hostile_packages(court):
        found = {c.name for c in verify_package(archive, court.anchors).checks if c.findings}
        assert found, what
        verdict = check(page, archive, given)
        sealing = {name for name in read_container(archive).members if name.startswith("META-INF/")}
        if found & JUDGED or sealing != SEALING:  # the page sees that the seal is there, and nothing beside it
            assert verdict == "Not sound", (what, found)
            assert all(text.strip() for text in page.locator(".findings code").all_inner_texts()), what
        else:
            assert verdict == SOUND, (what, found)
            left = " ".join(page.locator("#checks > li.not-checked strong").all_inner_texts())
            words = {"timestamps": "Timestamps", "state": "state.json", "index": "VERIFY.txt", "seal": "seal"}
            assert all(words[name] in left for name in found), (what, left)
        tried += 1
    assert tried > 60


def test_what_was_not_there_to_check_did_not_pass(page):
    assert check(page, b"%PDF-1.7") == "Not sound"
    assert "passed" not in page.locator("#checks .result").all_inner_texts()


def test_it_says_what_it_does_not_check_of_all_that_a_package_holds(page, court):
    extras = {"verify.html": b"<h1>Sound</h1>", "bundle.pdf": b"%PDF-1.7 says anything"}
    archive = seal_package(court.gathered, extras, court.sealer)
    assert check(page, archive, court.anchors.to_bytes().decode()) == SOUND
    left = page.locator("#checks > li.not-checked").all_inner_texts()
    for name in ("state.json", "bundle.pdf", "index.csv and VERIFY.txt", "verify.html", "Timestamps", "seal"):
        assert any(name in text for text in left), name
    assert "6 things are not checked here" in page.locator("#verdict").inner_text()
    assert "Did this page come with the package?" in page.locator("header").inner_text()
    page.emulate_media(media="print")
    assert "one that came with the package" in page.locator("#unproven").inner_text(), "printed, too"


def test_it_knows_the_same_kinds_of_documents_as_the_package():
    (kinds,) = re.findall(r"const KINDS = new Map\(\[(.*?)\]\);", verify_page().decode(), re.DOTALL)
    assert dict(re.findall(r'\["([^"]+)", "([^"]+)"\]', kinds)) == layout._KINDS


# --- the container -----------------------------------------------------------------------------------------------


def zipped(change: Callable[[list[tuple[str, bytes]]], object], method: int = zipfile.ZIP_STORED) -> bytes:
    items = list(read_container(package()).members.items())
    change(items)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in items:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, compress_type=method)
    return target.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize(
    ("archive", "item", "words"),
    [
        pytest.param(lambda: b"", "archive", "is no archive", id="empty"),
        pytest.param(lambda: b"%PDF-1.7", "archive", "is no archive", id="another file"),
        pytest.param(lambda: package()[:-1], "archive", "its end is not in the one form", id="cut"),
        pytest.param(lambda: package() + b"\0", "archive", "bytes behind its end", id="longer"),
        pytest.param(lambda: package()[:2000], "", "", id="cut short"),
        pytest.param(lambda: zipped(lambda items: items.append(items[3])), "", "stands in the archive twice", id="twice"),
        pytest.param(lambda: zipped(lambda items: items.append(("../x", b"x"))), "../x", "plain relative name", id="dots"),
        pytest.param(lambda: zipped(lambda items: items.append(("/etc/x", b"x"))), "/etc/x", "plain relative", id="absolute"),
        pytest.param(lambda: zipped(lambda items: items.append(("CHECKPOINT", b"x"))), "CHECKPOINT", "only in case", id="case"),
        pytest.param(lambda: zipped(lambda _: None, zipfile.ZIP_DEFLATED), "checkpoint", "is compressed", id="deflated"),
        pytest.param(
            lambda: zipped(lambda items: items.append(("bomb", b"\0" * 50_000_000)), zipfile.ZIP_DEFLATED),
            "bomb", "is compressed", id="bomb",
        ),
    ],
)  # fmt: skip
def test_a_container_that_is_not_in_its_one_form_is_found(page, archive, item, words):
    assert check(page, archive()) == "Not sound"
    assert item in failed(page)[1]
    assert words in failed(page)[1]


def test_a_repacked_package_is_still_read_so_that_everything_wrong_is_told(page):
    check(page, zipped(lambda _: None, zipfile.ZIP_DEFLATED))
    assert set(failed(page)) == {1}, "only the container differs; what is in it was checked all the same"


def flipped(archive: bytes, at: int, bit: int) -> bytes:
    return archive[:at] + bytes([archive[at] ^ 1 << bit]) + archive[at + 1 :]


def flips(count: int) -> list[tuple[int, int]]:
    chosen = random.Random(6)
    return [(chosen.randrange(len(package())), chosen.randrange(8)) for _ in range(count)]


def test_no_flipped_bit_passes(page):
    for at, bit in flips(25):
        assert check(page, flipped(package(), at, bit)) == "Not sound", f"byte {at}, bit {bit}"


@pytest.mark.soak
def test_no_flipped_bit_passes_among_many(page):
    for at, bit in flips(1000):
        assert check(page, flipped(package(), at, bit)) == "Not sound", f"byte {at}, bit {bit}"


# --- the page ----------------------------------------------------------------------------------------------------


def test_the_file_is_whole_and_its_policy_forbids_the_network(page, file):
    text = verify_page().decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    for part in (script, style):
        assert base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() in policy
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|fetch\(|XMLHttp|WebSocket", script
    )
    assert not re.search(r"\b(src|href)\s*=|@import|\burl\(", text)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    check(page, package())
    assert asked == [file.as_uri()]
    blocked = page.evaluate("fetch('https://ledger.example/').then(() => 'sent', () => 'refused')")
    assert blocked == "refused"


def test_text_of_a_statement_stays_text(page):
    ledger = case_ledger("invented-nordhafen")
    hostile = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    ledger.append_drafts(
        lines(
            [
                {
                    "label": "H",
                    "type": "report.recorded",
                    "subjects": [ASSET],
                    "notice": [{"to": "public", "at": "2026-05-20", "how": "register", "zone": "Europe/Berlin"}],
                    "actor": "party:nordhafen-registrar",
                    "signers": [{"party": "party:nordhafen-registrar", "role": "registrar", "capacity": "registrar"}],
                    "basis": {"kind": "report", "title": hostile},
                    "effects": [{"effect": "state", "kind": "report", "asset": ASSET, "text": hostile}],
                }
            ]
        )
    )
    assert check(page, ledger.package(ASSET, whole=False), anchors(ledger)) == SOUND
    assert hostile in page.locator("#signers").inner_text()
    assert page.locator("#report img, #report script").count() == 0
    assert page.title() == "Verify an evidence package"


def test_names_in_a_hostile_archive_are_told_without_turning_the_text(page):
    check(page, zipped(lambda items: items.append(("a\u202eb<b>", b"x"))))
    assert "<b>" in failed(page)[1]
    assert "\u202e" not in page.locator("body").inner_text()
    assert page.locator("#checks b").count() == 0


@pytest.mark.parametrize("given", ["not a key", "{}", "ledger.example/demo+00000000+AAAA", "sha256:12"])
def test_anchors_that_are_none_are_refused_before_anything_is_checked(page, given):
    page.locator("#anchors").fill(given)
    page.locator("#file").set_input_files({"name": "x.asice", "mimeType": "application/zip", "buffer": package()})
    page.locator("#check").click()
    expect(page.locator("#problem")).to_contain_text("Not checked")
    expect(page.locator("#verdict")).to_be_hidden()


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{item['id']}: {item['help']}" for item in found["violations"]]


def test_it_is_accessible_before_and_after(page):
    assert violations(page) == []
    check(page, package())
    assert violations(page) == []
    check(page, altered(change_statement), "")
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_is_used_by_keyboard_alone(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "anchors"
    page.keyboard.insert_text(anchors())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "file"
    page.locator("#file").set_input_files({"name": "x.asice", "mimeType": "application/zip", "buffer": package()})
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "check"
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_be_focused(timeout=20_000)
    assert page.locator("#verdict h2").inner_text() == SOUND


def test_a_package_can_be_dropped_on_the_page(page):
    data = base64.b64encode(package()).decode()
    page.locator("#anchors").fill(anchors())
    page.evaluate(
        """data => {
            const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], "dropped.asice"));
            document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true}));
        }""",
        data,
    )
    expect(page.locator("#chosen")).to_contain_text("dropped.asice")
    page.locator("#check").click()
    expect(page.locator("#verdict h2")).to_have_text(SOUND, timeout=20_000)


def test_the_printed_result_holds_the_verdict_and_what_it_was_checked_against(page):
    check(page, package())
    page.emulate_media(media="print")
    assert not page.locator("#drop").is_visible()
    assert page.locator("#verdict").is_visible()
    assert LOG_VKEY in page.locator("#about").inner_text()
    assert nordhafen().acts[0].id in page.locator("#about").inner_text()
