import { type Document, isCollection, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { findCelFault } from '../../core/policy/cel.ts'
import { fields } from '../../core/policy/fields.ts'
import type { Fault, GivenPolicy, Stated } from '../../core/policy/given.ts'
import { findPatternFault } from '../../core/policy/rules/patterns.ts'
import { makeJudged } from '../../core/policy/sample.ts'
import { notEnforced, type PolicyFile, policyFile, valuesNotEnforced } from './schema.ts'

export type ReadPolicy =
  | { readonly policy: GivenPolicy; readonly faults: readonly [] }
  | { readonly policy: null; readonly faults: readonly Fault[] }

/** A file is small, and its aliases cannot make it large. */
export const policyFileBytes = 256 * 1_024
const mostAliases = 20

type Path = readonly (string | number)[]

/** Reads one policy file; every fault names its line. */
export function readPolicy(file: string, text: string): ReadPolicy {
  const fault = (line: number, message: string): ReadPolicy => ({
    policy: null,
    faults: [{ file, line, message }],
  })
  if (Buffer.byteLength(text) > policyFileBytes) {
    return fault(1, `the file is larger than ${policyFileBytes} bytes; split it`)
  }
  const lines = new LineCounter()
  let document: Document
  let plain: unknown
  try {
    document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true })
    const [broken] = document.errors
    if (broken) return fault(lines.linePos(broken.pos[0]).line, broken.message.split('\n')[0] ?? '')
    plain = document.toJS({ maxAliasCount: mostAliases })
  } catch (cause) {
    // Nested too deeply, or more aliases than anybody writes.
    return fault(1, `${cause instanceof Error ? cause.message : cause}; write values out instead`)
  }
  const found: Locator = { file, document, lines }
  const unenforced = listUnenforced(found)
  if (unenforced.length > 0) return { policy: null, faults: unenforced }
  const parsed = policyFile.safeParse(plain)
  if (!parsed.success) return { policy: null, faults: toFaults(found, parsed.error) }
  const untrue = listUntried(found, parsed.data)
  if (untrue.length > 0) return { policy: null, faults: untrue }
  return { policy: toGiven(found, parsed.data), faults: [] }
}

interface Locator {
  readonly file: string
  readonly document: Document
  readonly lines: LineCounter
}

/** The line of the deepest node on the path that is there. */
function lineOf({ document, lines }: Locator, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const part = path.slice(0, length)
    const parent = document.getIn(part.slice(0, -1), true)
    const key = part.at(-1)
    const pair =
      isCollection(parent) && typeof key === 'string'
        ? parent.items.find(
            (item) =>
              typeof item === 'object' &&
              item !== null &&
              'key' in item &&
              isScalar(item.key) &&
              item.key.value === key,
          )
        : undefined
    const keyNode = (pair as { key?: { range?: [number, number, number] } } | undefined)?.key
    const node = document.getIn(part, true) as { range?: [number, number, number] } | undefined
    const range = keyNode?.range ?? node?.range
    if (range) return lines.linePos(range[0]).line
  }
  return 1
}

function listUnenforced(found: Locator): Fault[] {
  const { file, document } = found
  const fields = notEnforced.filter((field) => document.hasIn(['spec', ...field.split('.')]))
  const values = valuesNotEnforced.filter(
    ({ field, value }) => document.getIn(['spec', ...field.split('.')]) === value,
  )
  const refuse = (field: string, name: string): Fault => ({
    file,
    line: lineOf(found, ['spec', ...field.split('.')]),
    message: `spec.${name} is not enforced yet; take it out, so that nobody counts on it`,
  })
  return [
    ...fields.map((field) => refuse(field, field)),
    ...values.map(({ field, value }) => refuse(field, `${field}: ${value}`)),
  ]
}

function toFaults(found: Locator, error: z.ZodError): Fault[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path as Path
    const name = path.join('.') || 'the file'
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        file: found.file,
        line: lineOf(found, [...path, key]),
        message: `${[...path, key].join('.')} is no field of a policy`,
      }))
    }
    return [{ file: found.file, line: lineOf(found, path), message: `${name}: ${issue.message}` }]
  })
}

/** Expressions and patterns are tried once, so that none is found broken on a real change. */
function listUntried(found: Locator, { spec }: PolicyFile): Fault[] {
  const sample = makeJudged({})
  const rules = (spec.risk?.rules ?? []).flatMap(({ id, when }, index) => {
    const why = when.cel === null ? null : findCelFault(when.cel, sample)
    const path: Path = ['spec', 'risk', 'rules', index, 'when', 'cel']
    return why === null ? [] : [{ path, message: `risk rule "${id}": cel: ${why}` }]
  })
  const patterns = (spec.content?.patterns ?? []).flatMap(({ id, re2 }, index) => {
    const why = findPatternFault(re2)
    const path: Path = ['spec', 'content', 'patterns', index, 're2']
    return why === null ? [] : [{ path, message: `pattern "${id}": re2: ${why}` }]
  })
  return [...rules, ...patterns].map(({ path, message }) => ({
    file: found.file,
    line: lineOf(found, path),
    message,
  }))
}

function toGiven(found: Locator, { metadata, spec }: PolicyFile): GivenPolicy {
  const stated = new Map<string, Stated>()
  for (const field of fields.keys()) {
    const path = field.split('.')
    const value = path.reduce<unknown>(
      (part, key) => (part as Record<string, unknown>)?.[key],
      spec,
    )
    if (value === undefined) continue
    stated.set(field, { value, file: found.file, line: lineOf(found, ['spec', ...path]) })
  }
  return {
    file: found.file,
    name: metadata.name,
    owners: metadata.owners ?? [],
    stores: spec.appliesTo?.stores ?? [],
    parents: (spec.extends ?? []).map((name, index) => ({
      name,
      line: lineOf(found, ['spec', 'extends', index]),
    })),
    stated,
  }
}
