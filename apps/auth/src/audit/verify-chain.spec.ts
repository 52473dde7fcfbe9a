import fc from 'fast-check'
import { auditHash, type HashedEntry } from './audit-hash.ts'
import { chainStart, continueChain, endChain, type StoredEntry } from './verify-chain.ts'

const text = fc.string({ maxLength: 12 })
const optional = fc.option(text)
const content = fc.record({
  id: fc.uuid(),
  at: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  service: text,
  actor: text,
  action: text,
  target: optional,
  before: optional,
  after: optional,
  address: optional,
  requestId: optional,
  outcome: text,
  code: optional,
})
const WORKSPACE = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'
const textFields = Object.keys({ service: 0, actor: 0, action: 0, target: 0, before: 0, after: 0, code: 0 })

function chainOf(contents: readonly Omit<HashedEntry, 'workspaceId' | 'sequence'>[]): StoredEntry[] {
  let previousHash = chainStart.hash
  return contents.map((entry, index) => {
    const hashed = { ...entry, workspaceId: WORKSPACE, sequence: BigInt(index + 1) }
    const stored = { ...hashed, previousHash, hash: auditHash(previousHash, hashed) }
    previousHash = stored.hash
    return stored
  })
}
const anyChain = fc.array(content, { minLength: 2, maxLength: 12 }).map(chainOf)

/** Whether the rows pass, read in pages of `size`, against the head of the chain as it was written. */
function broken(rows: readonly StoredEntry[], written: readonly StoredEntry[], size = 3) {
  let state = chainStart
  for (let at = 0; at < rows.length; at += size) state = continueChain(state, rows.slice(at, at + size))
  return endChain(state, written.at(-1), rows.at(-1)?.sequence ?? 0n)
}

describe('the hash chain of the audit log', () => {
  it('C-1 a chain as it was written passes, whatever the size of a page', () => {
    fc.assert(
      fc.property(anyChain, fc.integer({ min: 1, max: 5 }), (chain, size) => {
        expect(broken(chain, chain, size)).toBeNull()
      }),
    )
  })

  it('C-1 an entry changed in any field is found, and named', () => {
    fc.assert(
      fc.property(anyChain, fc.nat(), fc.constantFrom(...textFields), text, (chain, at, field, value) => {
        const index = at % chain.length
        const entry = chain[index]!
        fc.pre(entry[field as keyof StoredEntry] !== value)
        expect(broken(chain.with(index, { ...entry, [field]: value }), chain)).toMatchObject({
          sequence: String(index + 1),
          reason: expect.stringContaining('changed'),
        })
      }),
    )
  })

  it('C-1 a text that moves from one field into the next is found', () => {
    const one = { ...fc.sample(content, 1)[0]!, service: 'ab', actor: 'c', target: null }
    const [entry] = chainOf([one])
    expect(auditHash(chainStart.hash, { ...entry!, service: 'a', actor: 'bc' })).not.toEqual(entry!.hash)
    expect(auditHash(chainStart.hash, { ...entry!, target: '' })).not.toEqual(entry!.hash)
  })

  it('C-1 an entry that was changed together with its own hash is found at the next one', () => {
    fc.assert(
      fc.property(anyChain, fc.nat(), (chain, at) => {
        const index = at % chain.length
        const forged = { ...chain[index]!, action: `${chain[index]!.action}!` }
        const rehashed = { ...forged, hash: auditHash(forged.previousHash, forged) }
        expect(broken(chain.with(index, rehashed), chain)).not.toBeNull()
      }),
    )
  })

  it('C-1 a removed entry is found, the last one too', () => {
    fc.assert(
      fc.property(anyChain, fc.nat(), (chain, at) => {
        const index = at % chain.length
        expect(broken(chain.toSpliced(index, 1), chain)).toMatchObject({
          sequence: String(index + 1),
          reason: expect.stringContaining('missing'),
        })
      }),
    )
  })

  it('C-1 two entries that change places are found', () => {
    fc.assert(
      fc.property(anyChain, fc.nat(), (chain, at) => {
        const index = at % (chain.length - 1)
        const [first, second] = [chain[index]!, chain[index + 1]!]
        const swapped = chain
          .with(index, { ...second, sequence: first.sequence })
          .with(index + 1, { ...first, sequence: second.sequence })
        expect(broken(swapped, chain)).not.toBeNull()
      }),
    )
  })

  it('C-1 an inserted entry is found, at the end too, and where all after it were numbered anew', () => {
    fc.assert(
      fc.property(anyChain, fc.nat(), content, (chain, at, extra) => {
        const index = at % (chain.length + 1)
        const contents = [...chain.slice(0, index), extra, ...chain.slice(index)]
        expect(broken(chainOf(contents), chain)).not.toBeNull()
      }),
    )
  })

  it('C-1 a chain without a head was put there by hand', () => {
    const chain = chainOf(fc.sample(content, 2))
    expect(endChain(continueChain(chainStart, chain), undefined, 2n)).toMatchObject({ reason: expect.any(String) })
  })
})
