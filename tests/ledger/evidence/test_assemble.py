"""Whole packages: bundle and page inside, compared by the verifier; the commands that make and check them."""

import io
import json
import subprocess
import sys
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import typer
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from domain.answers import Asked
from ledger.cli import evidence as commands
from ledger.cli import proving
from ledger.cli.app import run
from ledger.cli.options import CheckFailed, CheckIncomplete, console
from ledger.evidence.assemble import Parts, assemble, finish
from ledger.evidence.bundle import build_bundle, bundle_input_from, renderer
from ledger.evidence.container import read_container, write_container
from ledger.evidence.local_authority import issue, pem
from ledger.evidence.package import seal_package
from ledger.evidence.verify import verify_package
from tests.ledger.evidence.packages import NOW, YESTERDAY, Court, court_house
from tests.ledger.ledgers import PORT


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with court_house(tmp_path_factory.mktemp("court")) as (house, court):
        yield house, court


@pytest.fixture(scope="module")
def court(bench) -> Court:
    return bench[1]


@pytest.fixture(scope="module")
def whole(court) -> bytes:
    return finish(court.gathered, court.sealer, Parts(authority=("local", court.authority.post)))


def result_of(court: Court, archive: bytes, name: str) -> str:
    return next(c.result for c in verify_package(archive, court.anchors).checks if c.name == name)


def test_a_whole_package_passes_every_check(court, whole):
    report = verify_package(whole, court.anchors)
    assert [c.result for c in report.checks] == ["passed"] * 16, report.to_text()


def unpacked(archive: bytes, folder: Path) -> str:
    """What a clerk reads and types in an empty folder, step 6, which is about the bundle."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(folder)
    told = (folder / "VERIFY.txt").read_text()
    lines = told[told.index("\n6. ") :].splitlines()
    script = "\n".join(line[4:] for line in lines if line.startswith("    "))
    done = subprocess.run(["sh", "-c", f"exec 2>&1\n{script}"], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


def test_a_clerk_compares_the_bundle_with_the_entries_and_is_warned_of_the_page(court, whole, tmp_path):
    told = unpacked(whole, tmp_path / "whole")
    assert "Total document signed" in told
    assert "Signature Validation: Signature is Valid." in told
    assert told.startswith("Digital Signature Info"), "no difference before it"
    how = (tmp_path / "whole" / "VERIFY.txt").read_text()
    assert "Do not rely on the verify.html that lies here" in how
    unsigned = assemble_unsigned(court)
    assert unpacked(unsigned, tmp_path / "unsigned") == ""
    assert "pdfsig" not in (tmp_path / "unsigned" / "VERIFY.txt").read_text()


def test_a_clerk_sees_a_bundle_of_other_entries_and_what_was_added_to_one(court, whole, tmp_path):
    members = dict(read_container(whole).members)
    other = members["statements/10.json"].replace(b'"v":1', b'"v":2')
    told = unpacked(write_container({**members, "statements/10.json": other}), tmp_path / "other")
    assert "statements/10.json attached/entry-10.json differ" in told
    longer = members["bundle.pdf"] + b"\n1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n"
    told = unpacked(write_container({**members, "bundle.pdf": longer}), tmp_path / "longer")
    assert "Total document signed" not in told.replace("Not total document signed", "")


def assemble_unsigned(court: Court) -> bytes:
    given = bundle_input_from(court.gathered.state, court.gathered.entries, court.gathered.checkpoint)
    return seal_package(court.gathered, {"bundle.pdf": build_bundle(given)}, court.sealer, renderer())


def test_a_bundle_that_says_something_else_is_found(court, whole):
    members = dict(read_container(whole).members)
    assert result_of(court, court.resealed(members), "bundle") == "passed"
    bundle = bytearray(members["bundle.pdf"])
    bundle[len(bundle) // 3] ^= 1
    members["bundle.pdf"] = bytes(bundle)
    assert result_of(court, court.resealed(members), "bundle") == "failed"


def test_a_bundle_taken_away_is_found(court, whole):
    members = dict(read_container(whole).members)
    del members["bundle.pdf"]
    assert result_of(court, court.resealed(members), "bundle") == "failed"


@pytest.mark.parametrize("added", [b"\n", b"1 0 obj\n<<>>\nendobj\n", b"/ByteRange [0 1 2 3]"])
def test_what_is_added_behind_a_sealed_bundle_is_found(court, whole, added: bytes):
    members = dict(read_container(whole).members)
    members["bundle.pdf"] += added
    assert result_of(court, court.resealed(members), "bundle") == "failed"


def test_a_bundle_whose_signature_is_none_is_found(court, whole):
    members = dict(read_container(whole).members)
    bundle = members["bundle.pdf"]
    at = bundle.rindex(b"/Contents <") + 11
    members["bundle.pdf"] = bundle[:at] + b"0" * 200 + bundle[at + 200 :]
    assert result_of(court, court.resealed(members), "bundle") == "failed"


def test_a_bundle_of_another_renderer_is_not_compared_and_not_passed(court, whole):
    members = dict(read_container(whole).members)
    members["package.json"] = members["package.json"].replace(b'"renderer":"typst ', b'"renderer":"typst 9')
    assert result_of(court, court.resealed(members), "bundle") == "not checked"


def test_another_page_is_not_vouched_for(court, whole):
    members = dict(read_container(whole).members)
    members["verify.html"] += b"<!-- other -->"
    assert result_of(court, court.resealed(members), "page") == "not checked"


def test_the_commands_make_and_check_a_package(bench, court, tmp_path, monkeypatch):
    house, _ = bench
    app = typer.Typer()
    app.command()(commands.evidence)
    app.command()(commands.verify)
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "seal.key").write_bytes(court.sealer.key.private_bytes(*plain))
    (tmp_path / "seal.pem").write_bytes(pem(court.sealer.chain[0]))
    (tmp_path / "anchors.json").write_bytes(court.anchors.to_bytes())
    monkeypatch.chdir(tmp_path)
    seal = ["--seal-key", "seal.key", "--seal-chain", "seal.pem", "--no-bundle", "--no-page"]
    (tmp_path / "shown").write_bytes(court.members["timestamps/7.checkpoint"])
    asked = ["evidence", PORT, "-o", "port.asice", "--effective", "2024-12-31", "--ledger", str(house.path), *seal]
    asked += ["--earlier", "shown"]
    made = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert made.exit_code == 0, made.output
    checked = CliRunner().invoke(app, ["verify", "port.asice", "--trust", "anchors.json"])
    assert isinstance(checked.exception, CheckIncomplete), "what could not be checked is not said to be sound"
    assert checked.output.startswith("No findings. 13 checks passed, 3 could not be made: timestamps, bundle, page.")
    assert "the log only grew since it had 7 entries" in checked.output
    broken = bytearray((tmp_path / "port.asice").read_bytes())
    broken[len(broken) // 2] ^= 1
    (tmp_path / "port.asice").write_bytes(broken)
    refused = CliRunner().invoke(app, ["verify", "port.asice", "--trust", "anchors.json", "--json"])
    assert isinstance(refused.exception, CheckFailed)
    assert '"sound":false' in refused.output


def test_the_exit_code_tells_found_not_checked_and_wrong_usage_apart(court, whole, tmp_path, capsys):
    package, trust = tmp_path / "case.asice", tmp_path / "anchors.json"
    trust.write_bytes(court.anchors.to_bytes())

    def code(archive: bytes, *more: str) -> int:
        package.write_bytes(archive)
        return run(["verify", str(package), "--trust", str(trust), *more])

    assert code(whole) == 0
    assert code(court.archive) == 3, "no bundle and no page in it"
    assert code(court.archive[:-1]) == 1
    capsys.readouterr()
    trust.write_bytes(b"{}")
    assert code(whole) == 2, "anchors that are none say nothing against the package"
    assert "holds no anchors" in capsys.readouterr().err
    assert code(whole, "--json") == 2
    assert json.loads(capsys.readouterr().out)["error"] == "usage"


@pytest.fixture
def stamping_server(court):
    """The local authority behind HTTP, as real ones are."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name http.server calls
            if self.path == "/busy":
                self.send_error(503)
                return
            assert self.headers["Content-Type"] == "application/timestamp-query"
            reply = court.authority.post("", self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *args: object) -> None:
            """Nothing on standard error."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_command_has_the_published_checkpoint_stamped_over_http(
    bench, court, tmp_path, stamping_server, monkeypatch
):
    house, _ = bench
    app = typer.Typer()
    app.command()(commands.stamp)
    monkeypatch.setattr(commands, "_wait", lambda attempt: None)
    (tmp_path / "root.pem").write_bytes(pem(court.authority.root.certificate))
    size = house.reader.size
    arguments = [
        "--stamps",
        str(tmp_path / "stamps"),
        "--root",
        str(tmp_path / "root.pem"),
        "--ledger",
        str(house.path),
    ]
    done = CliRunner().invoke(app, [*arguments, "--authority", f"local={stamping_server}/"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert f"{size}-local.tsr: " in done.output
    again = CliRunner().invoke(app, [*arguments, "--authority", f"local={stamping_server}/"], catch_exceptions=False)
    assert "Nothing to do" in again.output
    failed = CliRunner().invoke(app, [*arguments, "--authority", f"other={stamping_server}/busy"])
    assert isinstance(failed.exception, CheckFailed)
    assert "503" in failed.output


def test_an_audit_lists_the_stamps(bench, court, tmp_path):
    house, _ = bench
    app = typer.Typer()
    app.command()(proving.audit)
    (tmp_path / "root.pem").write_bytes(pem(court.authority.root.certificate))
    folder = house.path.parent / "timestamps"
    arguments = ["--ledger", str(house.path), "--stamps", str(folder), "--root", str(tmp_path / "root.pem")]
    told = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert told.exit_code == 0
    assert "7-local.tsr, " in told.output
    stranger = issue("Another authority", None, YESTERDAY, authority=True)
    (tmp_path / "root.pem").write_bytes(pem(stranger.certificate))
    refused = CliRunner().invoke(app, [*arguments, "--json"])
    assert isinstance(refused.exception, CheckFailed)
    assert "issuer certificate" in refused.output


def test_an_authority_is_asked_over_http_only(tmp_path):
    (tmp_path / "reply").write_bytes(b"x")
    with pytest.raises(OSError, match="over http or https"):
        commands.post((tmp_path / "reply").as_uri(), b"")


def test_a_demonstration_leaves_packages_and_anchors(bench, tmp_path, monkeypatch):
    house, _ = bench
    monkeypatch.setattr(commands, "DEMONSTRATED", (("port", "2024-12-31"),))
    assert commands.demonstrate(tmp_path, house.reader, console())
    assert {"port.asice", "anchors.json", "verify.html"} <= {path.name for path in tmp_path.iterdir()}
    assert {path.name for path in (tmp_path / "court").iterdir()} == {"seal-root.pem", "tsa-root.pem", "log.vkey"}


def test_the_courts_commands_in_the_readme_do_what_they_say(bench, tmp_path, monkeypatch):
    house, _ = bench
    monkeypatch.setattr(commands, "DEMONSTRATED", (("port", "2024-12-31"),))
    assert commands.demonstrate(tmp_path / "build" / "demo", house.reader, console())
    readme = (Path(__file__).resolve().parents[3] / "README.md").read_text()
    part = readme[readme.index("## What a court types") : readme.index("## Who has to be trusted")]
    typed = [line[4:].replace("rosneft-deutschland", "port") for line in part.splitlines() if line.startswith("    ")]
    program = str(Path(sys.executable).with_name("control-ledger"))
    script = "\n".join(typed).replace(".venv/bin/control-ledger", program)
    done = subprocess.run(["sh", "-ec", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Sound: all 16 checks passed.")
    assert "every file as listed\n1\n" in done.stdout
    assert "CAdES Verification successful" in done.stderr
    assert "Verification: OK" in done.stdout + done.stderr


def test_the_same_package_twice_but_for_the_seals(bench, court):
    parts = Parts(page=True, bundle=True)
    one = read_container(assemble(bench[0].reader, PORT, Asked(), NOW, court.sealer, parts)).members
    other = read_container(assemble(bench[0].reader, PORT, Asked(), NOW, court.sealer, parts)).members
    listed = {"bundle.pdf", "manifest-sha256.txt", "META-INF/ASiCManifest001.xml", "META-INF/signature001.p7s"}
    assert {name for name in one if one[name] != other[name]} <= listed
