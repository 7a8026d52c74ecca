import { readFile } from 'node:fs/promises'
import {
  type OutcomeDefinitionDocument,
  type OutcomeDefinitionsDocument,
  outcomeDefinitionBody,
  outcomeDefinitionPath,
} from '../../contract/lucid/outcome-definitions.ts'
import { DomainError } from '../../core/errors.ts'
import { presentDefinition, toDefinition } from '../../core/outcome/sent-definition.ts'
import { listOutcomeDefinitions, putOutcomeDefinition } from '../../storage/outcome-definitions.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { showForeign } from '../text.ts'
import { person } from './review.ts'

export interface DefineOptions extends GlobalOptions {
  readonly file: string
}

const mostBytes = 1024 * 1024

/** The newest version of each. */
export function runDefinitions(invocation: Invocation, options: GlobalOptions): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const all = await context.database.read((reader) => listOutcomeDefinitions(reader))
    const document: OutcomeDefinitionsDocument = {
      version: 1,
      kind: 'outcome_definitions',
      data: all.map(presentDefinition),
    }
    invocation.print(document, () =>
      document.data.length === 0 ? ['None.'] : document.data.map(describe),
    )
    return exitCodes.ok
  })
}

/** The next version of one, from a JSON file as the API takes it. */
export function runDefine(
  invocation: Invocation,
  name: string,
  options: DefineOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const given = {
      name: outcomeDefinitionPath.safeParse({ name }),
      body: await readBody(options.file),
    }
    if (given.name.error) throw refuse('name', given.name.error)
    const definition = toDefinition(name, given.body)
    const stored = await context.database.write(person, (writer) =>
      putOutcomeDefinition(writer, definition),
    )
    const document: OutcomeDefinitionDocument = {
      version: 1,
      kind: 'outcome_definition',
      definition: presentDefinition(stored),
    }
    invocation.print(document, () => [describe(document.definition)])
    return exitCodes.ok
  })
}

async function readBody(file: string) {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new DomainError('not_found', `There is no file ${file} that can be read.`, { cause })
  })
  if (text.length > mostBytes) {
    throw new DomainError('invalid_argument', `${file} has more than ${mostBytes} characters.`)
  }
  const { data, error } = outcomeDefinitionBody.safeParse(parseJson(file, text))
  if (data) return data
  throw refuse(file, error)
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new DomainError('invalid_argument', `${file} is not JSON.`, { cause })
  }
}

interface Issues {
  readonly issues: readonly {
    readonly path: readonly PropertyKey[]
    readonly message: string
  }[]
}

function refuse(what: string, { issues: [issue] }: Issues): DomainError {
  const field = issue?.path.map(String).join('.') || what
  return new DomainError('invalid_argument', `${field}: ${issue?.message ?? 'cannot be read'}`)
}

type Shown = OutcomeDefinitionDocument['definition']

const describe = ({ name, version, signals, combine }: Shown) =>
  `${name}  version ${version}  ${combine.replace('_', ' ')} of ${signals
    .map(({ kind, source }) => showForeign(source === null ? kind : `${kind} from ${source}`))
    .join(', ')}`
