import {
  type JoinRuleDocument,
  type JoinRulesDocument,
  type JoinRuleTrialDocument,
  joinRuleBody,
} from '../../contract/lucid/join-rules.ts'
import { DomainError } from '../../core/errors.ts'
import type { JoinRule } from '../../core/outcome/join-rule.ts'
import { presentJoinRule, presentTrial, toJoinRule } from '../../core/outcome/sent-join-rule.ts'
import { joinPending } from '../../pipeline/join-sessions.ts'
import {
  deleteJoinRule,
  listJoinRules,
  putJoinRule,
  readRejoinMark,
} from '../../storage/join-rules.ts'
import { tryJoinRule } from '../../storage/join-trials.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { layTable, plural, showForeign } from '../text.ts'

export interface RuleOptions extends GlobalOptions {
  readonly subject: string
  readonly pattern?: string
  readonly where?: string
  readonly metadata?: string
}

const operator = { type: 'user', id: 'cli' } as const

export function runRules(invocation: Invocation, options: GlobalOptions): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const { rules, mark } = await context.database.read(async (reader) => ({
      rules: await listJoinRules(reader),
      mark: await readRejoinMark(reader),
    }))
    const document: JoinRulesDocument = {
      version: 1,
      kind: 'join_rules',
      data: rules.map(presentJoinRule),
      rejoining: mark.through !== null,
    }
    invocation.print(document, () =>
      rules.length === 0
        ? ['There is no join rule. Try one: lucidream outcomes rules try --help']
        : layTable(rules.map(({ rule }) => toRow(rule))),
    )
    return exitCodes.ok
  })
}

export function runRuleTry(
  invocation: Invocation,
  name: string,
  options: RuleOptions,
): Promise<number> {
  const rule = readRule(name, options)
  return withData(invocation, options, async ({ context }) => {
    const trial = await context.database.read((reader) => tryJoinRule(reader, rule))
    const document: JoinRuleTrialDocument = {
      version: 1,
      kind: 'join_rule_trial',
      ...presentTrial(trial),
    }
    invocation.print(document, () => [
      `${name} would join ${trial.joined} of ${plural(trial.signals, 'waiting signal')} with the newest ${plural(trial.sessions, 'session')}.`,
      ...trial.examples.map(
        ({ signalId, sessionId, value }) => `  ${signalId}  ${sessionId}  ${showForeign(value)}`,
      ),
    ])
    return exitCodes.ok
  })
}

export function runRuleAdd(
  invocation: Invocation,
  name: string,
  options: RuleOptions,
): Promise<number> {
  const rule = readRule(name, options)
  return withData(invocation, options, async ({ context }) => {
    await context.database.write(operator, (writer) => putJoinRule(writer, rule))
    const changed = await joinPending(context)
    show(invocation, { version: 1, kind: 'join_rule_added', name, changed })
    return exitCodes.ok
  })
}

export function runRuleRemove(
  invocation: Invocation,
  name: string,
  options: GlobalOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    await context.database.write(operator, (writer) => deleteJoinRule(writer, name))
    const changed = await joinPending(context)
    show(invocation, { version: 1, kind: 'join_rule_removed', name, changed })
    return exitCodes.ok
  })
}

function show(invocation: Invocation, document: JoinRuleDocument): void {
  const { kind, name, changed } = document
  const done = kind === 'join_rule_added' ? 'stored' : 'taken away'
  invocation.print(document, () => [
    `${name} is ${done}; ${plural(changed, 'signal')} joined otherwise than before.`,
  ])
}

/** By the same schema as over the API. */
function readRule(name: string, { subject, pattern, where, metadata }: RuleOptions): JoinRule {
  if ((pattern === undefined) === (metadata === undefined)) {
    throw new DomainError('invalid_argument', 'Give either --pattern or --metadata.')
  }
  if (where !== undefined && pattern === undefined) {
    throw new DomainError('invalid_argument', '--where says where --pattern looks; give both.')
  }
  const given =
    pattern === undefined
      ? { type: 'metadata', metadata }
      : { type: 'pattern', pattern, where: where?.split(',').map((place) => place.trim()) }
  const { data, error } = joinRuleBody.safeParse({ name, subject_type: subject, ...given })
  if (data) return toJoinRule(data)
  const [issue] = error.issues
  const field = issue?.path.map(String).join('.') || 'rule'
  throw new DomainError('invalid_argument', `${field}: ${issue?.message ?? 'cannot be read'}`)
}

const toRow = (rule: JoinRule): string[] => [
  rule.name,
  rule.subjectType,
  rule.type === 'metadata'
    ? `metadata ${showForeign(rule.metadata)}`
    : `pattern ${showForeign(rule.pattern)} in ${rule.where.join(', ')}`,
]
