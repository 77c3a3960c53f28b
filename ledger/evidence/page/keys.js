// Public keys and signatures, by WebCrypto. Points of small order are refused, because verifiers disagree about them.

const SMALL_ORDER = new Set(JSON.parse('@SMALL_ORDER@'));
const ED25519_PREFIX = "302a300506032b6570032100";

class Unsupported extends Error {}

async function importEd25519(raw) {
  if (SMALL_ORDER.has(hex(raw))) throw new Wrong("an Ed25519 key is a point of small order");
  try {
    return await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, true, ["verify"]);
  } catch (error) {
    throw error.name === "NotSupportedError" ? new Unsupported("this browser cannot verify Ed25519") : new Wrong("an Ed25519 key is none");
  }
}

async function verifyEd25519(key, signature, message) {
  if (SMALL_ORDER.has(hex(signature.subarray(0, 32)))) throw new Wrong("an Ed25519 signature has R of small order");
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, message);
}

const IMPORT = {
  Ed25519: { name: "Ed25519" },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  PS256: { name: "RSA-PSS", hash: "SHA-256" },
};
const VERIFY = {
  Ed25519: { name: "Ed25519" },
  ES256: { name: "ECDSA", hash: "SHA-256" },
  PS256: { name: "RSA-PSS", saltLength: 32 },
};

/** A key of the register: {alg, key, thumbprint (RFC 7638)}. */
async function readPublicKey(value, what) {
  members(value, ["alg", "spki"], what);
  if (!Object.hasOwn(IMPORT, value.alg)) throw new Wrong(`${what} is for an unknown algorithm`);
  const spki = fromBase64url(value.spki, what);
  if (value.alg === "Ed25519") {
    const spelled = hex(spki);
    if (!spelled.startsWith(ED25519_PREFIX) || SMALL_ORDER.has(spelled.slice(24))) throw new Wrong(`${what} is no safe Ed25519 key`);
  }
  let key;
  try {
    key = await crypto.subtle.importKey("spki", spki, IMPORT[value.alg], true, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") throw new Unsupported(`this browser cannot verify ${value.alg}`);
    throw new Wrong(`${what} is not a key for ${value.alg}`);
  }
  const jwk = await crypto.subtle.exportKey("jwk", key);
  const named = { OKP: ["crv", "kty", "x"], EC: ["crv", "kty", "x", "y"], RSA: ["e", "kty", "n"] }[jwk.kty];
  const required = Object.fromEntries(named.map((name) => [name, jwk[name]]));
  if (jwk.kty === "RSA" && fromBase64url(jwk.n, what).length < 384) throw new Wrong(`${what} is an RSA key of less than 3,072 bits`);
  return { alg: value.alg, key, thumbprint: base64url(await sha256(utf8.encode(canonical(required)))) };
}

async function verifySignature(publicKey, signature, message) {
  if (publicKey.alg === "Ed25519") {
    return signature.length === 64 && verifyEd25519(publicKey.key, signature, message);
  }
  if (publicKey.alg === "ES256" && signature.length !== 64) return false;
  return crypto.subtle.verify(VERIFY[publicKey.alg], publicKey.key, signature, message);
}
