import { existsSync } from 'node:fs'
import { DomainError } from '../../core/errors.ts'
import { makeId } from '../../core/ids.ts'
import type { ResolvedPolicy } from '../../core/policy/resolve.ts'
import type { Reader } from '../../storage/database.ts'
import {
  insertPolicyVersion,
  listPolicies,
  type PolicyFileState,
  replacePolicies,
  type StoredPolicy,
} from '../../storage/policies.ts'
import type { Context } from '../context.ts'
import { readPolicyFolder } from './folder.ts'
import { type PolicyText, resolveTexts, showFault } from './resolve.ts'

const actor = { type: 'service_account', id: 'policies' } as const

/** Calls after the first one do nothing until the content of the folder differs. */
export function openPolicyWatch(context: Context): () => Promise<void> {
  let seen: string | null = null
  return async () => {
    const { policyDirectory: directory, hash } = context
    if (directory === null) return
    if (!context.policyDirectoryIsNamed && !existsSync(directory)) return
    const texts = await readPolicyFolder(directory).catch(toMessage)
    const now = hash(JSON.stringify(texts))
    if (now === seen) return
    await store(context, texts)
    seen = now
  }
}

/** Brings what is stored in step with the policy folder, once. */
export const refreshPolicies = (context: Context): Promise<void> => openPolicyWatch(context)()

/** A file being replaced is away for a moment; a folder that is away takes no policy with it. */
function toMessage(error: unknown): string {
  if (error instanceof DomainError) return error.message
  return `A policy file went away while it was read: ${error instanceof Error ? error.message : error}`
}

interface Wanted {
  readonly states: readonly PolicyFileState[]
  readonly versions: readonly {
    readonly id: NonNullable<PolicyFileState['versionId']>
    readonly text: string
    readonly policy: ResolvedPolicy
  }[]
}

async function store(context: Context, texts: readonly PolicyText[] | string): Promise<void> {
  const { database, log } = context
  const compare = async (reader: Reader) => {
    const known = await listPolicies(reader)
    const { states, versions } =
      typeof texts === 'string' ? keepAll(known, texts) : resolve(context, known, texts)
    const changed = listChanged(known, states)
    const isSame = changed.length === 0 && states.length === known.length
    return { known, states, versions, changed, isSame }
  }
  if ((await database.read(compare)).isSame) return
  await database.write(actor, async (writer) => {
    const { known, states, versions, changed, isSame } = await compare(writer)
    if (isSame) return
    for (const version of versions) await insertPolicyVersion(writer, version)
    await replacePolicies(writer, states)
    for (const { file, versionId, fault } of changed) {
      await writer.audit({
        action: fault === null ? 'policy.loaded' : 'policy.refused',
        objectType: 'policy',
        objectId: file,
        reason: fault ?? versionId,
      })
    }
    for (const { file } of known) {
      if (states.some((state) => state.file === file)) continue
      await writer.audit({ action: 'policy.removed', objectType: 'policy', objectId: file })
    }
  })
  const { faults } = await readFaults(context)
  for (const fault of faults) log.error({ alert: 'policy' }, fault)
}

async function readFaults({ database }: Context) {
  const policies = await database.read((reader) => listPolicies(reader))
  return { faults: policies.flatMap(({ fault }) => fault ?? []) }
}

function resolve(
  { hash }: Context,
  known: readonly StoredPolicy[],
  texts: readonly PolicyText[],
): Wanted {
  const good = new Map(
    known.flatMap(({ file, version }) => (version ? [[file, version.text]] : [])),
  )
  const { policies, faults } = resolveTexts(texts, good)
  const versions = policies.map(({ text, ...policy }) => ({
    id: makeId('polver', hash, [JSON.stringify(policy)]),
    text,
    policy,
  }))
  const states = texts.map(({ file }): PolicyFileState => {
    const own = faults.filter((fault) => fault.file === file).map(showFault)
    const version =
      versions.find(({ policy }) => policy.file === file)?.id ??
      known.find((one) => one.file === file)?.version?.id
    return { file, versionId: version ?? null, fault: own.length === 0 ? null : own.join('\n') }
  })
  return { states, versions }
}

const keepAll = (known: readonly StoredPolicy[], fault: string): Wanted => ({
  states: known.map(({ file, version }) => ({ file, versionId: version?.id ?? null, fault })),
  versions: [],
})

const listChanged = (known: readonly StoredPolicy[], states: readonly PolicyFileState[]) =>
  states.filter(({ file, versionId, fault }) => {
    const before = known.find((one) => one.file === file)
    return !before || (before.version?.id ?? null) !== versionId || before.fault !== fault
  })
