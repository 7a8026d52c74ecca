import { describe, expect, it } from 'vitest'
import { formatKey, openCheckpoint, parseKey, signCheckpoint } from '../../src/core/audit/notary.ts'
import { formatNote, parseNote } from '../../src/core/audit/note.ts'
import { makeNotary, sealTools } from '../../src/notary.ts'
import { hash, notary } from './_log.ts'

const key = { name: notary.origin, publicKey: notary.publicKey }
const root = new Uint8Array(32).fill(7)

describe('a signed note', () => {
  // The example in the documentation of golang.org/x/mod/sumdb/note.
  const known = {
    key: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
    signature:
      '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
  }

  it('of another program is read, and its signature holds under its key', () => {
    const { name, publicKey } = parseKey(sealTools, known.key)
    const { text, signatures } = parseNote(sealTools, `${known.text}\n${known.signature}`)
    expect(text).toBe(known.text)
    expect(signatures.map((one) => one.name)).toEqual([name])
    const signature = signatures[0]?.signature as Uint8Array
    expect(sealTools.verify(publicKey, text, signature)).toBe(true)
    expect(sealTools.verify(publicKey, `${text} `, signature)).toBe(false)
    expect(formatKey(sealTools, { name, publicKey })).toBe(known.key)
    expect(formatNote(sealTools, { text, signatures })).toBe(`${known.text}\n${known.signature}`)
  })

  it('that holds no checkpoint is no checkpoint, whoever signed it', () => {
    const peter = parseKey(sealTools, known.key)
    const note = `${known.text}\n${known.signature}`
    expect(() => openCheckpoint(sealTools, note, peter)).toThrow('This is no checkpoint')
  })
})

describe('a checkpoint', () => {
  const note = signCheckpoint(notary, { size: 12, root })

  it('is three lines with a signature, the same ones each time', () => {
    expect(note).toMatch(
      /^example\.com\/audit\n12\nBwcH[A-Za-z0-9+/]+=\n\n— example\.com\/audit [A-Za-z0-9+/]+=*\n$/,
    )
    expect(signCheckpoint(notary, { size: 12, root })).toBe(note)
    expect(openCheckpoint(notary, note, key)).toEqual({
      origin: key.name,
      size: 12,
      root: Buffer.from(root),
    })
  })

  it('may bear the signature of a witness beside that of the log', () => {
    const witness = makeNotary({ seed: hash('a witness'), origin: 'witness.example.com' })
    const { text, signatures } = parseNote(notary, note)
    const keyId = Uint8Array.of(1, 2, 3, 4)
    const added = { name: witness.origin, keyId, signature: witness.sign(text) }
    const both = formatNote(notary, { text, signatures: [...signatures, added] })
    expect(openCheckpoint(notary, both, key).size).toBe(12)
    const alone = formatNote(notary, { text, signatures: [added] })
    expect(() => openCheckpoint(notary, alone, key)).toThrow(
      'nobody signed it as example.com/audit',
    )
  })

  it('of another key or another log is refused', () => {
    const other = makeNotary({ seed: hash('another key'), origin: notary.origin })
    const forged = signCheckpoint(other, { size: 12, root })
    expect(() => openCheckpoint(notary, forged, key)).toThrow('nobody signed it')
    const named = { ...key, name: 'example.com/other' }
    expect(() => openCheckpoint(notary, note, named)).toThrow(
      'nobody signed it as example.com/other',
    )
  })
})

describe('the key that signs', () => {
  it('names its log where the administrator does not, and is 64 hex digits', () => {
    const { origin } = makeNotary({ seed: hash('a key'), origin: null })
    expect(origin).toMatch(/^lucidream\/[0-9a-f]{16}$/)
    expect(() => makeNotary({ seed: 'secret', origin: null })).toThrow('not 64 hex digits')
    expect(() => makeNotary({ seed: hash('a key'), origin: 'a b' })).toThrow('names no log')
  })

  it('is read only as it was printed', () => {
    const text = formatKey(notary, key)
    expect(parseKey(notary, `${text}\n`)).toEqual({
      name: key.name,
      publicKey: Buffer.from(key.publicKey),
    })
    for (const wrong of ['', 'a+b+c', text.replace(/\+[0-9a-f]{8}\+/, '+00000000+'), `${text}x`]) {
      expect(() => parseKey(notary, wrong)).toThrow('no public key of a log')
    }
  })
})
