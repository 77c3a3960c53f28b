#!/bin/sh
# Checks a draft, signs it with openssl alone (Ed25519), submits it with curl.
#   examples/submit.sh URL TOKEN_FILE KEY.pem DRAFT.json
# The receipt is written beside the draft; `control-ledger verify` checks it without a network.
set -eu
url=$1 token=$(cat "$2") key=$3 draft=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

passphrase() { if [ -n "${KEY_PASSPHRASE_FILE:-}" ]; then echo "-passin file:$KEY_PASSPHRASE_FILE"; fi; }
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
post() { # path, media type, body file → answer file; prints the status
    printf 'Authorization: Bearer %s\n' "$token" | curl --silent --show-error --max-time 60 --retry 3 --header @- \
        --header "Content-Type: $2" --data-binary "@$3" --output "$work/answer" --write-out '%{http_code}' "$url$1"
}
fetch() { # path, file; with the token, because reading may need one as well
    printf 'Authorization: Bearer %s\n' "$token" | curl --silent --show-error --fail --max-time 60 --header @- --output "$2" "$url$1"
}
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$work/answer"; }

# 1. The draft becomes the canonical bytes to sign; every objection is told before anything is recorded.
status=$(post /v1/statements/check application/json "$draft")
if [ "$status" != 200 ] || ! grep -q '"accepted":true' "$work/answer"; then
    cat "$work/answer" >&2
    exit 1
fi
payload=$(member payload_base64url)

# 2. The key's thumbprint (RFC 7638) names it; the header is signed together with the payload (RFC 7515).
# shellcheck disable=SC2046
x=$(openssl pkey -in "$key" $(passphrase) -pubout -outform DER | tail -c 32 | base64url)
kid=$(printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$x" | openssl dgst -sha256 -binary | base64url)
header=$(printf '{"alg":"Ed25519","iat":%s,"kid":"%s","typ":"control-statement+json"}' "$(date +%s)" "$kid" | base64url)
printf '%s.%s' "$header" "$payload" > "$work/input"
# shellcheck disable=SC2046
signature=$(openssl pkeyutl -sign -rawin -inkey "$key" $(passphrase) -in "$work/input" | base64url)

# 3. Submit. The same bytes may be sent again at any time: the answer is the same entry.
printf '{"payload":"%s","signatures":[{"protected":"%s","signature":"%s"}]}' "$payload" "$header" "$signature" > "$work/envelope"
status=$(post /v1/statements application/jose+json "$work/envelope")
if [ "$status" != 201 ] && [ "$status" != 200 ]; then
    cat "$work/answer" >&2
    exit 1
fi
statement=$(member statement)
fetch "/v1/statements/$statement/receipt" "${draft%.json}.receipt"
fetch "/v1/statements/$statement" "${draft%.json}.entry"
echo "recorded: $statement is entry $(member index)"
