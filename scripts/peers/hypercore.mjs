// Hypercore as a peer of the bench; the protocol is worker.py's. Each append signs the tree with Ed25519. It is written to the
// system, which keeps it from a killed process; the disk is not waited for at each append (strace counts 11 syncs in 200 appends),
// so a power cut can lose what was appended: its figure is not one of durable appends.
import { createInterface } from 'node:readline'
import Hypercore from 'hypercore'

const BATCH = 100
const text = Buffer.alloc(1500, 'x')
const core = new Hypercore(process.argv[2])
await core.ready()

const appends = {
  async single(count) {
    for (let n = 0; n < count; n++) await core.append(text)
  },
  async batch(count) {
    for (let n = 0; n < count; n += BATCH) await core.append(Array(BATCH).fill(text))
  }
}

console.log(JSON.stringify('ready'))
for await (const line of createInterface({ input: process.stdin })) {
  const [kind, count] = line.split(' ')
  const began = process.hrtime.bigint()
  await appends[kind](Number(count))
  console.log(Number(process.hrtime.bigint() - began) / 1e9)
}
await core.close()
