import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MemoryStoreId, SessionId } from '../../src/core/ids.ts'
import { listChanges, updateChangeText } from '../../src/storage/changes.ts'
import { getMemoryByPath, insertMemory, updateMemory } from '../../src/storage/memories.ts'
import { acceptChange } from '../../src/storage/review-changes.ts'
import { readWatch } from '../../src/storage/watch.ts'
import { type DreamtServer, startDreamtServer } from '../_dreamt.ts'

let server: DreamtServer
beforeAll(async () => {
  server = await startDreamtServer()
}, 60_000)
afterAll(() => server.stop())

const list = (query = '') =>
  server.get(`/lucid/v1/dreams/${server.dreamId}/changes?limit=100${query}`)

interface Line {
  readonly type: string
  readonly text: string
  readonly spans: { start: number; end: number }[] | null
}

describe('the changes of a dream', () => {
  it('are listed in its order and filtered by status and path', async () => {
    const { data } = await list()
    expect(data.length).toBeGreaterThan(3)
    expect((await list('&status=proposed')).data).toEqual(data)
    expect((await list('&status=applied')).data).toEqual([])
    const { path } = data[0]
    const here = data.filter((one: { path: string }) => one.path === path)
    expect((await list(`&path=${encodeURIComponent(path)}`)).data).toEqual(here)
  })

  it('refuse an unknown status and an unknown dream', async () => {
    const path = `/lucid/v1/dreams/${server.dreamId}/changes`
    expect(await server.refused(`${path}?status=maybe`)).toMatchObject({ status: 400 })
    expect(await server.refused('/lucid/v1/dreams/x/changes')).toMatchObject({ status: 404 })
  })
})

describe('one change', () => {
  it('shows the texts it stands between and their difference as data, never as markup', async () => {
    for (const { id } of (await list()).data) {
      const change = await server.get(`/lucid/v1/changes/${id}`)
      const lines: Line[] = change.diff.hunks.flatMap((hunk: { lines: Line[] }) => hunk.lines)
      const side = (type: string) =>
        lines.filter((line) => line.type === type).map(({ text }) => text)
      expect(change.diff).toMatchObject({ exact: true, added: side('added').length })
      const [base, result] = [change.base_text ?? '', change.result_text ?? '']
      expect(side('removed').every((text) => base.split('\n').includes(text))).toBe(true)
      expect(side('added').every((text) => result.split('\n').includes(text))).toBe(true)
      for (const { text, spans } of lines) {
        expect((spans ?? []).every(({ start, end }) => start < end && end <= text.length)).toBe(
          true,
        )
      }
      expect(change.applies).toBe(true)
    }
  })

  it('stands on findings, whose statistics it shows, and on quotes that resolve', async () => {
    const { data } = await list()
    const founded = data.find((one: { finding_ids: string[] }) => one.finding_ids.length > 0)
    const change = await server.get(`/lucid/v1/changes/${founded.id}`)
    expect(change.findings.map((one: { id: string }) => one.id)).toEqual(founded.finding_ids)
    expect(change.findings[0]).toHaveProperty('support')
    expect(change.evidence.length).toBe(founded.evidence.length)
    expect(change.evidence.every((one: { resolves: boolean }) => one.resolves)).toBe(true)
  })

  it('says when its base is no longer the newest version', async () => {
    const { data } = await list()
    const { id, path } = data.find((one: { base_version: string | null }) => one.base_version)
    await server.context.database.write({ type: 'user', id: 'test' }, async (writer) => {
      const storeId = server.storeId as MemoryStoreId
      const memory = await getMemoryByPath(writer, { storeId, path })
      await updateMemory(writer, { id: memory.id, content: 'other', expectedSha256: null })
      await writer.audit({ action: 'memory.modified', objectType: 'memory', objectId: memory.id })
    })
    const change = await server.get(`/lucid/v1/changes/${id}`)
    expect(change.applies).toBe(false)
    expect(change.base_text).not.toBe('other')
  })
})

describe('what is out of the ordinary', () => {
  it('around a dream stand its users’ requests, who its quotes are of, and what agents wrote', async () => {
    const { context, dreamId } = server
    const inputStoreId = server.storeId as MemoryStoreId
    const operator = { type: 'user', id: 'test' } as const
    await context.database.write(operator, async (writer) => {
      const sessionId = 'sesn_agent' as SessionId
      const note = { storeId: inputStoreId, path: '/note.md', content: '- A note.\n', sessionId }
      const made = await insertMemory(writer, note)
      await writer.audit({ action: 'memory.created', objectType: 'memory', objectId: made.id })
    })
    const read = (id: typeof dreamId, now: number) =>
      context.database.read((reader) => readWatch(reader, { id, inputStoreId }, now))
    const own = await read(dreamId, Date.now())
    expect(own.queries.length).toBeGreaterThan(200)
    expect(own.queries.length).toBeLessThanOrEqual(300)
    expect(own.queries.every((text) => text.length > 0)).toBe(true)
    expect(own.principals.size).toBeGreaterThan(0)
    // Its own changes are not what went before it.
    expect(own.earlier).toEqual([])
    expect(own.writes.map(({ text }) => text)).toEqual(['- A note.'])
    const other = await read('drm_other' as typeof dreamId, Date.now())
    expect(other.earlier.some(({ shares }) => shares.size > 0)).toBe(true)
    const later = await read('drm_other' as typeof dreamId, Date.now() + 2 * 86_400_000)
    expect(later).toMatchObject({ earlier: [], writes: [] })
  })

  it('is not applied on the word of a program, whoever accepted it', async () => {
    const { database } = server.context
    const service = { type: 'service_account', id: 'policy' } as const
    const accepting = database.write(service, async (writer) => {
      const [stored] = await listChanges(writer, server.dreamId)
      if (!stored) throw new Error('no change')
      const reason = { rule: 'over_influence', explanation: 'One principal.' } as const
      const trust = { ...stored.change.trust, quarantine: [reason] }
      await updateChangeText(writer, stored, { ...stored.change, trust })
      await acceptChange(writer, server.context, {
        id: stored.id,
        reason: 'a bench',
        overrules: true,
        bypasses: true,
        changeHash: null,
        expiresAt: null,
      })
    })
    await expect(accepting).rejects.toThrow('A service_account approves nothing')
  })
})
