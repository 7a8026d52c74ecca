import { describe, expect, test } from 'vitest'
import { makeId } from '../core/ids.ts'
import type { Decision } from '../core/policy/decision.ts'
import { defaultSpec } from '../core/policy/defaults.ts'
import type { ResolvedPolicy } from '../core/policy/resolve.ts'
import { addMemoryStore, hash, memoryStoreId, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import { insertChanges } from './changes.ts'
import type { Database } from './database.ts'
import { countReasons, insertDecision, listDecisions } from './decisions.ts'
import { insertDream } from './dreams.ts'
import { insertMemory, updateMemory } from './memories.ts'
import { insertPolicyVersion, listPolicies, replacePolicies } from './policies.ts'
import {
  countOpenProposals,
  listDreamTimes,
  listProposingDreams,
  measureStoreAt,
} from './policy-history.ts'

export function describePolicies(fresh: Fresh): void {
  describe('policies', () => describeFiles(fresh))
  describe('decisions', () => describeDecisions(fresh))
  describe('what policies look back at', () => describeHistory(fresh))
}

const policy: ResolvedPolicy = {
  name: 'team',
  file: 'team.yaml',
  stores: ['*'],
  spec: defaultSpec,
  sources: { mode: { file: 'team.yaml', line: 5 } },
}
const versionId = makeId('polver', hash, ['1'])

function describeFiles(fresh: Fresh): void {
  test('a file points at its last good version, and says since when it is at fault', async () => {
    const database = fresh.database()
    const put = (fault: string | null) =>
      write(database, async (writer) => {
        await insertPolicyVersion(writer, { id: versionId, text: 'text', policy })
        await replacePolicies(writer, [{ file: 'team.yaml', versionId, fault }])
      })
    await put(null)
    const list = () => database.read((reader) => listPolicies(reader))
    const [good] = await list()
    expect(good).toMatchObject({ file: 'team.yaml', fault: null, faultySince: null })
    expect(good?.version).toMatchObject({ id: versionId, text: 'text', policy })
    fresh.time.ms += 1_000
    await put('team.yaml:1: no')
    const since = (await list())[0]?.faultySince
    expect(since).toBe('2026-11-24T04:00:01.000Z')
    fresh.time.ms += 1_000
    await put('team.yaml:2: no')
    expect((await list())[0]).toMatchObject({ faultySince: since, fault: 'team.yaml:2: no' })
    expect((await list())[0]?.version?.createdAt).toBe(good?.version?.createdAt)
    await write(database, (writer) => replacePolicies(writer, []))
    expect(await list()).toEqual([])
  })
}

const decision: Decision = {
  verdict: 'deny',
  risk: 'high',
  reasons: [
    { rule: 'a.b', path: '/x.md', value: '2', limit: '1', verdict: 'deny', mode: 'enforce' },
    { rule: 'c', path: '/x.md', value: '3', limit: '1', verdict: 'review', mode: 'audit' },
  ],
  approvals: { count: 2, from: ['owners'], reviewers: [['group:a']] },
  policyVersion: versionId,
}

function describeDecisions(fresh: Fresh): void {
  test('come back as they were made, and their rules are counted', async () => {
    const database = fresh.database()
    const changeId = await addChange(database)
    for (const key of ['1', '2']) {
      const id = makeId('dec', hash, [key])
      await write(database, (writer) =>
        insertDecision(writer, { id, changeId, moment: 'propose', dueAt: null, decision }),
      )
      fresh.time.ms += 1_000
    }
    await database.read(async (reader) => {
      const found = await listDecisions(reader, changeId)
      expect(found.map((one) => one.decision)).toEqual([decision, decision])
      expect(found[0]?.createdAt).toBe('2026-11-24T04:00:01.000Z')
      expect(await countReasons(reader, '2026-11-24T04:00:00.000Z')).toEqual([
        { rule: 'a.b', mode: 'enforce', verdict: 'deny', decisions: 2 },
        { rule: 'c', mode: 'audit', verdict: 'review', decisions: 2 },
      ])
      expect(await countReasons(reader, '2026-11-24T04:00:01.000Z')).toMatchObject([
        { decisions: 1 },
        { decisions: 1 },
      ])
    })
  })
}

function describeHistory(fresh: Fresh): void {
  test('a store is measured as it was at any time', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'store')
    const storeId = memoryStoreId('store')
    const put = async (path: string, content: string) => {
      fresh.time.ms += 1_000
      return write(database, (writer) => insertMemory(writer, { storeId, path, content }))
    }
    const first = await put('/a.md', 'aa')
    await put('/b.md', 'bbb')
    fresh.time.ms += 1_000
    await write(database, (writer) =>
      updateMemory(writer, { id: first.id, content: 'aaaaa', expectedSha256: null }),
    )
    const sizes = await database.read((reader) =>
      Promise.all(
        [0, 1, 2, 3].map((second) =>
          measureStoreAt(reader, storeId, `2026-11-24T04:00:0${second}.000Z`),
        ),
      ),
    )
    expect(sizes).toEqual([0, 2, 5, 8])
  })

  test('proposals and dreams of a store are counted', async () => {
    const database = fresh.database()
    await addChange(database)
    const storeId = memoryStoreId('store')
    await database.read(async (reader) => {
      expect(await countOpenProposals(reader, storeId)).toBe(1)
      expect(await listDreamTimes(reader, storeId, '2026-11-24T00:00:00.000Z')).toEqual([
        '2026-11-24T04:00:00.000Z',
      ])
      const since = { since: '2026-11-24T00:00:00.000Z', limit: 10 }
      expect(await listProposingDreams(reader, since)).toHaveLength(1)
    })
  })
}

async function addChange(database: Database) {
  await addMemoryStore(database, 'store')
  return write(database, async (writer) => {
    const { id: dreamId } = await insertDream(writer, {
      inputStoreId: memoryStoreId('store'),
      inputsHash: 'x',
      options: {},
    })
    const id = makeId('chg', hash, [dreamId, 'a'])
    const change = {
      key: 'a',
      operation: 'add',
      path: '/x.md',
      baseSha256: null,
      edits: [],
      leaves: 'content',
      before: null,
      after: 'x',
      rationale: '',
      grade: 'B',
      findingKeys: [],
      evidence: [],
      trust: { taint: 'agent', quarantine: [] },
    } as const
    await insertChanges(writer, dreamId, [{ id, change, baseVersionId: null }])
    return id
  })
}
