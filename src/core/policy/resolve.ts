import { risks } from './decision.ts'
import { defaultSpec } from './defaults.ts'
import { fields } from './fields.ts'
import type { Fault, GivenPolicy, Stated } from './given.ts'
import type { PolicySpec } from './policy.ts'
import { findLoosening, meet } from './tighten.ts'

/** A policy with all that it took over, and where each stated value stands. */
export interface ResolvedPolicy {
  readonly name: string
  readonly file: string
  readonly stores: readonly string[]
  readonly spec: PolicySpec
  readonly sources: Readonly<Record<string, Source>>
}

interface Source {
  readonly file: string
  readonly line: number
}

export interface Resolution {
  readonly policies: readonly ResolvedPolicy[]
  /** Policies at fault are not among `policies`. */
  readonly faults: readonly Fault[]
}

/**
 * Joins each policy with those it extends. A policy may only tighten what they state; where it does not, it is
 * at fault, and so is every policy that extends it.
 */
export function resolvePolicies(given: readonly GivenPolicy[]): Resolution {
  const faults: Fault[] = findTwins(given)
  const byName = new Map(given.map((policy) => [policy.name, policy]))
  const joined = new Map<string, Stateds | null>()
  const join = (policy: GivenPolicy, below: readonly string[]): Stateds | null => {
    const known = joined.get(policy.name)
    if (known !== undefined) return known
    const found = joinOne(policy, [...below, policy.name], { byName, join, faults })
    joined.set(policy.name, found)
    return found
  }
  const policies = given.flatMap((policy) => {
    const stated = join(policy, [])
    return stated === null ? [] : [complete(policy, stated)]
  })
  faults.push(...policies.flatMap(findDescent))
  const broken = new Set(faults.map(({ file }) => file))
  return { policies: policies.filter(({ file }) => !broken.has(file)), faults }
}

type Stateds = ReadonlyMap<string, Stated>

interface Joining {
  readonly byName: ReadonlyMap<string, GivenPolicy>
  readonly join: (policy: GivenPolicy, below: readonly string[]) => Stateds | null
  readonly faults: Fault[]
}

function joinOne(
  policy: GivenPolicy,
  chain: readonly string[],
  { byName, join, faults }: Joining,
): Stateds | null {
  const before = faults.length
  const refuse = (line: number, message: string) => {
    faults.push({ file: policy.file, line, message })
  }
  let inherited: Stateds = new Map()
  for (const { name, line } of policy.parents) {
    const parent = byName.get(name)
    if (!parent) refuse(line, `extends "${name}", and there is no policy of that name`)
    else if (chain.includes(name)) refuse(line, `extends itself: ${[...chain, name].join(' → ')}`)
    else {
      const stated = join(parent, chain)
      if (stated === null) refuse(line, `extends "${name}", which is at fault itself`)
      else inherited = meetAll(inherited, stated, (message) => refuse(line, message))
    }
  }
  const result = tightenAll(inherited, expandOwners(policy), refuse)
  return faults.length === before ? result : null
}

function meetAll(one: Stateds, other: Stateds, refuse: (message: string) => void): Stateds {
  const result = new Map(one)
  for (const [field, stated] of other) {
    const first = one.get(field)
    const tightness = fields.get(field)
    if (!first || !tightness) {
      result.set(field, stated)
      continue
    }
    const value = meet(tightness, first.value, stated.value)
    if (value === undefined) {
      refuse(
        `${field} is ${String(first.value)} at ${place(first)} and ${String(stated.value)} at ${place(stated)}; extend one of them, or make them agree`,
      )
    } else result.set(field, { ...(value === first.value ? first : stated), value })
  }
  return result
}

function tightenAll(
  inherited: Stateds,
  own: Stateds,
  refuse: (line: number, message: string) => void,
): Stateds {
  const result = new Map(inherited)
  for (const [field, stated] of own) {
    const parent = inherited.get(field)
    const tightness = fields.get(field)
    if (!parent || !tightness) {
      result.set(field, stated)
      continue
    }
    const looser = findLoosening(field, tightness, { parent: parent.value, child: stated.value })
    if (looser === null) {
      result.set(field, { ...stated, value: meet(tightness, parent.value, stated.value) })
    } else {
      refuse(
        stated.line,
        `${field} at ${place(stated)} loosens what ${place(parent)} states: ${looser}. A policy may only tighten what it extends`,
      )
    }
  }
  return result
}

const place = ({ file, line }: Source) => `${file}:${line}`

/** `owners` means those of the policy that says it, not of the one that extends it. */
function expandOwners({ stated, owners }: GivenPolicy): Stateds {
  const expanded = new Map(stated)
  for (const [field, one] of stated) {
    if (!/^(?:approvals\.\w+|rollout\.promote)\.from$/.test(field) || one.value === null) continue
    expanded.set(field, { ...one, value: nameOwners(one.value as readonly string[], owners) })
  }
  return expanded
}

const nameOwners = (from: readonly string[], owners: readonly string[]) => [
  ...new Set(from.flatMap((name) => (name === 'owners' ? owners : [name]))),
]

function complete(policy: GivenPolicy, stated: Stateds): ResolvedPolicy {
  const values = new Map([...stated].map(([field, { value }]) => [field, value]))
  const fill = (part: unknown, path: string): unknown => {
    if (fields.has(path)) {
      const value = values.has(path) ? values.get(path) : part
      const names = path.endsWith('.from') && value !== null
      return names ? nameOwners(value as readonly string[], policy.owners) : value
    }
    return Object.fromEntries(
      Object.entries(part as object).map(([name, inner]) => [
        name,
        fill(inner, path === '' ? name : `${path}.${name}`),
      ]),
    )
  }
  return {
    name: policy.name,
    file: policy.file,
    stores: policy.stores,
    spec: fill(defaultSpec, '') as PolicySpec,
    sources: Object.fromEntries(
      [...stated].map(([field, { file, line }]) => [field, { file, line }]),
    ),
  }
}

const modes = ['auto', 'required', 'block']

/** A higher risk that asks for less would turn every rule that raises a risk into one that lets through. */
function findDescent(policy: ResolvedPolicy): Fault[] {
  const { spec } = policy
  return risks.slice(1).flatMap((risk, index) => {
    const lower = risks[index] ?? risk
    const [one, other] = [spec.approvals[lower], spec.approvals[risk]]
    const step = modes.indexOf(other.mode) - modes.indexOf(one.mode)
    const less =
      step < 0 ||
      (step === 0 && other.mode === 'required' && other.count < one.count) ||
      (step === 0 && other.mode === 'auto' && other.delay < one.delay)
    const { experiment } = spec.rollout
    const unproven = experiment[lower] === 'required' && experiment[risk] === 'optional'
    return [
      ...(less ? [sayDescent(policy, 'approvals', [risk, lower])] : []),
      ...(unproven ? [sayDescent(policy, 'rollout.experiment', [risk, lower])] : []),
    ]
  })
}

function sayDescent(
  { file, sources }: ResolvedPolicy,
  part: string,
  [risk, lower]: readonly [string, string],
): Fault {
  const source = Object.entries(sources).find(([field]) =>
    [risk, lower].some((name) => `${field}.`.startsWith(`${part}.${name}.`)),
  )?.[1]
  const at = source ? `${source.file}:${source.line}: ` : ''
  return {
    file,
    line: source?.file === file ? source.line : 1,
    message: `${at}${part}.${risk} asks for less than ${part}.${lower}; ask for at least as much`,
  }
}

function findTwins(given: readonly GivenPolicy[]): Fault[] {
  return [...Map.groupBy(given, ({ name }) => name).values()].flatMap(([first, ...twins]) =>
    twins.map(({ file, name }) => ({
      file,
      line: 1,
      message: `metadata.name "${name}" is the name of ${first?.file} already; each policy needs its own`,
    })),
  )
}
