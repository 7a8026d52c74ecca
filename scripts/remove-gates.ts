// Takes the code of one gate of the policy after the other out of a copy, and demands that its test turns red.
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gates } from '../src/core/policy/rules/gates.ts'
import { listFaulty } from '../test/policy/_gates.ts'

interface Removal {
  /** The cases that must turn red, and no others. */
  readonly red: readonly string[]
  readonly file: string
  readonly from: string
  readonly to: string
}

const root = join(import.meta.dirname, '..')
const rules = 'src/core/policy/rules'
const list = 'export const gates: readonly Gate[] = ['

/** What they stop is a denied path. */
const stoppedBypasses = ['.roles', '.maxDuration', ', not asked for'].map(
  (name) => `approvals.bypass${name}`,
)

const removals: readonly Removal[] = [
  ...gates.map(({ rule }) => ({
    red: rule === 'scope.deny' ? [rule, ...stoppedBypasses] : [rule],
    file: `${rules}/gates.ts`,
    from: list,
    to: `export const gates: readonly Gate[] = new Proxy([] as Gate[], {
  get: (_, key) => Reflect.get(all.filter((gate) => gate.rule !== '${rule}'), key),
})
const all: readonly Gate[] = [`,
  })),
  {
    red: ['schedule.paused', 'approvals.bypass, while paused'],
    file: 'src/core/policy/evaluate.ts',
    from: "...say(paused, 'enforce'),",
    to: '',
  },
  {
    red: ['approvals.low.mode', 'risk.default', 'scope.allow.risk', ...riskRules()],
    file: 'src/core/policy/evaluate.ts',
    from: '[...every, blocked, unproven]',
    to: '[...every, unproven]',
  },
  {
    red: ['rollout.experiment.low'],
    file: 'src/core/policy/evaluate.ts',
    from: '[...every, blocked, unproven]',
    to: '[...every, blocked]',
  },
  {
    red: riskRules(),
    file: `${rules}/risk.ts`,
    from: '...hits.map(({ level }) => level)',
    to: '',
  },
  removal('risk.rules.operations', `${rules}/risk.ts`, [
    '!when.operations.includes(operation)',
    'false',
  ]),
  removal('risk.rules.touches', `${rules}/risk.ts`, ['!isAlwaysLoaded(spec, judged)', 'false']),
  removal('risk.rules.changedPercentAbove', `${rules}/risk.ts`, [
    'percent <= when.changedPercentAbove',
    'false',
  ]),
  removal('risk.rules.cel', `${rules}/risk.ts`, ['!matchesCel(when.cel, judged)', 'false']),
  removal('risk.default', `${rules}/risk.ts`, ['[spec.risk.default]', "['low' as const]"]),
  removal('scope.allow.risk', `${rules}/risk.ts`, ['named.length > 0 ? named :', '']),
  removal('approvals.low, by whoever worded it', `${rules}/approvals.ts`, [
    'by[0] === judged.editedBy',
    'false',
  ]),
  removal('approvals.low, by whoever brought the policy in', `${rules}/approvals.ts`, [
    'ageMs(judged, load.at) < loaderWaitMs',
    'false',
  ]),
  removal('approvals.low.auditSample', `${rules}/approvals.ts`, [
    'judged.lot >= auditSample',
    'true',
  ]),
  removal('approvals.bypass', 'src/core/policy/evaluate.ts', [
    "by === null ? stands : 'allow'",
    'stands',
  ]),
  removal('approvals.bypass.roles', `${rules}/approvals.ts`, ['meets(one.by, wanted),', 'true,']),
  removal('approvals.bypass.maxDuration', `${rules}/approvals.ts`, [
    'ageMs(approving.judged, one.at) <= maxDuration &&',
    '',
  ]),
  removal('approvals.bypass, not asked for', `${rules}/approvals.ts`, ['one.bypasses &&', '']),
  removal('approvals.bypass, while paused', 'src/core/policy/evaluate.ts', [
    'found.some(({ rule }) => rule === paused.rule)',
    'false',
  ]),
  removal('critics', `${rules}/critics.ts`, ['!overruled', 'true']),
  removal('approvals.low.delay', `${rules}/approvals.ts`, ['age >= delay', 'true']),
  removal('scope.allow.reviewers', `${rules}/approvals.ts`, [
    '!valid.some(({ by }) => meets(by, list))',
    'false',
  ]),
  removal('approvals.low, of other bytes', `${rules}/approvals.ts`, ['isCurrent &&', '']),
  removal('approvals.low, from the future', `${rules}/approvals.ts`, ['age >= 0 &&', '']),
  removal('approvals.low, expired', `${rules}/approvals.ts`, [
    '&& age <= spec.approvals.rules.expireAfter',
    '',
  ]),
  removal('approvals.low, by whoever proposed it', `${rules}/approvals.ts`, [
    'meets(by, judged.proposedBy)',
    'false',
  ]),
  removal('approvals.low, by somebody else', `${rules}/approvals.ts`, [
    'valid.filter(({ by }) => meets(by, wanted.from))',
    'valid',
  ]),
  removal('approvals.low.count, one person twice', `${rules}/approvals.ts`, [
    '.map(({ by }) => by[0])',
    '',
  ]),
]

function removal(rule: string, file: string, [from, to]: readonly [string, string]): Removal {
  return { red: [rule], file, from, to }
}

function riskRules(): string[] {
  return ['operations', 'touches', 'changedPercentAbove', 'cel'].map((id) => `risk.rules.${id}`)
}

/** All that judging needs; policies are read, and cases made, by the code as it stands. */
const copied = [
  'src/core/policy',
  'src/core/experiment/score.ts',
  'src/core/utf8-length.ts',
  'package.json',
]
const began = performance.now()
const folder = await mkdtemp(join(tmpdir(), 'lucidream-gates-'))
let survived = 0
try {
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const [index, one] of removals.entries()) {
    const problem = await findSurvivor(join(folder, String(index)), one)
    if (problem === null) continue
    survived += 1
    console.error(`${one.red.join(', ')}: ${problem}`)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
const seconds = ((performance.now() - began) / 1_000).toFixed(1)
console.log(`${removals.length} removals, ${survived} not noticed as they should be (${seconds} s)`)
process.exitCode = survived === 0 ? 0 : 1

/** Null: exactly the cases that should be are red. */
async function findSurvivor(
  tree: string,
  { red, file, from, to }: Removal,
): Promise<string | null> {
  for (const name of copied) {
    await mkdir(dirname(join(tree, name)), { recursive: true })
    await cp(join(root, name), join(tree, name), { recursive: true })
  }
  const path = join(tree, file)
  const text = await readFile(path, 'utf8')
  if (text.split(from).length !== 2) return `${file} does not hold once: ${from}`
  await writeFile(
    path,
    text.replace(from, () => to),
  )
  const removed = await import(pathToFileURL(join(tree, 'src/core/policy/evaluate.ts')).href)
  const faulty = listFaulty(removed.evaluate)
  await rm(tree, { recursive: true })
  const missed = red.filter((rule) => !faulty.includes(rule))
  if (missed.length > 0) return `still green: ${missed.join(', ')}`
  const others = faulty.filter((rule) => !red.includes(rule))
  return others.length === 0 ? null : `red as well: ${others.join(', ')}`
}
