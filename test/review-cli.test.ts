import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { changesDocument } from '../src/contract/changes.ts'
import { errorDocument } from '../src/contract/error.ts'
import { memoriesDocument } from '../src/contract/memory.ts'
import { policyInitDocument } from '../src/contract/policy.ts'
import {
  applyDocument,
  reviewDocument,
  rollBackDocument,
  storeRestoreDocument,
} from '../src/contract/review.ts'
import { airlineMemory, airlineTranscripts } from './_airline.ts'
import { type Answer, inFolder, run } from './_program.ts'

const parse = <Schema extends z.ZodType>(schema: Schema, { out }: Answer): z.infer<Schema> =>
  schema.parse(JSON.parse(out))

const fewTranscripts = join(airlineTranscripts, 'qwen2.5-7b__airline.json.gz')

/** A copy of the bundled memory, dreamt over; `command` runs with its data folder. */
async function inReview(
  use: (given: {
    memory: string
    command: (...args: string[]) => Promise<Answer>
    ids: readonly string[]
  }) => Promise<void>,
) {
  await inFolder(async (folder) => {
    const memory = join(folder, 'memory')
    cpSync(airlineMemory, memory, { recursive: true })
    const command = (...args: string[]) =>
      run([...args, '--json', '--quiet', '--data', join(folder, 'data')])
    await command('import', fewTranscripts)
    await command('policy', 'init')
    expect((await command('dream', '--memory', memory)).code).toBe(0)
    const { data } = parse(changesDocument, await command('changes'))
    expect(data.length).toBeGreaterThan(1)
    await use({ memory, command, ids: data.map(({ id }) => id) })
  })
}

const readFiles = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )

describe('review on the command line', () => {
  it('without a policy refuses with the code of a policy, and says the command that installs one', async () => {
    await inFolder(async (folder) => {
      const command = (...args: string[]) => run([...args, '--data', join(folder, 'data')])
      const memory = join(folder, 'memory')
      cpSync(airlineMemory, memory, { recursive: true })
      await command('import', fewTranscripts)
      await command('dream', '--memory', memory)
      const { out } = await command('changes', '--json')
      const [{ id = '' } = {}] = changesDocument.parse(JSON.parse(out)).data
      for (const args of [['apply'], ['changes', 'accept', id]]) {
        const refused = await command(...args)
        expect([refused.code, refused.err]).toEqual([
          7,
          expect.stringContaining('"lucidream policy init" installs the starter policy'),
        ])
      }
      const made = await command('policy', 'init', '--json')
      expect(parse(policyInitDocument, made).path).toContain('starter.yaml')
      expect((await command('policy', 'init')).code).toBe(6)
      expect((await command('changes', 'accept', id)).code).toBe(0)
      expect((await command('apply')).code).toBe(0)
    })
  }, 60_000)

  it('accepts, applies into store and folder, rolls back and restores; documents keep the contract', async () => {
    await inReview(async ({ memory, command, ids }) => {
      const before = readFiles(memory)
      const nothing = await command('apply')
      expect(nothing.code).toBe(6)
      expect(parse(errorDocument, nothing).error.message).toContain('nothing was applied')
      for (const id of ids) {
        const accepted = await command('changes', 'accept', id, '--override', '--reason', 'seen')
        expect(parse(reviewDocument, accepted).change.status).toBe('accepted')
      }
      const dry = parse(applyDocument, await command('apply', '--dry-run', '--to', memory))
      expect(dry.files).toEqual([])
      expect(readFiles(memory)).toEqual(before)
      const done = parse(applyDocument, await command('apply', '--to', memory))
      expect(done.files.toSorted()).toEqual(done.writes.map(({ path }) => path.slice(1)).toSorted())
      expect(readFiles(memory)).not.toEqual(before)
      expect((await command('apply', '--to', memory)).code).toBe(6)
      const back = parse(rollBackDocument, await command('rollback', ids[0] ?? ''))
      expect(back).toMatchObject({ operation: 'roll_back', dry_run: false })
      const again = parse(rollBackDocument, await command('rollback', ids[0] ?? '', '--restore'))
      expect(again.writes[0]?.content_sha256).toBe(
        done.writes.find(({ path }) => path === again.writes[0]?.path)?.content_sha256,
      )
      const dream = parse(rollBackDocument, await command('rollback', done.dream_id))
      expect(dream.writes).toHaveLength(done.writes.length)
    })
  }, 60_000)

  it('takes a whole store back to a moment', async () => {
    await inReview(async ({ command, ids }) => {
      const list = async () => parse(memoriesDocument, await command('memory', 'ls'))
      const before = await list()
      const moment = new Date().toISOString()
      await command('changes', 'accept', ids[0] ?? '')
      await command('apply')
      expect(await list()).not.toEqual(before)
      const store = before.memory_store_id
      const dry = parse(
        storeRestoreDocument,
        await command('rollback', store, '--to', moment, '--dry-run'),
      )
      expect(dry).toMatchObject({ dry_run: true })
      expect(dry.changes).toHaveLength(1)
      const done = parse(storeRestoreDocument, await command('rollback', store, '--to', moment))
      expect(done).toEqual({ ...dry, dry_run: false })
      const texts = (found: typeof before) =>
        found.data.map(({ path, content_sha256 }) => ({ path, content_sha256 }))
      expect(texts(await list())).toEqual(texts(before))
      expect((await command('rollback', ids[0] ?? '', '--to', moment)).code).toBe(2)
      expect((await command('rollback', store, '--to', 'yesterday')).code).toBe(2)
    })
  }, 60_000)

  it('rejects with a reason only, and edits with a text only', async () => {
    await inReview(async ({ command, ids }) => {
      const [first = ''] = ids
      expect((await command('changes', 'reject', first)).code).toBe(2)
      expect((await command('changes', 'edit', first)).code).toBe(2)
      const rejected = await command('changes', 'reject', first, '--reason', 'no')
      expect(parse(reviewDocument, rejected).change.reviews[0]).toMatchObject({
        verdict: 'reject',
        reason: 'no',
        actor: { type: 'user', id: 'cli' },
      })
      expect((await command('changes', 'accept', first)).code).toBe(6)
    })
  }, 60_000)

  it('writes no file when one of them changed after the dream, and none into another folder', async () => {
    await inReview(async ({ memory, command, ids }) => {
      for (const id of ids) await command('changes', 'accept', id, '--override', '--reason', 'seen')
      expect((await command('apply', '--to', airlineMemory)).code).toBe(2)
      const { writes } = parse(applyDocument, await command('apply', '--dry-run'))
      const [{ path = '' } = {}] = writes.filter(({ how }) => how === 'modified')
      writeFileSync(join(memory, path), 'mine\n')
      const before = readFiles(memory)
      const refused = await command('apply', '--to', memory)
      expect(refused.code).toBe(6)
      expect(parse(errorDocument, refused).error.code).toBe('file_changed')
      expect(readFiles(memory)).toEqual(before)
      expect(parse(applyDocument, await command('apply', '--dry-run')).writes).toEqual(writes)
    })
  }, 60_000)
})
