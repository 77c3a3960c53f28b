// The checks: numbered, all of them run, every finding kept. A check that cannot be made is told, never passed.

const NUMBER = "(0|[1-9][0-9]{0,15})";
const ENTRY_NAME = new RegExp(`^(statements|register)/${NUMBER}\\.json$`);
const PROOF_NAME = new RegExp(`^proofs/${NUMBER}\\.tlog-proof$`);
const EARLIER_NAME = new RegExp(`^consistency/${NUMBER}\\.(checkpoint|proof)$`);
const FIXED = [
  "mimetype", "package.json", "checkpoint", "state.json", "index.csv", "VERIFY.txt", "manifest-sha256.txt",
  "META-INF/ASiCManifest001.xml", "META-INF/signature001.p7s",
];
const OTHER_NAMES = [/^timestamps\/[0-9a-z.-]+$/, /^documents\/[0-9a-f]{64}\.[a-z0-9]{1,8}$/, /^(verify\.html|bundle\.pdf)$/];

const KINDS = new Map([
  ["application/pdf", "pdf"], ["text/plain", "txt"], ["text/html", "html"], ["application/json", "json"],
  ["application/xml", "xml"], ["image/png", "png"], ["image/jpeg", "jpg"], ["image/tiff", "tif"],
]);

// What a package holds and this page does not judge: by the names of its files, what is open, and why.
const BEYOND = [
  [/^state\.json$/, "The answers (state.json) follow from the statements", "this page does not compute the law"],
  [/^bundle\.pdf$/, "The court bundle (bundle.pdf) says what the statements say", "this page does not read it"],
  [/^(index\.csv|VERIFY\.txt)$/, "index.csv and VERIFY.txt belong to these entries", "this page does not make them again"],
  [/^verify\.html$/, "The page in the package (verify.html) is honest", "a page from the same hands as the package could say anything"],
  [/^timestamps\//, "Timestamps show when at the latest", "this page reads no RFC 3161; VERIFY.txt gives the openssl commands"],
  [/^META-INF\//, "The seal shows who put the package together", "this page reads no CAdES; VERIFY.txt gives the openssl command"],
];

const UNPROVEN = [
  "This page itself: one that came with the package, or from whoever handed it over, could call anything sound. Use one from a source of your own.",
  "That what the statements say is true, and that a signer had the power in law to do what it did.",
  "That nothing was recorded after this checkpoint, and that no act exists which nobody recorded.",
  "That all streams which bear on the asset are here, and whatever their statements refer to: control-ledger verify follows the links.",
  "That the log shows everybody the same history, and that a private key was used by its owner only.",
  "Witness cosignatures and ML-DSA signatures on the checkpoint.",
  "Certificates in signatures, whether a signer was competent to record its act, and the fine grammar of statements: control-ledger verify checks them.",
];

class Check {
  constructor(number, name) {
    this.number = number;
    this.name = name;
    this.findings = [];
    this.notes = [];
    this.undone = null;
    /** There was nothing to check, or this page does not check it: told, and no reason to call the package unestablished. */
    this.beyond = false;
  }

  get result() {
    return this.findings.length ? "failed" : this.undone !== null ? "not checked" : "passed";
  }

  find(item, words) {
    this.findings.push({ item, words });
  }

  /** Runs one step for one item; what it throws becomes a finding, or the reason why it could not be made. */
  async step(item, work) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Wrong) this.find(item, error.message);
      else if (error instanceof Unsupported) this.undone = error.message;
      else this.find(item, "cannot be read");
      return undefined;
    }
  }
}

/** What the reader trusts: verifier keys and the genesis, by lines or as the anchors.json of control-ledger. */
async function parseAnchors(spelled) {
  const trimmed = spelled.trim();
  if (trimmed === "") return { keys: [], genesis: null, origin: null };
  if (trimmed.startsWith("{")) {
    let value;
    try {
      value = JSON.parse(trimmed);
    } catch {
      throw new Wrong("the anchors are not JSON");
    }
    if (!isObject(value) || value.v !== 1 || !Array.isArray(value.log_keys)) throw new Wrong("this is not an anchors.json of version 1");
    const keys = await Promise.all(value.log_keys.map((key) => parseVerifierKey(String(key))));
    return { keys, genesis: parseGenesis(String(value.genesis ?? "")), origin: String(value.origin) };
  }
  const keys = [];
  let genesis = null;
  for (const line of trimmed.split(/\s*\n\s*/)) {
    if (line.startsWith("sha256:")) genesis = parseGenesis(line);
    else keys.push(await parseVerifierKey(line));
  }
  return { keys, genesis, origin: null };
}

function parseGenesis(spelled) {
  if (!/^sha256:[0-9a-f]{64}$/.test(spelled)) throw new Wrong("the genesis fingerprint is sha256: and 64 hexadecimal digits");
  return spelled;
}

/** Verifies a package. `progress(words)` may be awaited, so that the page stays alive. */
async function verifyPackage(archive, anchors, progress) {
  const checks = [];
  const check = (name) => {
    const made = new Check(checks.length + 1, name);
    checks.push(made);
    return made;
  };
  await progress("Reading the container");
  const members = await checkContainer(check("The container has its one exact form"), archive);
  await checkManifest(check("Every file is listed, and is what the list says"), members);
  const known = await checkCheckpoint(check("The checkpoint is signed by the log's key that you gave"), members, anchors);
  await progress("Reading the entries");
  const entries = await checkEntries(check("Every entry can be read, exactly"), members);
  await progress("Proving that the entries are in the log");
  const nodes = new Nodes();
  await checkProofs(check("Every entry is in the log at its place"), members, entries, known, nodes);
  const registers = await checkRegister(check("The register is whole and was changed only by those who may"), entries, anchors, known);
  await progress("Verifying signatures");
  const signed = await checkSignatures(check("Every statement is signed by all its signers, with keys in force then"), entries, registers);
  checkStreams(check("No link is missing between the statements of a stream"), entries, members, known);
  await checkEarlier(check("The log only grew: earlier checkpoints are contained in this one"), members, known, nodes);
  await checkDocuments(check("Each document is one that a statement names"), members, entries);
  for (const [pattern, name, why] of BEYOND) {
    if (![...members.keys()].some((member) => pattern.test(member))) continue;
    const left = check(name);
    left.undone = `${why}; control-ledger verify checks it`;
    left.beyond = true;
  }
  const about = [...aboutPackage(members, known, entries), ...aboutAnchors(anchors)];
  return { checks, unproven: UNPROVEN, about, signed, verdict: verdictOf(checks, anchors) };
}

function verdictOf(checks, anchors) {
  const failed = checks.filter((item) => item.result === "failed");
  if (failed.length) {
    const count = failed.reduce((sum, item) => sum + item.findings.length, 0);
    const items = [...new Set(failed.flatMap((item) => item.findings.map((finding) => finding.item)))];
    const words = `${count} finding${count === 1 ? "" : "s"} in ${failed.length} of ${checks.length} checks. Do not rely on this package.`;
    return { kind: "failed", title: "Not sound", words, items };
  }
  const undone = checks.filter((item) => item.result === "not checked" && !item.beyond);
  if (!anchors.keys.length || anchors.genesis === null) {
    const missing = [...(anchors.keys.length ? [] : ["no verifier key"]), ...(anchors.genesis === null ? ["no genesis fingerprint"] : [])].join(" and ");
    return { kind: "open", title: "Not established", words: `The package agrees with itself, but you gave ${missing} of your own: anyone could have made it. Enter both and check again.` };
  }
  const passed = checks.filter((item) => item.result === "passed").length;
  if (undone.length) return { kind: "open", title: "Not established", words: `No finding, but ${undone.length} of ${passed + undone.length} checks could not be made.` };
  const beyond = checks.length - passed;
  const words = `${passed} checks passed, against the key and the genesis that you gave. ${beyond} ${beyond === 1 ? "thing is" : "things are"} not checked here: each is named below, with what else this does not show.`;
  return { kind: "passed", title: "Sound, as far as this page checks", words };
}

async function checkContainer(check, archive) {
  const { members, deviations } = await readArchive(archive);
  for (const { item, words } of deviations) check.find(item, words);
  for (const name of members.keys()) {
    const known = FIXED.includes(name) || [ENTRY_NAME, PROOF_NAME, EARLIER_NAME, ...OTHER_NAMES].some((pattern) => pattern.test(name));
    if (!known) check.find(name, "is no part that a package has");
  }
  for (const name of FIXED) if (!members.has(name)) check.find(name, "is missing");
  check.notes.push(`${members.size} files, ${archive.length.toLocaleString("en")} bytes`);
  return members;
}

async function checkManifest(check, members) {
  const raw = members.get("manifest-sha256.txt");
  if (!raw) return check.find("manifest-sha256.txt", "is missing: nothing says which files belong to the package");
  const listed = new Map();
  await check.step("manifest-sha256.txt", async () => {
    const spelled = text(raw, "the manifest");
    if (!spelled.endsWith("\n")) throw new Wrong("does not end in a newline");
    let before = "";
    for (const [n, line] of spelled.slice(0, -1).split("\n").entries()) {
      const found = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line);
      if (!found) throw new Wrong(`line ${n + 1} is not a SHA-256, two spaces and a name`);
      if (found[2] <= before) throw new Wrong(`line ${n + 1} is out of order or stands twice`);
      before = found[2];
      listed.set(found[2], found[1]);
    }
  });
  for (const [name, data] of members) {
    if (name === "manifest-sha256.txt" || name.startsWith("META-INF/")) continue;
    const expected = listed.get(name);
    if (expected === undefined) check.find(name, "is not listed in the manifest");
    else if (hex(await sha256(data)) !== expected) check.find(name, "was changed: it does not have the SHA-256 that the manifest lists");
  }
  for (const name of listed.keys()) if (!members.has(name)) check.find(name, "is listed in the manifest, but missing");
  return check.notes.push(`${listed.size} files listed`);
}

/** {checkpoint, noteText} once it was read; signed or not. */
async function checkCheckpoint(check, members, anchors) {
  const raw = members.get("checkpoint");
  if (!raw) {
    check.find("checkpoint", "is missing: there is nothing to prove against");
    return null;
  }
  return check.step("checkpoint", async () => {
    const note = parseNote(raw);
    const checkpoint = parseCheckpoint(note);
    const known = { checkpoint, note, spelled: text(raw, "the checkpoint") };
    check.notes.push(`${checkpoint.origin}: ${checkpoint.size} entries, root ${hex(checkpoint.root)}`);
    if (anchors.origin !== null && anchors.origin !== checkpoint.origin) {
      check.find("checkpoint", `is of the log ${checkpoint.origin}, your anchors are of ${anchors.origin}`);
    }
    if (!anchors.keys.length) {
      check.undone = "you gave no key of the log";
      return known;
    }
    const logKeys = anchors.keys.filter((key) => key.type === LOG_ED25519);
    if (!logKeys.length) check.undone = "none of your keys is an Ed25519 key of a log; this page verifies no other";
    let count = 0;
    for (const key of logKeys) {
      if (key.name !== checkpoint.origin) check.find("checkpoint", `is of the log ${checkpoint.origin}, your key is of ${key.name}`);
      else if ((await check.step("checkpoint", () => verifyNote(note, key))) === "signed") {
        count += 1;
        check.notes.push(`signed by ${key.name} with the key ${key.keyId}`);
      }
    }
    if (logKeys.length && !count && !check.findings.length) check.find("checkpoint", "is signed by none of the keys that you gave");
    return known;
  });
}

/** The entries that can be read, in the order of the log. */
async function checkEntries(check, members) {
  const entries = [];
  const ids = new Map();
  for (const [name, raw] of members) {
    const found = ENTRY_NAME.exec(name);
    if (!found) continue;
    const entry = await check.step(name, () => readEntry(Number(found[2]), raw));
    if (!entry) continue;
    entry.name = name;
    if ((found[1] === "register") !== aboutRegister(entry)) check.find(name, "lies in the wrong folder");
    if (ids.has(entry.id)) check.find(name, `records the same statement as ${ids.get(entry.id)}`);
    ids.set(entry.id, name);
    entries.push(entry);
  }
  entries.sort((one, other) => one.position - other.position);
  for (const [n, entry] of entries.entries()) {
    if (n && entries[n - 1].position === entry.position) check.find(entry.name, "is a second entry of one position");
    if (n && entries[n - 1].recordedAt > entry.recordedAt) check.find(entry.name, "was recorded before the entry before it");
  }
  if (!entries.length) check.find("statements/", "holds no entry that can be read");
  check.notes.push(`${entries.length} entries`);
  return entries;
}

async function checkProofs(check, members, entries, known, nodes) {
  if (!known) {
    check.undone = "the checkpoint could not be read";
    return;
  }
  const { size, root } = known.checkpoint;
  await Promise.all(entries.map((entry) => check.step(entry.name, async () => {
    const raw = members.get(`proofs/${entry.position}.tlog-proof`);
    if (!raw) throw new Wrong("has no proof");
    const receipt = parseReceipt(raw);
    if (receipt.index !== entry.position) throw new Wrong(`its proof is for entry ${receipt.index}`);
    if (receipt.note !== known.spelled) throw new Wrong("its proof is against another checkpoint");
    await verifyInclusion(nodes, entry.leaf, entry.position, size, receipt.proof, root);
  })));
  const positions = new Set(entries.map((entry) => String(entry.position)));
  for (const name of members.keys()) {
    const found = PROOF_NAME.exec(name);
    if (found && !positions.has(found[1])) check.find(name, "is the proof of an entry that is not here or cannot be read");
  }
  check.notes.push(`${entries.length} proofs`);
}

/** For each entry the keys of its signers, from the register at its position; `null` where the register does not allow it. */
async function checkRegister(check, entries, anchors, known) {
  const register = new Register();
  const allowed = new Map();
  const first = entries[0];
  if (!first || first.position !== 0) check.find("register/0.json", "is missing: the register has no beginning");
  else if (anchors.genesis === null) check.undone = "you gave no genesis fingerprint: who founded the ledger is not tied to anything you know";
  else if (first.id !== anchors.genesis) check.find(first.name, `is another genesis than yours: ${first.id}`);
  for (const entry of entries) {
    const ledger = entry.statement.ledger;
    await check.step(entry.name, async () => {
      if (!isObject(ledger) || ledger.genesis !== register.genesis || (known && ledger.origin !== known.checkpoint.origin)) {
        throw new Wrong("is a statement of another ledger");
      }
      if (entry.register.count !== register.count || entry.register.head !== register.head) {
        throw new Wrong(`names ${entry.register.count} acts of the register before it, the package holds ${register.count}: one was left out, added or changed`);
      }
    });
    await check.step(entry.name, async () => {
      const carried = await carriedKeys(entry);
      allowed.set(entry, keysFor(entry, register, carried));
      if (!aboutRegister(entry)) return;
      checkAuthority(entry, register, carried);
      register.apply(entry, carried);
    });
  }
  check.notes.push(`${register.count} acts of the register, ${register.keys.size} keys, ${[...register.keys.values()].filter((held) => held.revoked !== null).length} revoked`);
  if (first) check.notes.push(`genesis ${first.id}`);
  return allowed;
}

async function checkSignatures(check, entries, allowed) {
  const signed = [];
  let count = 0;
  if (!entries.length) check.undone = "no entry can be read";
  for (const entry of entries) {
    const keys = allowed.get(entry);
    let valid = false;
    if (!keys) check.find(entry.name, "has no keys to verify it by: see the check of the register");
    else {
      await check.step(entry.name, async () => {
        await verifySignatures(entry, keys);
        valid = true;
      });
      count += keys.length;
    }
    signed.push({ entry, valid });
  }
  check.notes.push(`${count} signatures of ${entries.length} statements`);
  return signed;
}

function checkStreams(check, entries, members, known) {
  if (!entries.length) check.undone = "no entry can be read";
  const streams = new Map();
  for (const entry of entries) {
    for (const [n, subject] of entry.statement.subjects.entries()) {
      const before = streams.get(subject) ?? { count: 0, head: null };
      const named = entry.prev[n];
      if (named.count > before.count) check.find(entry.name, `${named.count - before.count} earlier statements about ${subject} are not in the package`);
      else if (named.count !== before.count || named.head !== before.head) check.find(entry.name, `does not follow the statement about ${subject} before it: one was left out, added or changed`);
      streams.set(subject, { count: named.count + 1, head: hex(entry.leaf) });
    }
  }
  const raw = members.get("package.json");
  if (!raw) return;
  try {
    const value = canonicalObject(raw, "package.json");
    if (value.v !== 1) check.find("package.json", "is of another version than this page reads");
    if (known && value.origin !== known.checkpoint.origin) check.find("package.json", "is of another log than the checkpoint");
    if (known && value.size !== String(known.checkpoint.size)) check.find("package.json", `speaks of ${value.size} entries, the checkpoint of ${known.checkpoint.size}`);
    if (entries.length && value.genesis !== entries[0].id) check.find("package.json", `is of a ledger founded by ${value.genesis}, which is not here`);
    for (const claim of value.streams) {
      const here = streams.get(claim.subject) ?? { count: 0, head: null };
      if (decimal(claim.count, "a count") !== here.count || claim.head !== here.head) {
        check.find("package.json", `says that ${claim.subject} has ${claim.count} statements; the package holds ${here.count}`);
      }
    }
    check.notes.push(`${value.streams.length} streams held whole, as far as the package says how long they are`);
  } catch {
    check.find("package.json", "cannot be read");
  }
}

async function checkEarlier(check, members, known, nodes) {
  const sizes = new Set();
  for (const name of members.keys()) {
    const found = EARLIER_NAME.exec(name);
    if (found) sizes.add(Number(found[1]));
  }
  if (!known) check.undone = "the checkpoint could not be read";
  for (const size of known ? sizes : []) {
    await check.step(`consistency/${size}`, async () => {
      const note = members.get(`consistency/${size}.checkpoint`);
      const raw = members.get(`consistency/${size}.proof`);
      if (!note || !raw) throw new Wrong("lacks its checkpoint or its proof");
      const old = parseCheckpoint(parseNote(note));
      if (old.origin !== known.checkpoint.origin || old.size !== size) throw new Wrong("is the checkpoint of another log or size");
      const spelled = lines(raw, "the consistency proof");
      const at = spelled.indexOf("\n\n");
      const [first, ...hashes] = spelled.slice(0, at).split("\n");
      if (at < 0 || first !== `old ${size}` || spelled.slice(at + 2) !== known.spelled) throw new Wrong("its proof is for other checkpoints");
      await verifyConsistency(nodes, size, old.root, known.checkpoint.size, known.checkpoint.root, hashes.map(hashLine));
    });
  }
  if (known && !sizes.size) {
    check.undone = "the package holds no earlier checkpoint";
    check.beyond = true;
  }
  if (sizes.size) check.notes.push(`at ${[...sizes].sort((one, other) => one - other).join(", ")} entries`);
}

/** Each document is one that a statement names, by its name, its size and both its hashes. */
async function checkDocuments(check, members, entries) {
  const named = new Map();
  for (const { statement } of entries) {
    for (const known of Array.isArray(statement.evidence) ? statement.evidence : []) {
      if (isObject(known) && typeof known.sha256 === "string") named.set(`documents/${known.sha256}.${KINDS.get(known.media_type) ?? "bin"}`, known);
    }
  }
  if (!entries.length) check.undone = "no entry can be read that would name any";
  let held = 0;
  for (const [name, data] of members) {
    if (!name.startsWith("documents/")) continue;
    held += 1;
    const known = named.get(name);
    if (known === undefined) check.find(name, "no statement names this document");
    else if (String(data.length) !== known.size || hex(await sha256(data)) !== known.sha256 || hex(await sha512(data)) !== known.sha512) {
      check.find(name, "is not the document that the statement names");
    }
  }
  check.notes.push(`${held} of ${named.size} documents that statements name are in the package`);
}

/** What the reader gave to check against: it belongs into a printed result. */
function aboutAnchors(anchors) {
  const told = (spelled) => (spelled.length <= 200 ? spelled : `${spelled.split("+", 2).join("+")}, ${spelled.length.toLocaleString("en")} characters, post-quantum: not used by this page`);
  const keys = anchors.keys.map((key) => ["Your key", told(key.spelled)]);
  return [...keys, ["Your genesis", anchors.genesis ?? "none given"]];
}

/** What the package's own entries call their subjects. */
function namesIn(entries) {
  const names = new Map();
  for (const { statement } of entries) {
    for (const effect of statement.effects) {
      if (isObject(effect) && effect.effect === "exist" && typeof effect.name === "string") names.set(effect.subject, effect.name);
    }
  }
  return names;
}

/** What the package is about, in its own words. */
function aboutPackage(members, known, entries) {
  const about = [];
  try {
    const value = canonicalObject(members.get("package.json"), "package.json");
    const name = namesIn(entries).get(value.asset);
    about.push(["Asset", name === undefined ? value.asset : `${name}, ${value.asset}`], ["Asked", Object.entries(value.asked).map(([name, item]) => `${name} ${item}`).join(", ") || "now"], ["Asked at", value.now]);
  } catch {
    about.push(["Asset", "cannot be read"]);
  }
  if (known) about.push(["Ledger", known.checkpoint.origin], ["Entries in the log", String(known.checkpoint.size)], ["Root hash", hex(known.checkpoint.root)]);
  about.push(["Entries in the package", String(entries.length)]);
  return about.map(([label, value]) => [label, String(value)]);
}
