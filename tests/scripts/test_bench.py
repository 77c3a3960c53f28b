"""The bench says what it did not measure, and draws what it did."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scripts import bench
from scripts.peers import picture


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs the bench over these scripts, by their text; its exit code, its file and its words."""

    def running(*scripts: str) -> tuple[int, dict, str]:
        for n, text in enumerate(scripts):
            (tmp_path / f"bench_{n}.py").write_text(text)
        monkeypatch.setattr(bench, "SCRIPTS", tmp_path)
        monkeypatch.setattr(sys, "argv", ["bench.py", "--into", str(tmp_path / "bench.json")])
        code = bench.main()
        return code, json.loads((tmp_path / "bench.json").read_text()), capsys.readouterr().out

    return running


def printing(names: list[str]) -> str:
    return f"print('''{json.dumps({'figures': {key: {'value': 1, 'unit': 's'} for key in names}})}''')"


def test_every_promised_figure_measured_is_a_success(run):
    promised = [name for names in bench.PROMISED.values() for name in names.split()]
    code, report, _ = run(printing(promised[:5]), printing(promised[5:]))
    assert code == 0
    assert set(report["figures"]) == set(promised)
    assert set(report["seconds"]) == {"bench_0.py", "bench_1.py"}


def test_a_promised_figure_that_nobody_measured_is_named_and_fails_the_run(run):
    promised = [name for names in bench.PROMISED.values() for name in names.split()]
    code, report, said = run(printing(promised[1:]))
    assert code == 1
    assert report["missing"] == promised[:1]
    assert f"missing: {promised[0]}" in said


def test_a_script_that_fails_is_named_and_the_others_count(run):
    promised = [name for names in bench.PROMISED.values() for name in names.split()]
    code, report, said = run("raise SystemExit('no')", printing(promised))
    assert code == 1
    assert report["failed"] == ["bench_0.py"]
    assert report["missing"] == []
    assert "failed: bench_0.py" in said


@pytest.fixture
def figures() -> dict[str, dict]:
    names = [f"peer_{kind}_{name}" for kind in picture.KINDS for name in picture.SYSTEMS]
    return {name: {"value": 10 * n + 20, "least": 10 * n + 12, "greatest": 10 * n + 29} for n, name in enumerate(names)}


def test_the_picture_has_a_bar_for_each_system_and_the_longest_for_the_fastest(figures):
    root = ElementTree.fromstring(picture.draw(figures))
    bars = list(root.iter("{http://www.w3.org/2000/svg}rect"))[1:]
    assert len(bars) == 2 * len(picture.SYSTEMS)
    widths = [float(bar.attrib["width"]) for bar in bars]
    assert widths == sorted(widths)
    assert len(set(widths)) == len(widths)
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {title for title, _ in picture.SYSTEMS.values()} <= set(texts)


def test_the_table_says_median_and_spread(figures):
    lines = picture.table(figures).splitlines()
    assert len(lines) == 2 + len(picture.SYSTEMS)
    assert lines[2].endswith("| 20 (12–29) | 100 (92–109) |")


def test_the_pins_of_the_peers_name_no_registry():
    pins = (Path(picture.__file__).parent / "package-lock.json").read_text()
    assert "integrity" in pins
    assert "resolved" not in pins
    assert "://" not in pins
