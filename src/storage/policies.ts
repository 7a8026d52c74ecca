import type { Actor } from '../core/audit/record.ts'
import type { MemoryStoreId, PolicyVersionId } from '../core/ids.ts'
import { listApplying } from '../core/policy/applies.ts'
import { fillSpec } from '../core/policy/fill.ts'
import type { Policy } from '../core/policy/policy.ts'
import type { ResolvedPolicy } from '../core/policy/resolve.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import { findMemoryStore } from './memory-stores.ts'

/** A file of the policy folder and what became of it. */
export interface StoredPolicy {
  readonly file: string
  /** The last version that could be used; it holds until the file can be used again. */
  readonly version: PolicyVersion | null
  readonly fault: string | null
  readonly faultySince: string | null
  readonly updatedAt: string
}

export interface PolicyVersion {
  readonly id: PolicyVersionId
  readonly createdAt: string
  /** The file's text. */
  readonly text: string
  readonly policy: ResolvedPolicy
  /** Who brought it in; null: before that was recorded. */
  readonly loadedBy: Actor | null
}

export interface PolicyFileState {
  readonly file: string
  readonly versionId: PolicyVersionId | null
  readonly fault: string | null
}

/** All of them, by file. */
export async function listPolicies(reader: Reader): Promise<StoredPolicy[]> {
  const rows = await reader.read
    .selectFrom('policies')
    .leftJoin('policy_versions', 'policy_versions.id', 'policies.version_id')
    .select([
      'policies.file',
      'policies.fault',
      'policies.faulty_since',
      'policies.updated_at',
      'policy_versions.id',
      'policy_versions.created_at',
      'policy_versions.text',
      'policy_versions.body',
      'policy_versions.loaded_by_type',
      'policy_versions.loaded_by_id',
    ])
    .where('policies.workspace_id', '=', defaultWorkspace)
    .orderBy('policies.file')
    .execute()
  return rows.map((row) => ({
    file: row.file,
    fault: row.fault,
    faultySince: row.faulty_since,
    updatedAt: row.updated_at,
    version:
      row.id === null || row.body === null
        ? null
        : {
            id: row.id,
            createdAt: row.created_at ?? row.updated_at,
            text: row.text ?? '',
            policy: readBody(row.body),
            loadedBy:
              row.loaded_by_type === null || row.loaded_by_id === null
                ? null
                : { type: row.loaded_by_type, id: row.loaded_by_id },
          },
  }))
}

function readBody(body: string): ResolvedPolicy {
  const policy = JSON.parse(body) as ResolvedPolicy
  return { ...policy, spec: fillSpec(policy.spec) }
}

/** As decisions read it. */
export const toPolicy = ({ id, policy: { name, stores, spec } }: PolicyVersion): Policy => ({
  name,
  version: id,
  stores,
  spec,
})

/** The policies that speak about a store, as they were last read. */
export async function listStorePolicies(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<PolicyVersion[]> {
  const store = await findMemoryStore(reader, storeId)
  const versions = (await listPolicies(reader)).flatMap(({ version }) => version ?? [])
  const applying = listApplying(versions.map(toPolicy), store?.name ?? '')
  const wanted = new Set(applying.map(({ version }) => version))
  return versions.filter(({ id }) => wanted.has(id))
}

/** The same version a second time changes nothing. */
export async function insertPolicyVersion(
  writer: Writer,
  { id, text, policy }: Omit<PolicyVersion, 'createdAt' | 'loadedBy'>,
): Promise<void> {
  await writer.write
    .insertInto('policy_versions')
    .values({
      id,
      name: policy.name,
      file: policy.file,
      text,
      body: JSON.stringify(policy),
      loaded_by_type: writer.actor.type,
      loaded_by_id: writer.actor.id,
      created_at: writer.at,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
}

/** What the folder holds now; files that are gone are no policy any more. */
export async function replacePolicies(
  writer: Writer,
  states: readonly PolicyFileState[],
): Promise<void> {
  const known = new Map((await listPolicies(writer)).map((one) => [one.file, one]))
  await writer.write.deleteFrom('policies').where('workspace_id', '=', defaultWorkspace).execute()
  for (const { file, versionId, fault } of states) {
    const since = known.get(file)?.faultySince ?? writer.at
    await writer.write
      .insertInto('policies')
      .values({
        file,
        version_id: versionId,
        fault,
        faulty_since: fault === null ? null : since,
        updated_at: writer.at,
      })
      .execute()
  }
}
