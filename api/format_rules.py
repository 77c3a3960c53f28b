"""What each rule of the statement format demands, and what to do about a breach: the pages behind the `type` of a 400.

Guarantees one entry for every rule that the parsers name (a test reads the parsers' source and compares). Which rule was
broken, and where, the parser says (`Malformed`); the form itself is in docs/statement-format.md. `ECHOING` lists the rules
whose explanations repeat something the sender wrote: over HTTP their general meaning stands in for it.
"""

from __future__ import annotations

from typing import Final

FORMAT_RULES: Final[dict[str, tuple[str, str]]] = {
    "amount.reversed": ("A range of amounts has its minimum below its maximum.", "Swap the two amounts."),
    "amount.spelling": (
        "An amount is a decimal string without leading zero, nor trailing zero after a point.",
        "Write 1250.5, not 1250.50 or 01250.5; leave out separators and signs.",
    ),
    "certificate.other-hash": (
        "x5t#S256 is the SHA-256 of the certificate beside it.",
        "Compute it from the certificate's DER, or leave it out.",
    ),
    "certificate.other-key": (
        "The certificate of a header holds the key that kid names.",
        "Send the certificate of the key that signed, or none.",
    ),
    "certificate.spelling": (
        "x5c holds one certificate, the leaf, as padded base64 of its DER.",
        "Export the leaf in DER and encode it with ordinary base64, in one line.",
    ),
    "code.not-in-list": ("A word of a closed list was expected.", "Use one of the words the explanation lists."),
    "code.unknown-country": (
        "A forum is a country of ISO 3166-1, EU, or body: and a slug.",
        "Use the country's two capital letters as in force today.",
    ),
    "code.unknown-currency": ("A currency is a code of ISO 4217.", "Use the three letters as in force today."),
    "count.spelling": ("A count is a decimal string without leading zero.", "Write it so, in quotes."),
    "currency.spelling": ("A currency is three capital letters.", "Write EUR, not eur or €."),
    "despite.rule-spelling": (
        "despite names a rule as an objection does.",
        "Copy rule and statement from the objection the ledger answered.",
    ),
    "draft.label": ("A draft has a label that is unique in its file.", "Give it one of letters, digits and . _ -."),
    "draft.label-unknown": (
        "A reference @label names an earlier draft of the same file.",
        "Send the drafts in order in one file, or write the statement id.",
    ),
    "draft.member": (
        "v, ledger and follows are filled in when a draft is compiled.",
        "Leave them out of a draft, or send the complete statement.",
    ),
    "draft.name-ambiguous": ("A name must be borne by one subject at that date.", "Write the identifier that is meant."),
    "draft.name-unknown": ("A name must be borne by a subject at that date.", "Write the subject's identifier."),
    "draft.subjects": ("The effects are about nothing in particular.", "State the subjects."),
    "effect.unknown": ("The effect is none of the fifteen.", "Use one of those the explanation lists."),
    "entry.head": ("An entry names the head of a stream by count and leaf hash.", "Read the entry again, unaltered."),
    "entry.prev": ("An entry names one head for each subject.", "Read the entry again, unaltered."),
    "entry.recorded-at": ("An entry's time has 24 characters.", "Read the entry again, unaltered."),
    "entry.too-large": (
        "Statement and signatures together must fit into an entry of 65,535 bytes.",
        "Leave certificates out of the headers, or split the statement.",
    ),
    "entry.version": ("The entry is of a version this ledger does not read.", "Use a release that reads it."),
    "envelope.crit": ("No header extension is understood here.", "Leave crit out and sign again."),
    "envelope.header-missing": (
        "A protected header holds alg, kid, typ and iat.",
        "Add what is missing and sign again: the header is signed too.",
    ),
    "envelope.header-unknown": (
        "Only alg, kid, typ, iat, x5c, x5t#S256 and cty may stand in a protected header.",
        "Leave the others out and sign again.",
    ),
    "envelope.iat": ("iat is whole seconds since 1970, as a number.", "Write it without quotes or point, and sign again."),
    "envelope.key-repeated": ("Each signer signs with a key of its own.", "Have the other signer sign with its own key."),
    "envelope.noncanonical-base64": (
        "base64url re-encodes to itself.",
        "Encode with an ordinary library; do not edit the text.",
    ),
    "envelope.padded-base64": ("base64url stands without padding.", "Leave out the = at the end."),
    "envelope.signature-extra": (
        "There is exactly one signature for each element of signers.",
        "Remove the signatures of others.",
    ),
    "envelope.signature-invalid": (
        "A signature is not valid under the registered key.",
        "Sign the bytes BASE64URL(header).BASE64URL(payload) of exactly this header and payload, and try again.",
    ),
    "envelope.signature-missing": (
        "There is exactly one signature for each element of signers.",
        "Collect the missing signatures over the same payload.",
    ),
    "envelope.signature-reordered": ("Signatures stand in the order of signers.", "Reorder the signatures."),
    "envelope.typ": ("typ says what is signed: control-statement+json.", "Set it and sign again."),
    "envelope.unprotected-header": ("An unprotected header proves nothing.", "Leave it out; nothing has to be signed again."),
    "evidence.media-type": ("A document names its media type.", "Write one such as application/pdf."),
    "forum.spelling": (
        "A forum is two capital letters (ISO 3166-1, or EU), or body: and a slug.",
        "Write GB, not GBR or gb; write body:icsid for an institution.",
    ),
    "hash.spelling": ("A hash is written in lower-case hexadecimal digits.", "Write it so, in full length."),
    "identifier.check-digit": (
        "An outside identifier has the form and check digit of its scheme.",
        "Compare it with its source; the check digit finds mistyped ones.",
    ),
    "json.bidi-character": ("Text holds no bidirectional controls: they show other than they are.", "Leave them out."),
    "json.control-character": ("Text holds no control characters.", "Leave them out; use several texts for several lines."),
    "json.duplicate-key": ("A member occurs once.", "Remove one of the two."),
    "json.float": ("Numbers are integers.", "Write amounts and shares as strings."),
    "json.integer-too-large": ("Integers lie below 2^53.", "Write it as a string."),
    "json.lone-surrogate": ("Text is Unicode; half a surrogate pair is not.", "Remove it, or write the whole character."),
    "json.member-name": ("Member names are those of the format.", "Compare the names with the format."),
    "json.noncharacter": ("Text holds no noncharacters.", "Leave them out."),
    "json.not-an-object": ("A JSON object was expected.", "Send the object itself, not a list, string or number."),
    "json.not-canonical": (
        "The signed payload is in RFC 8785 canonical form.",
        "Canonicalise (the check route returns the bytes), then sign those bytes.",
    ),
    "json.not-utf-8": ("The bytes are UTF-8.", "Encode the text as UTF-8, without a byte order mark."),
    "json.string-not-nfc": ("Text is in Unicode normalisation form C.", "Normalise it before signing."),
    "json.syntax": ("The bytes are JSON.", "Check brackets, quotes and commas at the place named."),
    "json.too-deep": ("Nothing nests deeper than 32.", "Compare the structure with the format."),
    "json.too-large": ("A statement has at most 24,576 bytes, an envelope 65,535.", "Split the statement."),
    "json.unassigned-character": ("Text holds only characters that Unicode has assigned.", "Leave the others out."),
    "key.noncanonical-spki": ("A public key has one DER spelling.", "Export it again with an ordinary tool."),
    "key.not-on-curve": ("A public key is a point of its curve.", "Export the key again; it is damaged."),
    "key.not-prime-order": (
        "An Ed25519 key lies in the prime-order subgroup; verifiers disagree about the others.",
        "Make a new key with an ordinary tool.",
    ),
    "key.small-order": ("A key of small order signs for everybody.", "Make a new key with an ordinary tool."),
    "key.not-spki": ("A public key is a SubjectPublicKeyInfo in DER.", "Export it so: openssl pkey -pubout -outform DER."),
    "key.rsa-exponent": ("An RSA exponent is odd, from 65,537 to 2^32.", "Make a key with the usual exponent, 65,537."),
    "key.rsa-size": ("An RSA key has 3,072 to 8,192 bits.", "Make a key of 3,072 bits."),
    "key.thumbprint-spelling": (
        "kid is the RFC 7638 thumbprint of the key: SHA-256 in base64url, 43 characters.",
        "Compute it from the public key in JWK form.",
    ),
    "key.too-large": ("The public key is larger than any that is allowed.", "Use one of the allowed algorithms."),
    "key.unknown": ("No key of the register has that thumbprint.", "Have the key registered for its party first."),
    "key.unknown-algorithm": ("The algorithm is none of those allowed.", "Use Ed25519, ES256 or PS256."),
    "key.wrong-algorithm": ("A key signs with its own algorithm.", "Name the algorithm that fits the key."),
    "ledger.genesis-missing": ("Only entry 0 leaves genesis null.", "Fill in the id of entry 0 of this ledger."),
    "ledger.origin": ("An origin has at most 255 bytes.", "Use the origin of this ledger."),
    "ledger.other-origin": ("It is for another ledger.", "Send it there, or sign anew for this one."),
    "list.length": ("The list has too few or too many items.", "See the explanation for the bounds."),
    "list.repeated": ("An item occurs twice.", "Name each once."),
    "list.unsorted": ("The list is sorted by code point.", "Sort it."),
    "member.default": ("A member that repeats its default is left out.", "Leave it out."),
    "member.empty": ("An empty member is left out.", "Leave it out."),
    "member.missing": ("A mandatory member is missing.", "Add the member that the explanation names."),
    "member.null": ("null stands only where the format says so.", "Leave the member out."),
    "member.unknown": ("The object has a member that the format does not know there.", "Leave it out, or correct its name."),
    "member.wrong-kind": ("The value is of another kind than the format demands.", "See the explanation."),
    "ref.forward": ("#n names an earlier effect of the same statement.", "Reorder the effects."),
    "ref.no-effect": ("The reference names an effect, not a whole statement.", "Add #n with the effect's number, from 1."),
    "ref.spelling": ("A reference is sha256:<hex>#n, #n, or sha256:<hex>.", "Write it so."),
    "refusal.version": ("The refusal is of a version this ledger does not read.", "Use a release that reads it."),
    "register.subject": ("An act about the register stands alone.", "Write a statement of its own."),
    "root.threshold": ("A threshold lies between 1 and 8.", "Correct it."),
    "sealed.name": ("A sealed value has a name of a-z, 0-9 and _.", "Correct the name."),
    "share.spelling": ("A share is a reduced fraction a/b, units of a total, all but n, or a range.", "Write it so."),
    "signature.small-order-r": (
        "The signature has an R of small order; verifiers disagree about such signatures.",
        "Sign again with an ordinary tool.",
    ),
    "signer.sources": ("A transcriber names 1 to 8 sources, any other capacity none.", "Add or remove the sources."),
    "slug.spelling": ("A slug is of a-z, 0-9 and -, at most 64 characters.", "Correct it."),
    "statement-id.spelling": (
        "A statement id is sha256: and 64 lower-case hexadecimal digits.",
        "Copy it from the ledger's answer.",
    ),
    "statement.malformed": ("The statement is not of the form.", "See the explanation and the place it names."),
    "statement.version": ("The statement is of a version this ledger does not read.", "Write version 1."),
    "subject.spelling": ("A subject is asset:, party:, proceeding: or norm: and a slug, or register.", "Correct it."),
    "text.length": ("A text has 1 to 2,000 characters.", "Shorten it, or attach a document."),
    "time.mixed": ("from and until are both dates or both instants.", "Write both in the same form."),
    "time.reversed": ("It ends before it begins.", "Swap or correct the dates."),
    "time.spelling": (
        "Dates are YYYY[-MM[-DD]] and exist; instants are YYYY-MM-DDThh:mm:ss[.sss]Z.",
        "Write them so.",
    ),
    "time.unknown-zone": ("The tzdata in force does not know the zone.", "Use an IANA name."),
    "time.zone-missing": ("A date needs a zone beside it.", "Add the IANA name of the place whose days are meant."),
    "time.zone-spelling": ("A zone is an IANA name.", "Write one such as Europe/Berlin."),
    "time.zone-unused": ("No date is read in this zone.", "Leave the zone out."),
    "type.spelling": ("A type is noun.past-participle.", "Use a type of the table of types."),
    "version.spelling": ("A version name is of a-z, 0-9, point and -.", "Correct it."),
    "vkey.spelling": ("A verifier key is name+hash+key.", "Copy it from the signer's tool."),
}  # fmt: skip

ECHOING: Final = frozenset(
    {
        "code.unknown-country", "code.unknown-currency", "draft.label-unknown", "draft.name-ambiguous",
        "draft.name-unknown", "envelope.header-unknown", "json.duplicate-key", "json.float", "member.unknown",
        "time.unknown-zone",
    }
)  # fmt: skip
