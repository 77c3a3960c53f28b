// Entries, envelopes and the register: who signed, with which key, and whether the register held it at that position.

const REGISTER = "register";
const ENTRY_BYTES_MAX = 65535;

/** An entry as read: its payload, what was signed, its links; nothing is verified. */
async function readEntry(position, raw) {
  if (raw.length > ENTRY_BYTES_MAX) throw new Wrong("the entry is larger than an entry can be");
  const entry = members(canonicalObject(raw, "the entry"), ["v", "payload", "prev", "register", "recorded_at", "signatures"], "the entry");
  const payload = fromBase64url(entry.payload, "the payload");
  const statement = canonicalObject(payload, "the statement");
  const lists = { subjects: statement.subjects, signers: statement.signers, effects: statement.effects, follows: statement.follows };
  for (const [name, list] of Object.entries(lists)) {
    if (!Array.isArray(list) || !list.length) throw new Wrong(`the statement has no ${name}`);
  }
  if (entry.v !== 1 || statement.v !== 1) throw new Wrong("unknown version of the entry or of the statement");
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(entry.recorded_at)) throw new Wrong("recorded_at is not in its form");
  if (!Array.isArray(entry.prev) || entry.prev.length !== statement.subjects.length) {
    throw new Wrong("the entry does not have one link for each subject");
  }
  if (!Array.isArray(entry.signatures) || entry.signatures.length !== statement.signers.length) {
    throw new Wrong(`the statement has ${statement.signers.length} signers, but another number of signatures`);
  }
  return {
    position,
    raw,
    statement,
    payload: entry.payload,
    id: `sha256:${hex(await sha256(payload))}`,
    leaf: await leafHash(raw),
    recordedAt: entry.recorded_at,
    prev: entry.prev.map((head) => readHead(head, "a link of the entry")),
    register: readHead(entry.register, "the link to the register"),
    signatures: entry.signatures.map(readSignature),
  };
}

function readHead(value, what) {
  members(value, ["count", "head"], what);
  const count = decimal(value.count, what);
  if ((value.head === null) !== (count === 0)) throw new Wrong(`${what} has a head without a count, or a count without a head`);
  return { count, head: value.head === null ? null : hex(fromHex(value.head, 32, what)) };
}

function readSignature(value) {
  members(value, ["protected", "signature"], "a signature");
  const raw = text(fromBase64url(value.protected, "a protected header"), "a protected header");
  let header;
  try {
    header = JSON.parse(raw);
  } catch {
    throw new Wrong("a protected header is not JSON");
  }
  members(header, ["alg", "kid", "typ", "iat", "x5c?", "x5t#S256?", "cty?"], "a protected header");
  if (header.typ !== "control-statement+json") throw new Wrong("a signature is not for a statement of a ledger (typ)");
  if (!Number.isSafeInteger(header.iat) || header.iat < 0) throw new Wrong("a protected header has no time of signing");
  return { protected: value.protected, header, signature: fromBase64url(value.signature, "a signature") };
}

/** The register, folded from its own chain: keys in force at a position, and how many root keys must sign. */
class Register {
  constructor() {
    this.keys = new Map();
    this.threshold = 1;
    this.count = 0;
    this.head = null;
    this.genesis = null;
    this.logKeys = [];
  }

  roots() {
    return [...this.keys.values()].filter((held) => held.root && held.revoked === null);
  }

  /** Applies one register act; the keys it brings were read before. */
  apply(entry, carried) {
    for (const effect of entry.statement.effects) {
      const key = carried.get(effect);
      const revoke = (thumbprint) => {
        const held = this.keys.get(thumbprint);
        if (held && held.revoked === null) this.keys.set(thumbprint, { ...held, revoked: entry.position });
      };
      if (effect.op === "log-key") this.logKeys.push(effect.vkey);
      if (effect.op === "key-rotate") revoke(effect.replaces);
      if (effect.op === "key-revoke" || effect.op === "root-revoke") revoke(effect.thumbprint);
      if (key && effect.op !== "service-key") {
        if (this.keys.has(key.thumbprint)) throw new Wrong(`the key ${key.thumbprint} is registered a second time`);
        const root = effect.op === "root-add";
        this.keys.set(key.thumbprint, { ...key, party: effect.party, root, added: entry.position, revoked: null });
      }
      if (effect.threshold !== undefined) this.threshold = decimal(effect.threshold, "the threshold of root keys");
    }
    this.genesis ??= entry.id;
    this.count += 1;
    this.head = hex(entry.leaf);
  }
}

/** The keys that a register act brings, by effect. */
async function carriedKeys(entry) {
  const found = new Map();
  if (!aboutRegister(entry)) return found;
  for (const effect of entry.statement.effects) {
    if (isObject(effect) && effect.key !== undefined) found.set(effect, await readPublicKey(effect.key, "a key of the register"));
  }
  return found;
}

const aboutRegister = (entry) => entry.statement.subjects.length === 1 && entry.statement.subjects[0] === REGISTER;

/** For each signer the key it must have signed with; throws Wrong where the register does not allow it. */
function keysFor(entry, register, carried) {
  const brought = new Map();
  for (const [effect, key] of carried) brought.set(key.thumbprint, { ...key, party: effect.party, op: effect.op });
  const kids = entry.signatures.map((signature) => signature.header.kid);
  if (new Set(kids).size !== kids.length) throw new Wrong("one key signed twice; each signer has a key of its own");
  return entry.statement.signers.map((signer, n) => {
    const { kid, alg } = entry.signatures[n].header;
    const held = register.keys.get(kid);
    const own = held ?? brought.get(kid);
    if (!own) throw new Wrong(`the register holds no key ${kid} at this position`);
    if (own.party !== signer.party) throw new Wrong(`the key ${kid} belongs to ${own.party}, not to the signer ${signer.party}`);
    if (held && held.revoked !== null) throw new Wrong(`the key ${kid} of ${signer.party} was revoked in entry ${held.revoked}`);
    if (own.alg !== alg) throw new Wrong(`the key ${kid} is registered for ${own.alg}, not ${alg}`);
    const special = ["root", "key-holder"].includes(signer.role);
    const founding = !held && register.genesis === null && own.op === "root-add" && signer.role === "root";
    const allowed = held ? (held.root ? signer.role === "root" : !special) : founding || signer.role === "key-holder";
    if (!allowed) throw new Wrong(`the key ${kid} may not sign in the role ${signer.role}`);
    return own;
  });
}

const OWN_OPS = ["key-add", "key-rotate", "key-revoke"];

/** Whether enough root keys, or the party itself, signed a register act. `before`: keys in force before it. */
function checkAuthority(entry, register, carried) {
  const kids = new Set(entry.signatures.filter((_, n) => entry.statement.signers[n].role === "root").map((s) => s.header.kid));
  let threshold = register.threshold;
  let roots = new Set(register.roots().map((held) => held.thumbprint));
  if (register.genesis === null) {
    roots = new Set([...carried].filter(([effect]) => effect.op === "root-add").map(([, key]) => key.thumbprint));
    const stated = entry.statement.effects.map((effect) => effect.threshold).filter((value) => value !== undefined);
    threshold = decimal(stated.at(-1), "the threshold of the founding statement");
  }
  const signed = [...kids].filter((kid) => roots.has(kid)).length;
  if (signed >= threshold && signed > 0) return;
  for (const effect of entry.statement.effects) {
    const party = effect.party ?? register.keys.get(effect.thumbprint)?.party;
    const itself = entry.signatures.some((signature, n) => {
      const held = register.keys.get(signature.header.kid);
      return held && !held.root && held.revoked === null && held.party === party && entry.statement.signers[n].role !== "key-holder";
    });
    if (!OWN_OPS.includes(effect.op) || !itself) throw new Wrong(`${signed} root keys signed this act of the register, ${threshold} are needed`);
  }
}

async function verifySignatures(entry, keys) {
  for (const [n, signature] of entry.signatures.entries()) {
    const message = utf8.encode(`${signature.protected}.${entry.payload}`);
    if (!(await verifySignature(keys[n], signature.signature, message))) {
      throw new Wrong(`the signature of ${entry.statement.signers[n].party} is not valid: the statement or the signature was changed`);
    }
  }
}
