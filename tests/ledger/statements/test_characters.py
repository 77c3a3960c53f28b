"""The characters a statement may hold do not depend on the running Python."""

import unicodedata

from ledger.statements.characters import UNICODE, assigned


def test_every_code_point_of_unicode_14_is_told_right():
    if unicodedata.unidata_version == UNICODE:
        wrong = [c for c in range(0x110000) if assigned(c) is (unicodedata.category(chr(c)) == "Cn")]
    else:  # a later version only assigns more
        wrong = [c for c in range(0x110000) if assigned(c) and unicodedata.category(chr(c)) == "Cn"]
    assert wrong == []


def test_a_character_of_a_later_version_is_refused_by_every_python():
    assert assigned(ord("ẞ"))
    assert not assigned(0x1FAE8)  # SHAKING FACE, Unicode 15.0
    assert not assigned(0x2FFE0)
