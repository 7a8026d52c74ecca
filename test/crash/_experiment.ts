import type { Run } from './_place.ts'

interface Exposures {
  readonly data: readonly { readonly id: string; readonly arm: string | null }[]
}

const units = 80

/**
 * An experiment of one change of the dream at the last stage of its ramp, read by some units. Whoever read the candidate failed, the
 * others did not, and nothing is counted yet.
 */
export async function startHarmful(run: Run, change: string): Promise<void> {
  const { call, context } = run
  await call('POST', `/lucid/v1/changes/${change}/accept`, { override: true, reason: 'seen' })
  await call('PUT', '/lucid/v1/outcome_definitions/resolved', {
    signals: [{ kind: 'resolved' }],
    cap: null,
  })
  const { id, memory_store_id: store } = await call<{ id: string; memory_store_id: string }>(
    'POST',
    '/lucid/v1/experiments',
    { name: 'harmful', change_ids: [change], goal: 'resolved' },
  )
  const why = { anyway: true, reason: 'nobody reads it yet' }
  await call('POST', `/lucid/v1/experiments/${id}/start`, why)
  await context.database.write({ type: 'user', id: 'test' }, async (writer) => {
    await writer.write.updateTable('experiments').set({ stage: 2 }).execute()
    await writer.audit({ action: 'experiment.ramped', objectType: 'experiment', objectId: id })
  })
  for (let unit = 0; unit < units; unit += 1) {
    await call('GET', `/lucid/v1/checkout?store=${store}&unit=u${unit}`)
  }
  const { data } = await call<Exposures>('GET', `/lucid/v1/exposures?limit=${units}`)
  const signals = data.map((one) => ({
    source: 'tests',
    idempotency_key: one.id,
    kind: 'resolved',
    success: one.arm === '0',
    subjects: [{ type: 'exposure_id', value: one.id }],
  }))
  await call('POST', '/lucid/v1/outcome_signals', { signals })
  await writeAsAgent(run, store)
}

interface Mounted {
  readonly resources: readonly { readonly memory_store_id: string }[]
}

/** A session mounts the store of its arm, and its agent writes there for itself. */
async function writeAsAgent({ call }: Run, store: string): Promise<void> {
  const agent = await call<{ id: string }>('POST', '/v1/agents', { name: 'clerk', model: 'm' })
  const environment = await call<{ id: string }>('POST', '/v1/environments', { name: 'office' })
  const { resources } = await call<Mounted>('POST', '/v1/sessions', {
    agent: agent.id,
    environment_id: environment.id,
    resources: [{ type: 'memory_store', memory_store_id: store }],
  })
  const own = `/v1/memory_stores/${resources[0]?.memory_store_id}/memories`
  for (const path of ['/own/a.md', '/own/b.md']) {
    await call('POST', own, { path, content: `- What an agent noted in ${path}.\n` })
  }
}
