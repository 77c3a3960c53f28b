"""One statement that uses every effect, every op and every member of the format."""

from typing import Any

from tests.ledger.statements.samples import ORIGIN, STEWARD, key_json, log_vkey, register_act, signer

EARLIER: Any = "sha256:" + "ab" * 32
PENDING = {"on": "permit", "retroactive": False, "text": "merger clearance"}
UNTIL = "2025-03-10"

RIGHTS: list[dict[str, Any]] = [
    {
        "effect": "declare",
        "asset": "asset:nordhafen",
        "right": "votes",
        "split": [
            {"holder": "party:a", "share": "1/4", "manner": {"kind": "nominee", "for": "party:b"}},
            {"holder": {"one_of": ["party:b", "party:c"]}, "share": {"units": "83292493000", "of": "83292578000"}},
            {"holder": {"unknown": True}, "share": {"min": "0/1", "max": "1/2"}},
        ],
        "effective": {"from": ["2001-01-01", "2002-06-30"], "zone": "Europe/Moscow", "after": f"{EARLIER}#3"},
    },
    {
        "effect": "move",
        "asset": "asset:nordhafen",
        "right": "title",
        "amount": {"all_but": "1", "of": "100"},
        "from": "party:a",
        "to": {"unknown": True},
        "performs": [EARLIER, f"{EARLIER}#2", "#1"],
        "manner": {"kind": "administration"},
        "pending": PENDING,
        "voidable": True,
    },
    {
        "effect": "reunit",
        "asset": "asset:nordhafen",
        "cancel": [{"holder": "party:a", "share": "1/1"}],
        "issue": [{"holder": "party:b", "share": "1/1", "manner": {"kind": "nominee"}}],
        "pending": {"on": "final", "retroactive": True},
    },
]

MEASURES: list[dict[str, Any]] = [
    {
        "effect": "impose",
        "kind": "trusteeship",
        "over": ["asset:nordhafen", "party:a", {"asset": "asset:nordhafen", "holder": "party:b"}],
        "powers": {"vote": "takes", "manage": "directs", "use": "vetoes", "dispose": "forbids", "receive": "takes"},
        "holder": "party:ministry",
        "rank": {"above": [f"{EARLIER}#1"]},
        "term": {"until": UNTIL, "max_step": "P6M"},
        "limit": {"right": "title", "below": "1/4"},
        "reach": {"share": "1/2", "test": "at-least", "aggregate": True, "regime": "eu-833-2014"},
        "binds": ["party:a", "party:b"],
        "transaction": EARLIER,
        "sanction": "voidable",
        "secures": f"{EARLIER}#4",
        "norm": "norm:ensig",
        "source_rank": {"date": "2020-01-02", "number": "7"},
        "text": "Anordnung",
        "pending": {"on": "fulfilled", "retroactive": False},
    },
    {"effect": "alter", "measure": "#1", "op": "extend", "until": ["2025-03-01", "2025-03-31"]},
    {"effect": "alter", "measure": "#1", "op": "assign", "holder": "party:c"},
    {"effect": "alter", "measure": "#1", "op": "rank", "rank": {"above": [f"{EARLIER}#1"]}},
    {"effect": "alter", "measure": "#1", "op": "powers", "powers": {"vote": "takes"}},
    {"effect": "alter", "measure": "#1", "op": "limit", "limit": {"right": "votes", "at_most": "1/2"}},
    {"effect": "alter", "measure": "#1", "op": "suspend", "stops_clock": True, "until": "2024-12-31"},
    {"effect": "alter", "measure": "#1", "op": "subordinate", "below": [f"{EARLIER}#2"]},
    {"effect": "alter", "measure": "#1", "op": "resume"},
    {"effect": "alter", "measure": "#1", "op": "end"},
    {"effect": "alter", "measure": "#1", "op": "discharge"},
    {"effect": "alter", "measure": "#1", "op": "fulfil"},
    {
        "effect": "permit",
        "kind": "licence",
        "op": "granted",
        "of": f"{EARLIER}#1",
        "excepts": ["#1"],
        "transaction": EARLIER,
        "over": ["asset:nordhafen"],
        "to": ["party:b", "party:a"],
        "conditions": [{"text": "report monthly", "by": "2025-01"}],
        "limit": {"right": "economic", "at_most": "1/3"},
        "until": "2025-06-30",
        "number": "GL-124",
        "text": "General licence",
    },
    {"effect": "permit", "kind": "clearance", "op": "revoked", "of": f"{EARLIER}#1", "time": "2024-06-01"},
]

COURTS: list[dict[str, Any]] = [
    {
        "effect": "proceed",
        "proceeding": "proceeding:bverwg-8-a-2-22",
        "stage": "decided",
        "forum": "DE",
        "court": "party:bverwg",
        "number": "8 A 2.22",
        "institution": "Bundesverwaltungsgericht",
        "claimants": ["party:b", "party:a"],
        "respondents": ["party:ministry"],
        "concerns": [EARLIER, f"{EARLIER}#1", "asset:nordhafen"],
        "decision": {"outcome": "dismissed", "force": "on_finality", "reviews": f"{EARLIER}#2"},
        "on": f"{EARLIER}#3",
        "suspensive": True,
        "until": "2024-12-31",
        "text": "Klage abgewiesen",
    },
    {
        "effect": "void",
        "target": f"{EARLIER}#1",
        "time": "own",
        "reach": "dependants",
        "ground": "annulment",
        "consequence": "revives",
    },
    {
        "effect": "void",
        "target": {"asset": "asset:nordhafen", "right": "title", "text": "the sale of 1994", "holder": "party:a"},
        "time": "1994-05-01",
        "reach": "this",
        "ground": "avoidance",
    },
    {"effect": "void", "target": EARLIER, "time": "unstated", "reach": "this", "ground": "error"},
    {"effect": "admit", "forum": "GB", "answer": "recognised", "target": EARLIER, "proceeding": "proceeding:hc-1"},
    {"effect": "admit", "forum": "EU", "answer": "refused", "government": "party:g", "state": "party:s"},
    {
        "effect": "owe",
        "kind": "compensation",
        "debtor": "party:state",
        "payee": "party:a",
        "amount": {"min": "1000000", "max": "2500000.75", "currency": "EUR"},
        "asset": "asset:nordhafen",
        "cause": EARLIER,
        "replaces": f"{EARLIER}#2",
        "valuation_date": "2022-02-24",
        "due": "2025-01-01T00:00:00Z",
        "interest": "5 % a year",
        "text": "provisional",
    },
    {
        "effect": "pay",
        "payer": "party:state",
        "payee": "party:a",
        "amount": {"amount": "0.5", "currency": "USD"},
        "debt": "#7",
        "asset": "asset:nordhafen",
        "refused": True,
    },
]

IDENTITY: list[dict[str, Any]] = [
    {
        "effect": "exist",
        "op": "register",
        "subject": "asset:nordhafen",
        "kind": "company",
        "place": "DE",
        "zone": "Europe/Berlin",
        "name": "Nordhafen GmbH",
        "identifiers": [{"scheme": "LEI", "value": "529900T8BM49AURSDO55"}, {"scheme": "IMO", "value": "9074729"}],
        "units": "25000",
        "text": "entered in the commercial register",
    },
    {"effect": "exist", "op": "register", "subject": "norm:ensig", "kind": "statute"},
    {"effect": "exist", "op": "name", "subject": "asset:nordhafen", "name": "Hafen Nord GmbH"},
    {
        "effect": "exist",
        "op": "identify",
        "subject": "party:a",
        "identifiers": [{"scheme": "register", "value": "GB-COH 03273685"}],
    },
    {
        "effect": "exist",
        "op": "divide",
        "subject": "asset:nordhafen",
        "parts": [{"asset": "asset:pier", "share": "1/3"}, {"asset": "asset:crane"}],
    },
    {"effect": "exist", "op": "merge", "subject": "party:a", "others": ["party:b"]},
    {"effect": "exist", "op": "succeed", "subject": "party:a", "others": ["party:c", "party:b"]},
    {"effect": "exist", "op": "same", "subject": "party:a", "others": ["party:d"]},
    {"effect": "exist", "op": "distinct", "subject": "party:a", "others": ["party:e"]},
    {"effect": "exist", "op": "end", "subject": "party:a", "text": "struck off"},
    {"effect": "exist", "op": "amend", "subject": "norm:ensig", "others": ["norm:ensig-novelle"]},
    {"effect": "exist", "op": "repeal", "subject": "norm:ensig"},
    {"effect": "conceal", "op": "seal", "target": f"{EARLIER}#1"},
    {
        "effect": "state",
        "kind": "agreement",
        "about": [f"{EARLIER}#1", "proceeding:hc-1"],
        "parties": ["party:b", "party:a"],
        "asset": "asset:nordhafen",
        "amount": "1/2",
        "buyer": "party:b",
        "conditions": [{"text": "merger clearance"}],
        "long_stop": "2025-12-31",
        "text": "signed in Hamburg",
    },
]


def every_form(effects: list[dict[str, Any]]) -> dict[str, Any]:
    """A statement with `effects` and every member a head can have."""
    return {
        "v": 1,
        "ledger": {"origin": ORIGIN, "genesis": EARLIER},
        "type": "ownership.transferred",
        "subjects": ["asset:nordhafen", "party:a"],
        "follows": [EARLIER, None],
        "exact": True,
        "effective": {"from": "2024-02-29", "until": "2024-12-31", "zone": "Europe/Berlin", "after": f"{EARLIER}#1"},
        "notice": [
            {"to": "public", "at": "2024-03", "how": "gazette"},
            {"to": "party:a", "at": "2024-03-02", "how": "service", "zone": "Europe/Paris"},
            {"to": "party:b", "at": "2024-03-02T10:00:00.5Z".replace(".5", ".500"), "how": "hearing"},
        ],
        "actor": "party:ministry",
        "signers": [
            signer("party:ministry", "officer"),
            {
                **signer("party:steward", "transcriber", "transcriber"),
                "sources": [{"title": "Bundesanzeiger", "accessed": "2026-11-22", "url": "https://example.org/a"}],
            },
        ],
        "basis": {
            "kind": "order",
            "title": "Anordnung der Treuhandverwaltung",
            "number": "BAnz AT 16.09.2022 B1",
            "ecli": "ECLI:DE:BVerwG:2023:140323U8A2.22.0",
            "eli": "eli/bund/banz/2022",
            "gazette": "BAnz",
            "legal_basis": "§ 17 EnSiG",
            "date": "2022-09-16",
        },
        "effects": effects,
        "despite": [
            {"rule": "freeze.live", "statement": None},
            {"rule": "freeze.live", "statement": EARLIER},
            {"rule": "holder.too-little", "statement": EARLIER},
        ],
        "records": EARLIER,
        "evidence": [
            {
                "title": "Order",
                "media_type": "application/pdf",
                "size": "1024",
                "sha256": "0" * 64,
                "sha512": "1" * 128,
            },
            {"title": "Annex", "media_type": "application/pdf", "size": "0", "commit": "2" * 64},
        ],
        "sealed": [{"name": "price", "commit": "3" * 64}],
        "seen": {"size": "12", "root": "4" * 64},
        "submit_by": "2026-12-31T23:59:59Z",
    }


REGISTER_EFFECTS: list[dict[str, Any]] = [
    {"effect": "authorise", "op": "key-add", "party": "party:a", "key": key_json(STEWARD)},
    {"effect": "authorise", "op": "key-rotate", "party": "party:a", "key": key_json(STEWARD), "replaces": STEWARD.kid},
    {"effect": "authorise", "op": "key-revoke", "thumbprint": STEWARD.kid, "reason": "lost"},
    {
        "effect": "authorise",
        "op": "competence-add",
        "competence": {
            "party": "party:a",
            "types": ["control.*", "ownership.transferred"],
            "forum": "body:icsid",
            "from": "2020-01-01",
            "until": "2030-12-31",
            "zone": "Europe/Berlin",
        },
    },
    {"effect": "authorise", "op": "competence-end", "competence": {"party": "party:a", "types": ["*"]}},
    {"effect": "authorise", "op": "rules-adopt", "rules": {"law": "2026.1", "tzdata": "2026f", "codes": "2026.1"}},
    {"effect": "authorise", "op": "root-add", "party": "party:a", "key": key_json(STEWARD), "threshold": "3"},
    {"effect": "authorise", "op": "root-revoke", "thumbprint": STEWARD.kid, "threshold": "1"},
    {"effect": "authorise", "op": "log-key", "vkey": log_vkey()},
    {"effect": "authorise", "op": "service-key", "key": key_json(STEWARD)},
    {"effect": "authorise", "op": "forum-nest", "inner": "DE", "outer": "EU"},
]

ALL: dict[str, dict[str, Any]] = {
    "rights": every_form(RIGHTS),
    "measures": every_form(MEASURES),
    "courts": every_form(COURTS),
    "identity": every_form(IDENTITY),
    "register": register_act(REGISTER_EFFECTS, [signer("party:a", "root")]),
}
