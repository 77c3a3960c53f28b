// The container: an ASiC-E archive in one exact form (APPNOTE.TXT 6.3; members stored, fixed headers, fixed order).
// Deflated members are read too, so that a repacked package can be looked into; the deviation is a finding.

const ARCHIVE_BYTES_MAX = 2 ** 30;
const MEMBERS_MAX = 65534;
const MIMETYPE = "application/vnd.etsi.asic-e+zip";
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) value = CRC[(value ^ bytes[i]) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

const ascii = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/** {members: Map of name to bytes, deviations: [{item, words}]}; never throws for what the bytes are. */
async function readArchive(archive) {
  const deviations = [];
  const deviate = (item, words) => deviations.push({ item: item.trim() === "" ? "archive" : item, words });
  const found = [];
  if (archive.length > ARCHIVE_BYTES_MAX) {
    deviate("archive", `has more than ${ARCHIVE_BYTES_MAX} bytes and is not read`);
    return { members: new Map(), deviations };
  }
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  let at = 0;
  let total = 0;
  while (at + 30 <= archive.length && view.getUint32(at, true) === 0x04034b50) {
    const method = view.getUint16(at + 8, true);
    const stored = view.getUint32(at + 18, true);
    const size = view.getUint32(at + 22, true);
    const nameAt = at + 30;
    const dataAt = nameAt + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
    const name = ascii(archive.subarray(nameAt, nameAt + view.getUint16(at + 26, true)));
    total += size;
    if (dataAt + stored > archive.length) {
      deviate(name, `claims ${stored} bytes, more than the archive still has`);
      break;
    }
    if (found.length === MEMBERS_MAX || total > ARCHIVE_BYTES_MAX) {
      deviate("archive", "holds more than this page reads");
      break;
    }
    let data = archive.subarray(dataAt, dataAt + stored);
    if (method !== 0) {
      deviate(name, "is compressed; in the one form members are stored as they are");
      data = await inflate(data, size, method);
      if (data === null) {
        deviate(name, "cannot be decompressed to the size it states");
        data = new Uint8Array();
      }
    }
    found.push({ name, data });
    at = dataAt + stored;
  }
  if (found.length === 0) deviate("archive", "is no archive: it does not begin with a member");
  const members = nameMembers(found, deviate);
  if (!deviations.length) compareWithOneForm(archive, found, deviate);
  return { members, deviations };
}

async function inflate(data, size, method) {
  if (method !== 8) return null;
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = stream.getReader();
  const parts = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > size) {
        await reader.cancel();
        return null;
      }
      parts.push(value);
    }
  } catch {
    return null;
  }
  return length === size ? joined(...parts) : null;
}

function nameMembers(found, deviate) {
  const members = new Map();
  const folded = new Map();
  for (const { name, data } of found) {
    if (name.trim() === "") {
      deviate(name, "holds a member without a name");
      continue;
    }
    if (name.length > 200 || !PLAIN_NAME.test(name)) deviate(name, "does not have a plain relative name");
    if (members.has(name)) {
      deviate(name, "stands in the archive twice");
      continue;
    }
    const other = folded.get(name.toLowerCase());
    if (other !== undefined) deviate(name, `differs from ${other} only in case`);
    folded.set(name.toLowerCase(), name);
    members.set(name, data);
  }
  const type = members.get("mimetype");
  if (!type || ascii(type) !== MIMETYPE) deviate("mimetype", "is missing or is not that of ASiC-E");
  return members;
}

/** Makes the archive that these members have and compares every byte. */
function compareWithOneForm(archive, found, deviate) {
  const rank = (name) => (name === "mimetype" ? "" : name);
  for (let i = 1; i < found.length; i++) {
    if (rank(found[i - 1].name) > rank(found[i].name)) return deviate(found[i].name, "is out of order");
  }
  let at = 0;
  const directory = [];
  const expect = (bytes, item, words) => {
    const ok = same(archive.subarray(at, at + bytes.length), bytes);
    at += bytes.length;
    if (!ok) deviate(item, words);
    return ok;
  };
  for (const { name, data } of found) {
    const start = at;
    const spelled = Uint8Array.from(name, (character) => character.charCodeAt(0));
    const sums = [[4, crc32(data)], [4, data.length], [4, data.length], [2, spelled.length]];
    const local = packed([[4, 0x04034b50], [2, 10], [2, 0], [2, 0], [2, 0], [2, 0x21], ...sums, [2, 0]]);
    const words = "its header is not in the one form, or its contents do not have the CRC-32 it states";
    if (!expect(joined(local, spelled), name, words)) return undefined;
    at += data.length;
    const fixed = [[4, 0x02014b50], [2, 10], [2, 10], [2, 0], [2, 0], [2, 0], [2, 0x21]];
    directory.push(joined(packed([...fixed, ...sums, [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, start]]), spelled));
  }
  const start = at;
  for (const [n, record] of directory.entries()) {
    if (!expect(record, found[n].name, "its record in the archive's directory is not in the one form")) return undefined;
  }
  const counts = [[2, found.length], [2, found.length], [4, at - start], [4, start]];
  expect(packed([[4, 0x06054b50], [2, 0], [2, 0], ...counts, [2, 0]]), "archive", "its end is not in the one form");
  if (at !== archive.length) deviate("archive", "has bytes behind its end");
  return undefined;
}

function packed(fields) {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return bytes;
}
