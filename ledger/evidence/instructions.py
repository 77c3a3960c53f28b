"""`VERIFY.txt`: what a clerk types to check a package with stock tools, on a machine without network.

Guarantees that the commands are the same for every package of one edition but for the numbers in them, so that a
verifier makes the text again and compares; the tests run them as they stand. An edition that went out with a release is
never edited, or its packages would be found fault with: a new one is put beside it, and the first line tells which is meant.
Everything that decides (roots, verifier key) is a file that the clerk brings. It explains; it proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.errors import Malformed
from ledger.evidence import layout
from ledger.evidence.seal import MANIFEST_NAME, SIGNATURE_NAME
from ledger.log.body import Checkpoint
from ledger.log.note import SignedNote
from ledger.log.timestamp import StampName

_TEXT: Final = """\
HOW TO CHECK THIS PACKAGE WITHOUT OUR SOFTWARE (edition 1)

You need: a Linux machine without network, with unzip, sha256sum and openssl 3{tools},
and these files, obtained on your own way, never from this package:
  seal-root.pem    certificate of the authority behind the seal
  log.vkey         the log's verifier key for Ed25519, one line: name+8 digits+44 characters
{tsa}Unpack with unzip into an empty folder, go into it, put your files there, and type the lines that are set in. Should unzip
warn, or ask whether to replace a file, stop: no package holds a file twice, or a name that leads elsewhere.
{page}
1. Nothing in the package was changed since it was listed: every line of the first command must end in OK. Nothing was
   added: the second must print nothing but your own files (typed once more, also those that these lines make).

    sha256sum -c manifest-sha256.txt
    find . ! -type d | cut -c3- | grep -vxF -e manifest-sha256.txt -e {manifest} -e {signature} \\
      -e "$(cut -c67- manifest-sha256.txt)" | sort

2. Who put it together: the seal is over the list of all files, manifest-sha256.txt among them.
   The first line prints when it was sealed, as the sealer says; its certificate, which may have ended since, is judged
   as of then. The second must say "CAdES Verification successful", the third must print 1:

    sealed=$(openssl cms -cmsout -noout -print -inform DER -in {signature} | sed -n '/signingTime/,$s/.*UTCTIME://p')
    echo "$sealed"
    openssl cms -verify -cades -binary -inform DER -in {signature} -content {manifest} \\
      -CAfile seal-root.pem -purpose any -attime "$(date -u -d "$sealed" +%s)" -out /dev/null
    grep -c "manifest-sha256.txt.*$(openssl dgst -sha256 -binary manifest-sha256.txt | openssl base64)" {manifest}

3. The log signed its state at {size} entries (file checkpoint). It must say "Signature Verified Successfully":

    printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000' > log.der
    cut -d+ -f3- log.vkey | openssl base64 -d -A | tail -c 32 >> log.der
    head -n 3 checkpoint > checkpoint.text
    sed -n 5p checkpoint | cut -d' ' -f3 | openssl base64 -d -A | tail -c 64 > checkpoint.sig
    openssl pkeyutl -verify -pubin -inkey log.der -keyform DER -rawin -in checkpoint.text -sigfile checkpoint.sig

4. A statement is in that log. First entry {index} ({file}), whose root and the one that was signed, in the next line, must
   be equal; then every entry, which must give one line, how many files there are, and that same root:

    hash() {{ openssl dgst -sha256 -binary; }}
    prove() {{ # entry, proof: the root that they lead to (RFC 9162, 2.1.3.2)
      node=$(sed -n 's/^index //p' "$2"); last=$(($(sed -n 2p checkpoint) - 1))
      {{ printf '\\000'; cat "$1"; }} | hash > h
      for sibling in $(sed -e '1,/^index /d' -e '/^$/,$d' "$2"); do
        printf %s "$sibling" | openssl base64 -d -A > s
        if [ $((node % 2)) = 1 ] || [ "$node" = "$last" ]; then
          {{ printf '\\001'; cat s h; }} | hash > n
          while [ $((node % 2)) = 0 ] && [ "$node" != 0 ]; do node=$((node / 2)); last=$((last / 2)); done
        else
          {{ printf '\\001'; cat h s; }} | hash > n
        fi
        mv n h; node=$((node / 2)); last=$((last / 2))
      done
      openssl base64 -in h; rm -f h s
    }}
    prove {file} {proof}
    sed -n 3p checkpoint
    for entry in register/*.json statements/*.json; do prove "$entry" "proofs/$(basename "$entry" .json).tlog-proof"; done | uniq -c

{stamps}
{bundle}What these commands do not show: whether each statement was signed by a key that was registered for its signer at its
place in the log, whether statements are missing, and what follows from them in law. Every file in statements/ and
register/ is a JSON Web Signature (RFC 7515) that any JOSE library verifies; the keys are in register/. The program
`control-ledger verify FILE --trust anchors.json` checks all of this offline and recomputes state.json{bundle_too}.
"""

_STAMPS: Final = """\
5. When at the latest. Each command must say "Verification: OK", then prints the moment. Entries below the number in the
   name existed then; consistency/ holds the proofs that the log only grew since.

{commands}
"""
_NO_STAMPS: Final = "5. This package holds no timestamps.\n"
_TOOLS: Final = " (for step 6 also poppler-utils)"
_TSA: Final = "  tsa-root.pem     certificate of the time-stamping authority\n"
_PAGE: Final = """\
Do not rely on the verify.html that lies here: whoever handed over the package could have put in a page that calls everything
sound. Use one that you have on your own way; it opens from disk, and the package is dropped on it.
"""
_BUNDLE: Final = """\
6. The court bundle, bundle.pdf, holds these very entries: each cmp must print nothing. Whether what it says of them in words
   follows from them, only the program named below compares.{signed}

    mkdir attached; pdfdetach -saveall -o attached bundle.pdf 2>/dev/null
    for entry in register/*.json statements/*.json; do cmp "$entry" "attached/entry-$(basename "$entry")"; done
    cmp checkpoint attached/checkpoint.txt; cmp state.json attached/state.json
{command}
"""
_SIGNED: Final = """ The last command must say "Total document signed" and
   "Signature is Valid"; it does not judge whose certificate that is."""
_PDFSIG: Final = "    pdfsig -nocert bundle.pdf 2>/dev/null\n"
_EDITIONS: Final = (_TEXT,)
"""All that ever went out, the one to write last."""


def instructions(members: Mapping[str, bytes]) -> bytes:
    """The text for a package with these members, in the edition of the text they hold, else in the newest. Raises Malformed
    if they are no package's."""
    body = Checkpoint.parse(SignedNote.parse(members[layout.CHECKPOINT]).text)
    statements = layout.statements_in(members)
    about_register = not statements
    index = max(statements or layout.register_in(members) or {0: b""})
    commands = "\n".join(f"    {command}" for command in _stamp_commands(members))
    pdf = members.get(layout.BUNDLE)
    signed = pdf is not None and b"/ByteRange" in pdf
    bundle = (
        _BUNDLE.format(signed=_SIGNED if signed else "", command=_PDFSIG if signed else "") if pdf is not None else ""
    )
    text = _edition(members.get(layout.HOW_TO, b""))
    told = text.format(
        signature=SIGNATURE_NAME,
        manifest=MANIFEST_NAME,
        size=body.size,
        index=index,
        file=layout.entry_name(index, about_register),
        proof=layout.proof_name(index),
        stamps=_STAMPS.format(commands=commands) if commands else _NO_STAMPS,
        tsa=_TSA if commands else "",
        page=_PAGE if layout.PAGE in members else "",
        tools=_TOOLS if pdf is not None else "",
        bundle=bundle,
        bundle_too=" and the words of bundle.pdf" if pdf is not None else "",
    )
    return told.encode()


def _edition(given: bytes) -> str:
    title = given.partition(b"\n")[0].decode("utf-8", "replace")
    return next((text for text in _EDITIONS if text.partition("\n")[0] == title), _EDITIONS[-1])


def _stamp_commands(members: Mapping[str, bytes]) -> list[str]:
    commands = []
    for member in sorted(members):
        if member.startswith("timestamps/") and member.endswith(".tsr"):
            try:
                name = StampName.parse(member.removeprefix("timestamps/"))
            except Malformed:
                continue
            data = f"-data timestamps/{name.covers} -in {member} -CAfile tsa-root.pem"
            told = f"openssl ts -reply -in {member} -text 2>/dev/null | sed -n 's/^Time stamp: //p'"
            commands.append(f'at=$({told}); openssl ts -verify {data} -attime "$(date -u -d "$at" +%s)"; echo "$at"')
    return commands
