// Verifies an entry with `jose`, which knows nothing of the ledger: {jws, keys: [JWK, one for each signature]} on stdin,
// what each signature says on stdout; exit 1 when one of them is not valid. `generalVerify` stops at the first valid
// signature, so each is handed in alone, the members that are no part of a JWS included.
import { calculateJwkThumbprint, generalVerify, importJWK } from "jose";

let input = "";
for await (const chunk of process.stdin) input += chunk;
const { jws, keys } = JSON.parse(input);
const answer = { thumbprints: [], headers: [], payloads: [] };
try {
  for (const [n, jwk] of keys.entries()) {
    const alone = { ...jws, signatures: [jws.signatures[n]] };
    const verified = await generalVerify(alone, await importJWK(jwk), { algorithms: [jwk.alg] });
    answer.thumbprints.push(await calculateJwkThumbprint(jwk));
    answer.headers.push(verified.protectedHeader);
    answer.payloads.push(new TextDecoder().decode(verified.payload));
  }
} catch (error) {
  console.error(error.code ?? error);
  process.exit(1);
}
console.log(JSON.stringify(answer));
