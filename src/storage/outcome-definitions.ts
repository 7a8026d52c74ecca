import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { OutcomeDefinition } from '../core/outcome/definition.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { OutcomesTables } from './tables/outcomes.ts'

export interface StoredDefinition {
  readonly definition: OutcomeDefinition
  readonly createdAt: string
  readonly createdBy: { readonly type: string; readonly id: string }
}

/** The newest version of each, by name. */
export async function listOutcomeDefinitions(reader: Reader): Promise<StoredDefinition[]> {
  const rows = await reader.read
    .selectFrom('outcome_definitions')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .orderBy('name')
    .orderBy('version')
    .execute()
  return [...new Map(rows.map((row) => [row.name, toStored(row)])).values()]
}

/** Without a version the newest one. */
async function findOutcomeDefinition(
  reader: Reader,
  name: string,
  version?: number,
): Promise<StoredDefinition | null> {
  const row = await reader.read
    .selectFrom('outcome_definitions')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .where('name', '=', name)
    .$if(version !== undefined, (query) => query.where('version', '=', version ?? 0))
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? toStored(row) : null
}

export async function getOutcomeDefinition(
  reader: Reader,
  name: string,
  version?: number,
): Promise<StoredDefinition> {
  const found = await findOutcomeDefinition(reader, name, version)
  if (found) return found
  const which = version === undefined ? '' : ` of version ${version}`
  throw new DomainError('not_found', `There is no outcome definition ${name}${which}.`)
}

/** The next version, or the newest one where nothing changed. */
export async function putOutcomeDefinition(
  writer: Writer,
  given: Omit<OutcomeDefinition, 'version'>,
): Promise<StoredDefinition> {
  const known = await findOutcomeDefinition(writer, given.name)
  const definition = { ...given, version: (known?.definition.version ?? 0) + 1 }
  const before = known && JSON.stringify(known.definition)
  if (known && before === JSON.stringify({ ...definition, version: known.definition.version })) {
    return known
  }
  const text = JSON.stringify(definition)
  await writer.write
    .insertInto('outcome_definitions')
    .values({
      name: definition.name,
      version: definition.version,
      definition: text,
      created_by_type: writer.actor.type,
      created_by_id: writer.actor.id,
      created_at: writer.at,
    })
    .execute()
  await writer.audit({
    action: known ? 'outcome_definition.updated' : 'outcome_definition.created',
    objectType: 'outcome_definition',
    objectId: definition.name,
    beforeHash: before && writer.hash(before),
    afterHash: writer.hash(text),
  })
  return { definition, createdAt: writer.at, createdBy: writer.actor }
}

const toStored = (row: Selectable<OutcomesTables['outcome_definitions']>): StoredDefinition => ({
  definition: JSON.parse(row.definition),
  createdAt: row.created_at,
  createdBy: { type: row.created_by_type, id: row.created_by_id },
})
