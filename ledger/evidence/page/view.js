// The page: what the reader gives, and what was found. Text of a package reaches the document as text only.

const at = (id) => document.getElementById(id);

/** Characters that would hide or turn text are told by their number. */
const shown = (value) => String(value).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu, (c) => `<U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>`);

function make(tag, words, className) {
  const element = document.createElement(tag);
  if (words !== undefined) element.textContent = shown(words);
  if (className) element.className = className;
  return element;
}

let packageFile = null;
let running = false;

const SHOWN_MAX = 200;
const ITEMS_MAX = 12;

function showVerdict(verdict) {
  const box = at("verdict");
  box.className = `verdict ${verdict.kind}`;
  box.replaceChildren(make("h2", verdict.title), make("p", verdict.words));
  if (verdict.items) {
    const more = verdict.items.length - ITEMS_MAX;
    const concerned = make("p", "Concerned: ", "items");
    for (const [n, item] of verdict.items.slice(0, ITEMS_MAX).entries()) concerned.append(n ? ", " : "", make("code", item));
    if (more > 0) concerned.append(` and ${more} more`);
    box.append(concerned);
  }
  box.hidden = false;
}

function showReport(report, given) {
  showVerdict(report.verdict);
  const facts = make("dl", undefined, "facts");
  for (const [label, value] of [...given, ...report.about]) facts.append(make("dt", label), make("dd", value));
  at("about").replaceChildren(facts);
  at("checks").replaceChildren(...report.checks.map(checkItem));
  at("unproven").replaceChildren(...report.unproven.map((words) => make("li", words)));
  showSigners(report.signed);
  at("report").hidden = false;
}

const MARK = { passed: "✓", failed: "✕", "not checked": "–" };

function checkItem(check) {
  const item = make("li", undefined, `check ${check.result.replace(" ", "-")}`);
  const mark = make("span", MARK[check.result], "mark");
  mark.setAttribute("aria-hidden", "true");
  const head = make("div", undefined, "head");
  head.append(make("strong", `${check.number}. ${check.name}`), make("span", check.result, "result"));
  const body = make("div", undefined, "body");
  body.append(head);
  if (check.findings.length) {
    const findings = make("ul", undefined, "findings");
    for (const { item: where, words } of check.findings.slice(0, SHOWN_MAX)) {
      const line = make("li");
      line.append(make("code", where), document.createTextNode(` ${shown(words)}`));
      findings.append(line);
    }
    if (check.findings.length > SHOWN_MAX) findings.append(make("li", `and ${check.findings.length - SHOWN_MAX} more`));
    body.append(findings);
  }
  if (check.undone !== null) body.append(make("p", `Not checked: ${check.undone}.`, "undone"));
  if (check.notes.length) body.append(make("p", check.notes.join(" · "), "notes"));
  item.append(mark, body);
  return item;
}

function showSigners(signed) {
  const names = namesIn(signed.map(({ entry }) => entry));
  const rows = signed.flatMap(({ entry, valid }) => entry.statement.signers.map((signer, n) => {
    const row = make("tr", undefined, valid ? "" : "bad");
    const { alg, kid } = entry.signatures[n].header;
    const key = make("td");
    key.append(make("code", kid), document.createTextNode(` ${shown(alg)}`));
    const position = make("th", n ? "" : entry.position);
    if (!n) position.scope = "row";
    const first = n ? make("td", "") : position;
    const about = n ? "" : `${entry.statement.type}: ${entry.statement.basis?.title ?? ""}`;
    row.append(first, make("td", n ? "" : entry.recordedAt.slice(0, 19).replace("T", " ")), make("td", about));
    const called = names.has(signer.party) ? `${names.get(signer.party)} – ` : "";
    const as = signer.role === signer.capacity ? signer.role : `${signer.role}, ${signer.capacity}`;
    row.append(make("td", `${called}${signer.party}, ${as}`), key, make("td", valid ? "valid" : "not valid"));
    return row;
  }));
  at("signers").replaceChildren(...rows.slice(0, 5000));
}

const pause = () => new Promise((resolve) => setTimeout(resolve));

async function run() {
  if (!packageFile || running) return;
  running = true;
  at("check").disabled = true;
  at("report").hidden = true;
  at("verdict").hidden = true;
  at("problem").textContent = "";
  const status = at("status");
  try {
    const anchors = await parseAnchors(at("anchors").value);
    const bytes = new Uint8Array(await packageFile.arrayBuffer());
    const report = await verifyPackage(bytes, anchors, async (words) => {
      status.textContent = `${words} …`;
      await pause();
    });
    const checkedAt = `${new Date().toISOString().slice(0, 19).replace("T", " ")} UTC, by this machine's clock`;
    showReport(report, [["File", packageFile.name], ["SHA-256 of the file", hex(await sha256(bytes))], ["Checked", checkedAt]]);
    status.textContent = `Checked: ${report.verdict.title}.`;
    at("verdict").focus();
  } catch (error) {
    const words = error instanceof Wrong || error instanceof Unsupported ? error.message : "the file cannot be read";
    at("problem").textContent = shown(`Not checked: ${words}.`);
    status.textContent = "";
  } finally {
    running = false;
    at("check").disabled = packageFile === null;
  }
}

async function take(files) {
  for (const file of files) {
    if (/\.json$|\.txt$|\.vkey$/i.test(file.name)) at("anchors").value = (await file.text()).slice(0, 1 << 20);
    else packageFile = file;
  }
  if (packageFile) {
    at("chosen").textContent = shown(`${packageFile.name}, ${packageFile.size.toLocaleString("en")} bytes`);
    at("check").disabled = false;
  }
}

function begin() {
  const zone = at("drop");
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
  zone.addEventListener("dragover", () => zone.classList.add("over"));
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  document.addEventListener("drop", async (event) => {
    zone.classList.remove("over");
    await take(event.dataTransfer.files);
  });
  at("file").addEventListener("change", (event) => take(event.target.files));
  at("check").addEventListener("click", run);
  at("print").addEventListener("click", () => window.print());
  if (!globalThis.crypto?.subtle) {
    at("problem").textContent = "This browser gives this page no cryptography (WebCrypto). Use a current Firefox, Safari, Chrome or Edge.";
    at("file").disabled = true;
  }
}

begin();
