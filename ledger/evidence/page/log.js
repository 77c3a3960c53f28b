// The log: Merkle tree (RFC 6962, proofs by the loops of RFC 9162), signed notes, checkpoints, receipts (C2SP).

async function leafHash(entry) {
  return sha256(joined(Uint8Array.of(0), entry));
}

/** Many proofs share their upper nodes: each pair is hashed once. */
class Nodes {
  #known = new Map();

  hash(left, right) {
    const key = base64(left) + base64(right);
    let found = this.#known.get(key);
    if (found === undefined) {
      found = sha256(joined(Uint8Array.of(1), left, right));
      this.#known.set(key, found);
    }
    return found;
  }
}

async function verifyInclusion(nodes, leaf, index, size, proof, root) {
  if (index >= size) throw new Wrong(`there is no entry ${index} in a tree of ${size}`);
  let node = index;
  let last = size - 1;
  let computed = leaf;
  for (const part of proof) {
    if (last === 0) throw new Wrong("the inclusion proof is too long");
    if (node % 2 === 1 || node === last) {
      computed = await nodes.hash(part, computed);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      computed = await nodes.hash(computed, part);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw new Wrong("the inclusion proof is too short");
  if (!same(computed, root)) throw new Wrong("the entry is not in the tree of this checkpoint: the proof leads to another root");
}

async function verifyConsistency(nodes, oldSize, oldRoot, newSize, newRoot, proof) {
  if (oldSize === newSize) {
    if (proof.length || !same(oldRoot, newRoot)) throw new Wrong("two different roots for one size: the log was forked");
    return;
  }
  if (oldSize < 1 || oldSize > newSize) throw new Wrong("the earlier checkpoint is not earlier");
  if (!proof.length) throw new Wrong("the consistency proof is empty");
  const power = (BigInt(oldSize) & (BigInt(oldSize) - 1n)) === 0n;
  const path = power ? [oldRoot, ...proof] : [...proof];
  let node = oldSize - 1;
  let last = newSize - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  let computedOld = path[0];
  let computedNew = path[0];
  for (const part of path.slice(1)) {
    if (last === 0) throw new Wrong("the consistency proof is too long");
    if (node % 2 === 1 || node === last) {
      computedOld = await nodes.hash(part, computedOld);
      computedNew = await nodes.hash(part, computedNew);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      computedNew = await nodes.hash(computedNew, part);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0 || !same(computedOld, oldRoot) || !same(computedNew, newRoot)) {
    throw new Wrong("the log does not extend this earlier checkpoint: it was forked or rewritten");
  }
}

function lines(bytes, what) {
  const spelled = text(bytes, what);
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0009\u000b-\u001f]/.test(spelled)) throw new Wrong(`${what} holds a control character`);
  return spelled;
}

/** A signed note: {text, signatures: [{name, keyId, field}]}. Nothing is verified yet. */
function parseNote(bytes) {
  const spelled = lines(bytes, "the checkpoint");
  const at = spelled.lastIndexOf("\n\n");
  if (at < 0 || !spelled.endsWith("\n")) throw new Wrong("the checkpoint is no signed note");
  const signatures = spelled.slice(at + 2, -1).split("\n").map((line) => {
    const found = /^— ([^ +]+) ([A-Za-z0-9+/=]+)$/u.exec(line);
    if (!found) throw new Wrong("a signature line of the checkpoint is not in its form");
    const value = fromBase64(found[2], "a signature of the checkpoint");
    if (value.length < 5) throw new Wrong("a signature of the checkpoint is too short");
    return { name: found[1], keyId: hex(value.subarray(0, 4)), field: value.subarray(4) };
  });
  if (signatures.length > 64) throw new Wrong("the checkpoint has more than 64 signatures");
  return { text: spelled.slice(0, at + 1), signatures };
}

function parseCheckpoint(note) {
  const parts = note.text.split("\n");
  if (parts.length !== 4 || parts[3] !== "") throw new Wrong("the checkpoint is not exactly origin, size and root");
  const root = fromBase64(parts[2], "the root");
  if (root.length !== 32) throw new Wrong("the root is not a SHA-256 hash");
  return { origin: parts[0], size: decimal(parts[1], "the tree size"), root };
}

/** name+hex(key id)+base64(type and key), split at the first two + only. */
async function parseVerifierKey(spelled) {
  const found = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(spelled);
  if (!found) throw new Wrong(`this is not a verifier key: ${spelled.slice(0, 60)}`);
  const typed = fromBase64(found[3], "the verifier key");
  const keyId = hex((await sha256(joined(utf8.encode(`${found[1]}\n`), typed))).subarray(0, 4));
  if (keyId !== found[2]) throw new Wrong("the key id of the verifier key is not the key's: was it copied whole?");
  if ((typed[0] === 1 || typed[0] === 4) && typed.length !== 33) throw new Wrong("the verifier key does not have 32 bytes");
  return { name: found[1], keyId, type: typed[0], public: typed.slice(1), spelled };
}

const LOG_ED25519 = 1;

/** Whether the log's Ed25519 key signed the note: "signed", "absent", or throws for a signature that is wrong. */
async function verifyNote(note, key) {
  const own = note.signatures.filter((line) => line.name === key.name && line.keyId === key.keyId);
  if (own.length === 0) return "absent";
  if (own.length > 1) throw new Wrong("one key signed the checkpoint twice");
  const imported = await importEd25519(key.public);
  if (own[0].field.length !== 64 || !(await verifyEd25519(imported, own[0].field, utf8.encode(note.text)))) {
    throw new Wrong(`the signature of ${key.name} on the checkpoint is not valid`);
  }
  return "signed";
}

/** c2sp.org/tlog-proof@v1: {index, proof, note}. */
function parseReceipt(bytes) {
  const spelled = lines(bytes, "the proof");
  const at = spelled.indexOf("\n\n");
  const head = at < 0 ? [] : spelled.slice(0, at).split("\n");
  if (head.shift() !== "c2sp.org/tlog-proof@v1") throw new Wrong("the proof is no c2sp.org/tlog-proof@v1");
  if (head[0]?.startsWith("extra ")) fromBase64(head.shift().slice(6), "the extra data");
  if (!head[0]?.startsWith("index ")) throw new Wrong("the proof names no index");
  const index = decimal(head.shift().slice(6), "the index of the proof");
  if (head.length > 64) throw new Wrong("the proof has more than 64 hashes");
  return { index, proof: head.map(hashLine), note: spelled.slice(at + 2) };
}

function hashLine(line) {
  const hash = fromBase64(line, "a hash of the proof");
  if (hash.length !== 32) throw new Wrong("a hash of the proof does not have 32 bytes");
  return hash;
}
