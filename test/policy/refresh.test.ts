import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openPolicyWatch } from '../../src/pipeline/policies/refresh.ts'
import { listAuditRecords } from '../../src/storage/audit-records.ts'
import { insertMemoryStore } from '../../src/storage/memory-stores.ts'
import { startTestServer, type TestServer } from '../_server.ts'

let server: TestServer
let folder = ''
let refresh: () => Promise<void>

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lucidream-policies-'))
  refresh = openPolicyWatch({
    ...server.context,
    policyDirectory: folder,
    policyDirectoryIsNamed: true,
  })
  return async () => {
    rmSync(folder, { recursive: true, force: true })
  }
})

const write = (name: string, spec: string) =>
  writeFileSync(
    join(folder, `${name}.yaml`),
    `apiVersion: lucidream/v1\nkind: Policy\nmetadata: { name: ${name} }\nspec:\n${spec}`,
  )
const list = async () => {
  const response = await server.fetch('/lucid/v1/policies')
  expect(response.status).toBe(200)
  return ((await response.json()) as { data: Record<string, unknown>[] }).data
}

describe('the policy folder', () => {
  it('is read again when its content differs, and each content is a version', async () => {
    write('team', '  appliesTo: { stores: ["*"] }\n')
    await refresh()
    const [first] = await list()
    expect(first).toMatchObject({ file: 'team.yaml', name: 'team', stores: ['*'], fault: null })
    expect(first?.version).toMatch(/^polver_/)
    await refresh()
    expect(await list()).toEqual([first])
    write('team', '  appliesTo: { stores: ["*"] }\n  mode: audit\n')
    await refresh()
    const [second] = await list()
    expect(second).toMatchObject({ mode: 'audit', fault: null })
    expect(second?.version).not.toBe(first?.version)
    // What was once loaded is the same version again.
    write('team', '  appliesTo: { stores: ["*"] }\n')
    await refresh()
    expect((await list())[0]?.version).toBe(first?.version)
  })

  it('with a broken file keeps the last good one and raises an alert that names the line', async () => {
    write('team', '  appliesTo: { stores: ["*"] }\n')
    await refresh()
    const [good] = await list()
    write('team', '  appliesTo: { stores: ["*"] }\n  budgts: {}\n')
    await refresh()
    const [broken] = await list()
    expect(broken).toMatchObject({ version: good?.version, name: 'team', mode: 'enforce' })
    expect(broken?.fault).toBe('team.yaml:6: spec.budgts is no field of a policy')
    expect(broken?.faulty_since).not.toBeNull()
    write('team', '  appliesTo: { stores: ["*"] }\n')
    await refresh()
    expect(await list()).toMatchObject([{ fault: null, faulty_since: null }])
  })

  it('keeps what a child said when its parent tightens past it', async () => {
    write('org', '  budgets: { perFile: { maxLines: 50 } }\n')
    write('team', '  extends: [org]\n  budgets: { perFile: { maxLines: 40 } }\n')
    await refresh()
    const before = (await list()).find(({ name }) => name === 'team')
    write('org', '  budgets: { perFile: { maxLines: 30 } }\n')
    await refresh()
    const after = (await list()).find(({ name }) => name === 'team')
    expect(after?.version).toBe(before?.version)
    expect(after?.fault).toContain('team.yaml:6 loosens what org.yaml:5 states: 40 is more than 30')
  })

  it('that is away takes no policy with it; a file that is removed does', async () => {
    write('team', '  appliesTo: { stores: ["*"] }\n')
    await refresh()
    renameSync(folder, `${folder}-away`)
    await refresh()
    expect(await list()).toMatchObject([
      { name: 'team', fault: expect.stringContaining('cannot be read') },
    ])
    renameSync(`${folder}-away`, folder)
    rmSync(join(folder, 'team.yaml'))
    await refresh()
    expect(await list()).toEqual([])
    const records = await server.context.database.read((reader) =>
      listAuditRecords(reader, { limit: 1_000 }),
    )
    expect(records.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['policy.loaded', 'policy.refused', 'policy.removed']),
    )
  })
})

describe('the effective policy of a store', () => {
  it('says of every value which file and line says so', async () => {
    const id = 'memstore_policies' as Parameters<typeof insertMemoryStore>[1]['id']
    await server.context.database.write({ type: 'user', id: 'test' }, async (writer) => {
      await insertMemoryStore(writer, { id, name: 'support-emea', description: '', metadata: {} })
      await writer.audit({
        action: 'memory_store.created',
        objectType: 'memory_store',
        objectId: id,
      })
    })
    write('org', '  budgets: { perFile: { maxLines: 50 } }\n')
    write('team', '  extends: [org]\n  appliesTo: { stores: ["support-*"] }\n  mode: audit\n')
    write('other', '  appliesTo: { stores: ["sales-*"] }\n')
    await refresh()
    const response = await server.fetch(`/lucid/v1/memory_stores/${id}/effective_policy`)
    const { policies } = (await response.json()) as {
      policies: { name: string; mode: string; fields: { field: string }[] }[]
    }
    expect(policies).toMatchObject([{ name: 'team', mode: 'audit' }])
    const find = (name: string) => policies[0]?.fields.find(({ field }) => field === name)
    expect(find('budgets.perFile.maxLines')).toMatchObject({ value: 50, file: 'org.yaml', line: 5 })
    expect(find('mode')).toMatchObject({ value: 'audit', file: 'team.yaml', line: 7 })
    expect(find('scope.default')).toMatchObject({ value: 'deny', file: null, line: null })
    expect((await server.fetch('/lucid/v1/memory_stores/memstore_x/effective_policy')).status).toBe(
      404,
    )
  })

  it('is for who may review', async () => {
    const key = await server.makeKey('ingest')
    const headers = { 'x-api-key': key }
    for (const path of ['policies', 'policies/report', 'memory_stores/x/effective_policy']) {
      expect((await server.fetch(`/lucid/v1/${path}`, { headers })).status).toBe(403)
    }
    expect(await (await server.fetch('/lucid/v1/policies/report')).json()).toMatchObject({
      data: [],
    })
  })
})
