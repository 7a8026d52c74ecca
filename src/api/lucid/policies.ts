import type { z } from 'zod'
import {
  effectivePolicy,
  memoryStorePath,
  policyList,
  policyReport,
  policyReportQuery,
  type policyStatus,
} from '../../contract/lucid/policies.ts'
import { toTimestamp } from '../../core/clock.ts'
import type { MemoryStoreId } from '../../core/ids.ts'
import { listApplying } from '../../core/policy/applies.ts'
import { fields } from '../../core/policy/fields.ts'
import { countReasons } from '../../storage/decisions.ts'
import { getMemoryStore } from '../../storage/memory-stores.ts'
import {
  listPolicies,
  type PolicyVersion,
  type StoredPolicy,
  toPolicy,
} from '../../storage/policies.ts'
import { defineEndpoint } from '../endpoint.ts'

const family = 'lucid'
const scopes = ['review'] as const
const reportDays = 30

export const policyEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/policies',
    family,
    scopes,
    summary: 'The policy files as they were last read, with what is wrong with them.',
    response: policyList,
    async handle({ context }) {
      const policies = await context.database.read((reader) => listPolicies(reader))
      return { data: policies.map(present) }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/policies/report',
    family,
    scopes,
    summary: 'How often each rule spoke; under audit: what would have been stopped.',
    query: policyReportQuery,
    response: policyReport,
    async handle({ context, query }) {
      const since = query.since ?? toTimestamp(context.clock() - reportDays * 86_400_000)
      const data = await context.database.read((reader) => countReasons(reader, since))
      return { type: 'policy_report', since, data }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/memory_stores/{memory_store_id}/effective_policy',
    family,
    scopes,
    summary: 'Every value that holds for a memory store, with the file and line that say so.',
    params: memoryStorePath,
    response: effectivePolicy,
    async handle({ context, params }) {
      const id = params.memory_store_id as MemoryStoreId
      const { store, versions } = await context.database.read(async (reader) => ({
        store: await getMemoryStore(reader, id),
        versions: (await listPolicies(reader)).flatMap(({ version }) => version ?? []),
      }))
      const applying = new Set(
        listApplying(versions.map(toPolicy), store.name).map(({ version }) => version),
      )
      return {
        type: 'effective_policy',
        memory_store_id: store.id,
        policies: versions.filter((version) => applying.has(version.id)).map(presentFields),
      }
    },
  }),
]

const present = ({
  file,
  version,
  fault,
  faultySince,
}: StoredPolicy): z.input<typeof policyStatus> => ({
  type: 'policy',
  file,
  name: version?.policy.name ?? null,
  mode: version?.policy.spec.mode ?? null,
  stores: [...(version?.policy.stores ?? [])],
  version: version?.id ?? null,
  loaded_at: version?.createdAt ?? null,
  fault,
  faulty_since: faultySince,
})

function presentFields({
  id,
  policy: { name, spec, sources },
}: PolicyVersion): z.input<typeof effectivePolicy>['policies'][number] {
  return {
    name,
    version: id,
    mode: spec.mode,
    fields: [...fields.keys()].map((field) => ({
      field,
      value: field
        .split('.')
        .reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], spec),
      file: sources[field]?.file ?? null,
      line: sources[field]?.line ?? null,
    })),
  }
}
