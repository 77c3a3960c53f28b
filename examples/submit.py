"""Checks a draft, signs it with a key file, submits it, and believes success only when the receipt proves it.

python examples/submit.py URL TOKEN_FILE KEY.pem DRAFT.json ORIGIN GENESIS VKEY
"""

import os
import sys
from pathlib import Path

from domain.identifiers import parse_statement_id
from ledger.client import Client, Rejected, Trust, open_key, sign_statement
from ledger.log.keys import VerifierKey


def main(url: str, token_file: str, key_file: str, draft_file: str, origin: str, genesis: str, vkey: str) -> int:
    trust = Trust(origin, parse_statement_id(genesis, "genesis"), (VerifierKey.parse(vkey),))
    passphrase_file = os.environ.get("KEY_PASSPHRASE_FILE")
    passphrase = Path(passphrase_file).read_bytes().rstrip(b"\r\n") if passphrase_file else None
    key = open_key(Path(key_file), passphrase)
    # The last checkpoint is remembered beside the draft: a ledger that forks is refused.
    memory = Path(draft_file).with_suffix(".checkpoint")
    with Client(url, trust, Path(token_file).read_text().strip(), memory) as client:
        checked = client.check(Path(draft_file).read_bytes())
        for objection in checked.objections:
            print(f"objection: {objection.words} [{objection.rule}]: {objection.remedy}", file=sys.stderr)
        if not checked.accepted:
            return 1
        try:
            submitted = client.submit(sign_statement(checked.payload, [key]))
        except Rejected as rejected:
            print(f"refused: {rejected}", file=sys.stderr)
            return 1
    print(f"recorded: {submitted.statement} is entry {submitted.index}")
    print(f"proven: under a checkpoint of {submitted.receipt.checkpoint.size} entries")
    Path(draft_file).with_suffix(".receipt").write_bytes(submitted.receipt_bytes)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
