// Checks a draft, signs it with jose, submits it, and verifies the receipt (c2sp.org/tlog-proof) with Node's own crypto.
//   node examples/submit.mjs URL TOKEN_FILE KEY.pem DRAFT.json VKEY
import { createHash, createPrivateKey, createPublicKey, verify } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { calculateJwkThumbprint, exportJWK, GeneralSign } from 'jose'

const [url, tokenFile, keyFile, draftFile, vkey] = process.argv.slice(2)
const token = readFileSync(tokenFile, 'utf8').trim()
const passphraseFile = process.env.KEY_PASSPHRASE_FILE
const passphrase = passphraseFile && readFileSync(passphraseFile, 'utf8').trim()

async function post(path, type, body) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': type }
  const answer = await fetch(url + path, { method: 'POST', headers, body })
  const told = await answer.json()
  if (!answer.ok) throw new Error(`${told.title}: ${told.detail} (${told.remedy})`)
  return told
}

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()

const half = (n) => Math.floor(n / 2)

// RFC 9162 section 2.1.3.2.
function rootOf(leaf, index, size, proof) {
  let [node, last, hash] = [index, size - 1, leaf]
  for (const part of proof) {
    if (last === 0) throw new Error('the proof is too long')
    if (node % 2 === 1 || node === last) {
      hash = sha256(Buffer.of(1), part, hash)
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)]
    } else {
      hash = sha256(Buffer.of(1), hash, part)
    }
    ;[node, last] = [half(node), half(last)]
  }
  if (last !== 0) throw new Error('the proof is too short')
  return hash
}

function verifyReceipt(receipt, entry, vkey) {
  const [head, text, signatures] = receipt.split('\n\n')
  const lines = head.split('\n')
  if (lines.shift() !== 'c2sp.org/tlog-proof@v1') throw new Error('not a receipt')
  const index = Number(lines.shift().replace(/^index /, ''))
  const proof = lines.map((line) => Buffer.from(line, 'base64'))
  const [origin, size, root] = text.split('\n')
  const found = rootOf(sha256(Buffer.of(0), entry), index, Number(size), proof)
  if (found.toString('base64') !== root) throw new Error('the proof leads to another root')
  // A verifier key: name+hash+key; the key is its type (1 = Ed25519) and 32 bytes. The note's text ends in a newline.
  const [, name, keyId, encoded] = vkey.match(/^([^+]+)\+([0-9a-f]{8})\+(.+)$/)
  const raw = Buffer.from(encoded, 'base64')
  if (name !== origin || raw[0] !== 1) throw new Error('the verifier key is of another log')
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: raw.subarray(1).toString('base64url') } })
  const line = signatures.split('\n').map((one) => one.split(' ')).find(([, by, value]) => {
    return by === name && Buffer.from(value, 'base64').subarray(0, 4).toString('hex') === keyId
  })
  if (!line) throw new Error('the log did not sign the checkpoint')
  const signature = Buffer.from(line[2], 'base64').subarray(4)
  if (!verify(null, Buffer.from(text + '\n'), key, signature)) throw new Error('the checkpoint is not signed by the log')
  return { index, size: Number(size) }
}

const checked = await post('/v1/statements/check', 'application/json', readFileSync(draftFile))
if (!checked.accepted) throw new Error(checked.objections.map((one) => `${one.words} [${one.rule}]`).join('; '))

const key = createPrivateKey({ key: readFileSync(keyFile), passphrase })
const kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(key)))
const header = { alg: 'Ed25519', iat: Math.floor(Date.now() / 1000), kid, typ: 'control-statement+json' }
const envelope = await new GeneralSign(Buffer.from(checked.payload)).addSignature(key).setProtectedHeader(header).done().sign()

const recorded = await post('/v1/statements', 'application/jose+json', JSON.stringify(envelope))
const payload = JSON.parse(recorded.entry).payload
if (payload !== envelope.payload) throw new Error('another statement was recorded')
const { index, size } = verifyReceipt(recorded.receipt, recorded.entry, vkey)
writeFileSync(draftFile.replace(/\.json$/, '.receipt'), recorded.receipt)
console.log(`recorded: ${recorded.statement} is entry ${index}\nproven: under a checkpoint of ${size} entries`)
