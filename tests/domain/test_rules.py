"""The table of rules against the code that names them."""

import re
from pathlib import Path

from domain.rules import RULES

DOMAIN = Path(__file__).resolve().parents[2] / "domain"
BARS = ("caps", "dealings", "disposal")
TRIALS = [path.stem for path in DOMAIN.glob("trial*.py")]
NAMED = re.compile(
    r'(trial\.irregular|_?impossible|trial\.objection|Bar|Misfit|Objection)\(\s*(?:"(impossible|irregular)",\s*)?(?:\w+,\s*)?"([a-z-]+\.[a-z-]+)"'
)


def test_every_rule_the_law_names_is_in_the_table_with_its_kind():
    kinds = {rule.name: rule.kind for rule in RULES}
    found = 0
    for name in ("coherence", "findings", "grants", "register", "type_objections", *BARS, *TRIALS):
        for maker, kind, rule in NAMED.findall((DOMAIN / f"{name}.py").read_text()):
            assert rule in kinds, f"{name} names {rule}"
            stated = kind or {
                "trial.irregular": "irregular",
                "_impossible": "impossible",
                "impossible": "impossible",
                "Bar": "irregular",
            }.get(maker)
            assert stated in (None, kinds[rule]), rule
            found += 1
    assert found > 60


def test_no_rule_is_listed_twice():
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))
