import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditVerificationDocument } from '../../src/contract/audit.ts'
import {
  auditCheckpointDocument,
  auditExportDocument,
  auditKeyDocument,
  auditProofDocument,
  auditVerificationDocument,
} from '../../src/contract/audit.ts'
import { hashEntry } from '../../src/core/audit/entry.ts'
import { formatLine, parseLine } from '../../src/core/audit/log-file.ts'
import { formatKey } from '../../src/core/audit/notary.ts'
import { sealLog } from '../../src/storage/audit-checkpoints.ts'
import { inFolder, run } from '../_program.ts'
import { append, exportText, hash, inPlace, notary, type Place, places } from './_log.ts'

const publicKey = formatKey(notary, { name: notary.origin, publicKey: notary.publicKey })
const [oldSize, size] = [23, 60]
const runs = { numRuns: 400 }

let folder = ''
/** Of a log that nobody touched. */
let sound: { log: Buffer; late: Buffer; checkpoint: Buffer; old: Buffer }
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lucidream-audit-'))
  sound = await inPlace(places[0] as Place, async (database) => {
    await append(database, 0, oldSize)
    const old = await sealLog(database, notary)
    await append(database, oldSize, size - oldSize)
    const { note } = await sealLog(database, notary)
    return {
      log: Buffer.from(await exportText(database)),
      late: Buffer.from(await exportText(database, 20)),
      checkpoint: Buffer.from(note),
      old: Buffer.from(old.note),
    }
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the command says of these files; `old: null` leaves the earlier checkpoint out. */
async function verify(given: {
  readonly log?: Buffer
  readonly checkpoint?: Buffer
  readonly old?: Buffer | null
}): Promise<{ code: number; document: AuditVerificationDocument }> {
  const { log = sound.log, checkpoint = sound.checkpoint, old = sound.old } = given
  const files = { log: join(folder, 'log'), new: join(folder, 'new'), old: join(folder, 'old') }
  writeFileSync(files.log, log)
  writeFileSync(files.new, checkpoint)
  if (old) writeFileSync(files.old, old)
  const more = old ? ['--old-checkpoint', files.old] : []
  const args = [
    'audit',
    'verify',
    files.log,
    '--checkpoint',
    files.new,
    '--key',
    publicKey,
    ...more,
  ]
  const { code, out } = await run([...args, '--json'])
  return { code, document: auditVerificationDocument.parse(JSON.parse(out)) }
}

async function expectFault(
  given: Parameters<typeof verify>[0],
  fault: Partial<AuditVerificationDocument['faults'][number]>,
) {
  const { code, document } = await verify(given)
  expect(code).toBe(1)
  expect(document.ok).toBe(false)
  expect(document.faults).toHaveLength(1)
  expect(document.faults[0]).toMatchObject(fault)
  expect(document.faults[0]?.message.length).toBeGreaterThan(10)
}

const flip = (bytes: Buffer, at: number, mask: number) => {
  const changed = Buffer.from(bytes)
  changed[at] = (changed[at] as number) ^ mask
  return changed
}
const linesOf = (log: Buffer) => log.toString().split('\n').slice(0, -1)
const toLog = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''))
const mask = fc.integer({ min: 1, max: 255 })
const anyRecord = fc.integer({ min: 1, max: size })

describe('lucidream audit verify', () => {
  it('answers 0 for a log that is as it was, whole, late, and with records that came later', async () => {
    expect(await verify({})).toEqual({
      code: 0,
      document: {
        version: 1,
        kind: 'audit_verification',
        ok: true,
        origin: 'example.com/audit',
        from: 1,
        to: size,
        proven: size,
        faults: [],
      },
    })
    const late = await verify({ log: sound.late })
    expect(late.document).toMatchObject({ ok: true, from: 20, to: size, proven: 41 })
    const earlier = await verify({ checkpoint: sound.old, old: null })
    expect(earlier.document).toMatchObject({ ok: true, to: size, proven: oldSize })
  })

  it('says for people what it found, and what no checkpoint speaks of', async () => {
    const files = ['log', 'checkpoint', 'key'].map((name) => join(folder, name)) as string[]
    writeFileSync(files[0] as string, sound.log)
    writeFileSync(files[1] as string, sound.old)
    writeFileSync(files[2] as string, `${publicKey}\n`)
    const args = ['--checkpoint', files[1] as string, '--key', files[2] as string]
    const answer = await run(['audit', 'verify', files[0] as string, ...args])
    expect(answer).toEqual({
      code: 0,
      out: 'ok: 23 records of example.com/audit, from 1 on, are what the checkpoint says.\n37 newer records hang together, and no checkpoint speaks of them yet.\n',
      err: '',
    })
    writeFileSync(files[0] as string, toLog(linesOf(sound.log).toSpliced(9, 1)))
    const failed = await run(['audit', 'verify', files[0] as string, ...args])
    expect(failed.code).toBe(1)
    expect(failed.out).toBe(
      'FAILED log, line 10, record 9: record 10 stands where 9 should: records were removed, added or moved\n',
    )
  })

  it('names the line of any byte of the log that was changed', async () => {
    const anyByte = fc.nat(sound.log.length - 1)
    await fc.assert(
      fc.asyncProperty(anyByte, mask, async (at, bits) => {
        const line = sound.log.subarray(0, at).toString('latin1').split('\n').length
        await expectFault({ log: flip(sound.log, at, bits) }, { place: 'log', line })
      }),
      runs,
    )
  })

  it('names the line from which records were removed, repeated, moved or put in', async () => {
    const lines = linesOf(sound.log)
    const kinds = fc.constantFrom('remove', 'repeat', 'swap', 'put in')
    await fc.assert(
      fc.asyncProperty(kinds, anyRecord, anyRecord, async (kind, at, other) => {
        fc.pre(kind !== 'swap' || at !== other)
        fc.pre(kind !== 'put in' || at !== other)
        const [one, two] = [lines[at] as string, lines[other] as string]
        const [changed, first] = {
          remove: [lines.toSpliced(at, 1), at],
          repeat: [lines.toSpliced(at + 1, 0, one), at + 1],
          swap: [lines.with(at, two).with(other, one), Math.min(at, other)],
          'put in': [lines.toSpliced(at, 0, two), at],
        }[kind] as [string[], number]
        // Without its last record a log is only too short, and what is repeated there is too much.
        fc.pre(!(kind === 'remove' && at === size))
        const log = toLog(changed)
        await expectFault({ log }, { place: 'log', line: first + 1, seq: first })
      }),
      { numRuns: 200 },
    )
  })

  it('sees against the checkpoint that the end is missing, wherever it was cut', async () => {
    const lines = linesOf(sound.log)
    await fc.assert(
      fc.asyncProperty(fc.nat(size), async (left) => {
        fc.pre(left < size)
        const log = toLog(lines.slice(0, left + 1))
        await expectFault({ log }, { place: 'log', line: left + 1, seq: left + 1 })
      }),
      { numRuns: 60 },
    )
    await fc.assert(
      fc.asyncProperty(fc.nat(sound.log.length - 1), async (bytes) => {
        await expectFault({ log: sound.log.subarray(0, bytes) }, { place: 'log' })
      }),
      { numRuns: 100 },
    )
  })

  it('sees what a forger made fit together, and between which checkpoints it lies', async () => {
    const lines = linesOf(sound.log)
    await fc.assert(
      fc.asyncProperty(anyRecord, async (at) => {
        const read = parseLine(lines[at] as string)
        if (!read) throw new Error('a line is wrong')
        const entry = read.entry.replace('"id":"clerk"', '"id":"thief"')
        const log = toLog(lines.with(at, formatLine(entry, hashEntry(hash, entry))))
        const { code, document } = await verify({ log })
        expect(code).toBe(1)
        const range =
          at <= oldSize ? `records 1 to ${oldSize}` : `records ${oldSize + 1} to ${size}`
        expect(document.faults[0]?.message).toContain(`${range}: at least one is not what it was`)
      }),
      { numRuns: 100 },
    )
  })

  it('accepts no byte of a checkpoint that was changed, left out or added', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(sound.checkpoint.length - 1), mask, async (at, bits) => {
        const checkpoint = flip(sound.checkpoint, at, bits)
        await expectFault({ checkpoint, old: null }, { place: 'checkpoint' })
        const left = [...sound.checkpoint].toSpliced(at, 1)
        await expectFault({ checkpoint: Buffer.from(left), old: null }, { place: 'checkpoint' })
        const added = [...sound.checkpoint].toSpliced(at, 0, bits)
        await expectFault({ checkpoint: Buffer.from(added), old: null }, { place: 'checkpoint' })
      }),
      runs,
    )
    await expectFault({ old: flip(sound.old, 3, 1) }, { place: 'old checkpoint' })
  })

  it('refuses a late log for a checkpoint before its beginning, and says from where to export', async () => {
    const early = await inPlace(places[0] as Place, async (database) => {
      await append(database, 0, 5)
      return (await sealLog(database, notary)).note
    })
    const { code, document } = await verify({ log: sound.late, old: Buffer.from(early) })
    expect(code).toBe(1)
    expect(document.faults[0]?.message).toContain('--from 6 or less')
  })

  it('sees that what stood before a late log is not what it says', async () => {
    const [head, ...lines] = linesOf(sound.late)
    const changed = head?.replace(/[0-9a-f]{64}/, '0'.repeat(64)) as string
    const { code, document } = await verify({ log: toLog([changed, ...lines]) })
    expect(code).toBe(1)
    expect(document.faults[0]?.message).toContain('records 1 to 23: at least one is not')
  })

  it('answers 2 for what is no key and 5 for a file that is not there', async () => {
    const args = ['audit', 'verify', join(folder, 'none'), '--checkpoint', join(folder, 'new')]
    await verify({})
    expect((await run([...args, '--key', 'a+b+c'])).code).toBe(2)
    expect((await run([...args, '--key', publicKey])).code).toBe(5)
    expect((await run(args)).code).toBe(2)
  })
})

describe('lucidream audit', () => {
  it('exports a log that verifies with the checkpoint and the key that it prints, though killed on the way', async () => {
    await inFolder(async (data) => {
      let lastNote = ''
      for (const checkpoints of [1, 3, 2, 4]) {
        const child = spawn(process.execPath, ['test/audit/_appending.ts', data], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        let left = checkpoints
        for await (const line of createInterface({ input: child.stdout })) {
          if (left > 0) lastNote = JSON.parse(line)
          left -= 1
          if (left === 0) child.kill('SIGKILL')
        }
      }
      const files = { log: join(data, 'log'), new: join(data, 'new'), old: join(data, 'old') }
      writeFileSync(files.old, lastNote)
      writeFileSync(files.new, (await run(['audit', 'checkpoint', '--data', data])).out)
      const { code, out } = await run(['audit', 'export', files.log, '--data', data])
      expect(code).toBe(0)
      const key = (await run(['audit', 'key', '--data', data])).out
      writeFileSync(join(data, 'key'), key)
      const args = ['--checkpoint', files.new, '--old-checkpoint', files.old]
      const verified = await run([
        'audit',
        'verify',
        files.log,
        ...args,
        '--key',
        join(data, 'key'),
      ])
      expect(verified.out).toMatch(/^ok: \d+ records of lucidream\/[0-9a-f]{16}, from 1 on/)
      const count = readFileSync(files.log, 'utf8').split('\n').length - 2
      expect(count).toBeGreaterThanOrEqual(400)
      expect(out.replace(/\D+/g, '')).toContain(String(count))
    })
  }, 60_000)

  it('never writes over a file, exports from a record on, and proves one', async () => {
    await inFolder(async (data) => {
      await run(['keys', 'create', 'one', '--scope', 'admin', '--data', data])
      await run(['keys', 'create', 'two', '--scope', 'admin', '--data', data])
      const file = join(data, 'log')
      const late = await run(['audit', 'export', file, '--from', '2', '--data', data, '--json'])
      expect(auditExportDocument.parse(JSON.parse(late.out))).toMatchObject({ from: 2, records: 1 })
      expect((await run(['audit', 'export', file, '--data', data])).code).toBe(6)
      const beyond = ['audit', 'export', `${file}2`, '--from', '9', '--data', data]
      expect((await run(beyond)).code).toBe(2)
      expect((await run(['audit', 'export', `${file}2`, '--data', data])).code).toBe(0)
      const printed = (await run(['audit', 'proof', '2', '--data', data])).out
      const proof = auditProofDocument.parse(JSON.parse(printed))
      expect(proof).toMatchObject({ seq: 2, size: 2 })
      expect(proof.hashes).toHaveLength(1)
      expect(proof.leaf).toBe(hashEntry(hash, proof.entry))
      const document = async (name: string) =>
        JSON.parse((await run(['audit', name, '--data', data, '--json'])).out)
      const checkpoint = auditCheckpointDocument.parse(await document('checkpoint'))
      expect(checkpoint).toMatchObject({ size: 2, root: proof.root })
      expect(auditKeyDocument.parse(await document('key')).key).toBe(checkpoint.key)
      expect((await run(['audit', 'proof', '3', '--data', data])).code).toBe(5)
    })
  })
})
