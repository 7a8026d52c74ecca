import { describe, expect, it } from 'vitest'
import { createMask } from './mask.ts'

const mask = createMask({ key: 'a key of sixteen' })
/** Put together here, so that no scanner takes this file for a leak. */
const github = `ghp_${'aB3dE6gH9'.repeat(4)}`
const key = [
  '-----BEGIN RSA PRIVATE KEY-----',
  'MIIEpAIBAAKCAQEA'.repeat(30),
  '-----END RSA PRIVATE KEY-----',
].join('\n')
const database = 'postgres://admin:s3cretPassw0rd@db.internal:5432/app'

describe('masking', () => {
  it('replaces secrets wherever they stand, keys of objects included, and counts them', async () => {
    const { records, secrets } = await mask([
      { a: `token ${github} here`, [github]: 1 },
      { b: [database, { c: 'nothing' }] },
      { d: key },
    ])
    const text = JSON.stringify(records)
    expect(text).not.toContain(github)
    expect(text).not.toContain('s3cretPassw0rd')
    expect(text).not.toContain('MIIEpAIBAAKCAQEA')
    expect(text).toMatch(/token <secret:github:[0-9a-f]{8}> here/)
    expect(secrets).toEqual([2, 1, 1])
  })

  it('gives equal secrets equal placeholders under one key and others under another', async () => {
    const [one] = (await mask([{ a: github }])).records
    const [again] = (await mask([{ a: github }])).records
    const [other] = (await createMask({ key: 'another key, of 16' })([{ a: github }])).records
    expect(again).toEqual(one)
    expect(other).not.toEqual(one)
  })

  it('leaves records without secrets the very same', async () => {
    const records = [{ a: 'plain', b: [1, null, { c: true }] }]
    expect((await mask(records)).records[0]).toBe(records[0])
  })

  it('finds a secret that stands across the border of two scanned pieces’ records', async () => {
    const filler = 'x '.repeat(140_000)
    const { secrets } = await mask([{ a: filler }, { a: github }, { a: filler }, { a: github }])
    expect(secrets).toEqual([0, 1, 0, 1])
  })
})
