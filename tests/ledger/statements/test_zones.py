"""Zones come from the archive of the adopted version, never from the machine."""

from datetime import UTC, date, datetime
from importlib import import_module
from importlib.resources import files

import pytest

from domain.periods import day_end, day_start
from ledger.statements.zones import TzdataUnknown, load_zones, tzdata_versions

TZDATA = import_module("tzdata")


def test_the_archive_holds_what_the_pinned_package_holds():
    zones = load_zones(TZDATA.IANA_VERSION)
    names = sorted(files("tzdata").joinpath("zones").read_text("ascii").split())
    assert list(zones) == names
    for name in names:
        assert zones._archive.read(name) == files("tzdata").joinpath("zoneinfo", name).read_bytes()  # type: ignore[attr-defined]  # the bytes themselves


def test_zones_do_not_come_from_the_machine(monkeypatch):
    monkeypatch.setattr("zoneinfo.TZPATH", ())
    zones = load_zones.__wrapped__("2026f")
    assert day_start(date(2024, 3, 31), "Europe/Berlin", zones) == datetime(2024, 3, 30, 23, tzinfo=UTC)
    assert day_end(date(2024, 3, 31), "Europe/Berlin", zones) == datetime(2024, 3, 31, 22, tzinfo=UTC)
    assert "Europe/Atlantis" not in zones
    assert "Europe/Moscow" in zones
    with pytest.raises(KeyError):
        zones["Europe/Atlantis"]
    assert len(zones) > 500


def test_a_version_that_is_not_shipped():
    assert "2026f" in tzdata_versions()
    for version in ("1999a", "../2026f", ""):
        with pytest.raises(TzdataUnknown) as caught:
            load_zones(version)
        assert caught.value.version == version
