import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'
import { refusalOf } from './_memory.ts'
import { collect } from './_sessions.ts'

let server: TestServer
let client: Anthropic
beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
})
afterAll(() => server.stop())

const make = (given: object = {}) =>
  client.beta.environments.create({ name: 'office', ...given } as never)

describe('an environment', () => {
  it('is an open cloud one unless it is told otherwise', async () => {
    const environment = await make()
    expect(environment).toMatchObject({
      type: 'environment',
      description: null,
      metadata: {},
      scope: 'organization',
      archived_at: null,
      config: {
        type: 'cloud',
        networking: { type: 'unrestricted' },
        packages: { type: 'packages', apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] },
      },
    })
    expect(await client.beta.environments.retrieve(environment.id)).toEqual(environment)
  })

  it('keeps what an update leaves out, level by level', async () => {
    const networking = {
      type: 'limited',
      allowed_hosts: ['a.example'],
      allow_package_managers: true,
    }
    const { id } = await make({
      config: { type: 'cloud', networking, packages: { pip: ['x==1'] } },
      metadata: { a: '1', b: '2' },
    })
    const updated = await client.beta.environments.update(id, {
      config: { type: 'cloud', networking: { type: 'limited', allow_mcp_servers: true } },
      metadata: { a: '', c: '3' },
      description: '',
    })
    expect(updated).toMatchObject({
      name: 'office',
      description: '',
      metadata: { b: '2', c: '3' },
      config: {
        networking: { ...networking, allow_mcp_servers: true },
        packages: { pip: ['x==1'], npm: [] },
      },
    })
  })

  it('installs packages over limited networking only where that is allowed', async () => {
    const config = {
      type: 'cloud',
      networking: { type: 'limited' },
      packages: { npm: ['x'] },
    }
    expect(await refusalOf(make({ config }))).toMatchObject({ status: 400 })
  })

  it('says by an error code why it is refused', async () => {
    const { id } = await make({ config: { type: 'self_hosted' } })
    const many = Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, 'v']))
    const codes = [
      [
        () => client.beta.environments.update(id, { config: { type: 'cloud' } }),
        400,
        'invalid_config_type_change',
      ],
      [() => make({ metadata: many }), 400, 'invalid_metadata'],
      [() => make({ metadata: { a: 'v'.repeat(513) } }), 400, 'invalid_metadata'],
      [() => client.beta.environments.retrieve('env_no'), 404, 'environment_not_found'],
    ] as const
    for (const [ask, status, error_code] of codes) {
      expect(await refusalOf(ask())).toMatchObject({ status, details: { error_code } })
    }
    await client.beta.environments.archive(id)
    const archived = client.beta.environments.update(id, { name: 'x' })
    expect(await refusalOf(archived)).toMatchObject({
      status: 400,
      details: { error_code: 'environment_archived' },
    })
    expect(await refusalOf(make({ scope: 'account' }))).toMatchObject({ status: 400 })
  })

  it('is gone when deleted, and hidden from the list when archived', async () => {
    const kept = await make()
    const gone = await make()
    await client.beta.environments.archive(kept.id)
    expect(await client.beta.environments.delete(gone.id)).toEqual({
      id: gone.id,
      type: 'environment_deleted',
    })
    expect(await refusalOf(client.beta.environments.delete(gone.id))).toMatchObject({ status: 404 })
    const ids = async (include_archived: boolean) =>
      (await collect(client.beta.environments.list({ include_archived, limit: 2 }))).map(
        ({ id }) => id,
      )
    expect(await ids(false)).not.toContain(kept.id)
    expect(await ids(true)).toContain(kept.id)
    expect(await ids(true)).not.toContain(gone.id)
  })

  it('of imported sessions is built in and stays as it is', async () => {
    const id = 'env_imported'
    expect((await client.beta.environments.retrieve(id)).config).toEqual({ type: 'self_hosted' })
    for (const change of [
      () => client.beta.environments.update(id, { name: 'x' }),
      () => client.beta.environments.archive(id),
      () => client.beta.environments.delete(id),
    ]) {
      expect(await refusalOf(change())).toMatchObject({ status: 400 })
    }
  })
})
