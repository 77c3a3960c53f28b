// Bytes and their spellings. Every reader here is strict: one spelling, or it throws Wrong.

/** Something in the package is not as it must be; the message says what, in words for the reader. */
class Wrong extends Error {}

const utf8 = new TextEncoder();

function text(bytes, what) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Wrong(`${what} is not UTF-8`);
  }
}

function same(one, other) {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));

function hex(bytes) {
  let spelled = "";
  for (const byte of bytes) spelled += HEX[byte];
  return spelled;
}

function fromHex(spelled, length, what) {
  if (typeof spelled !== "string" || !/^[0-9a-f]*$/.test(spelled) || spelled.length !== 2 * length) {
    throw new Wrong(`${what} is not ${length} bytes in lower-case hexadecimal`);
  }
  return Uint8Array.from({ length }, (_, n) => parseInt(spelled.slice(2 * n, 2 * n + 2), 16));
}

function base64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

function fromBase64(spelled, what) {
  let bytes;
  try {
    bytes = Uint8Array.from(atob(spelled), (character) => character.charCodeAt(0));
  } catch {
    throw new Wrong(`${what} is not base64`);
  }
  if (base64(bytes) !== spelled) throw new Wrong(`${what} is not in the one spelling of base64`);
  return bytes;
}

const base64url = (bytes) => base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function fromBase64url(spelled, what) {
  if (typeof spelled !== "string" || !/^[A-Za-z0-9_-]*$/.test(spelled)) throw new Wrong(`${what} is not base64url`);
  const padded = spelled.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (spelled.length % 4)) % 4);
  return fromBase64(padded, what);
}

/** A decimal without sign or leading zero, as a safe integer. */
function decimal(spelled, what) {
  if (typeof spelled !== "string" || !/^(0|[1-9][0-9]{0,15})$/.test(spelled)) throw new Wrong(`${what} is not a decimal`);
  const value = Number(spelled);
  if (!Number.isSafeInteger(value)) throw new Wrong(`${what} is larger than this page can count`);
  return value;
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

async function sha512(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-512", bytes));
}

/** RFC 8785 for what this format holds: strings, whole numbers, true, false, null, lists, objects. */
function canonical(value, depth = 0) {
  if (depth > 64) throw new Wrong("JSON is nested too deeply");
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name], depth + 1)}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Wrong("JSON holds a number that is not whole");
  return JSON.stringify(value);
}

/** A JSON object in canonical form and no other: refuses duplicate names, white space, other spellings. */
function canonicalObject(bytes, what) {
  const spelled = text(bytes, what);
  let value;
  try {
    value = JSON.parse(spelled, (name, item) => {
      if (name === "__proto__") throw new Wrong(`${what} has a member __proto__`);
      return item;
    });
  } catch (error) {
    throw error instanceof Wrong ? error : new Wrong(`${what} is not JSON`);
  }
  if (!isObject(value) || canonical(value) !== spelled) throw new Wrong(`${what} is not canonical JSON (RFC 8785)`);
  return value;
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Exactly these members, the ones ending in ? optional. */
function members(value, names, what) {
  if (!isObject(value)) throw new Wrong(`${what} is not an object`);
  const allowed = new Map(names.map((name) => [name.replace("?", ""), name.endsWith("?")]));
  for (const name of Object.keys(value)) if (!allowed.has(name)) throw new Wrong(`${what} has an unknown member ${name}`);
  for (const [name, optional] of allowed) {
    if (!optional && !Object.hasOwn(value, name)) throw new Wrong(`${what} has no member ${name}`);
  }
  return value;
}
