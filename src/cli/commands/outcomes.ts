import { readFile } from 'node:fs/promises'
import { type OutcomesDocument, readSentSignal } from '../../contract/lucid/outcome-signals.ts'
import { DomainError } from '../../core/errors.ts'
import type { OutcomeSignalId } from '../../core/ids.ts'
import { maskSignals } from '../../core/outcome/masked-signal.ts'
import { toSignal } from '../../core/outcome/sent-signal.ts'
import type { StoredSignal } from '../../core/outcome/stored-signal.ts'
import { presentSignal } from '../../core/present/signal.ts'
import { signUnder } from '../../core/trust/personal-data.ts'
import { joinPending } from '../../pipeline/join-sessions.ts'
import { askToRejoin } from '../../storage/join-rules.ts'
import { type Received, receiveSignals } from '../../storage/received-signals.ts'
import { getSignal, listSignals } from '../../storage/signal-pages.ts'
import { toOutbox } from '../../storage/webhook-deliveries.ts'
import { exitCodes } from '../exit-codes.ts'
import { type GlobalOptions, type Invocation, withData } from '../invocation.ts'
import { layTable, plural, showForeign } from '../text.ts'

export interface OutcomesOptions extends GlobalOptions {
  readonly source?: string
}

const operator = { type: 'user', id: 'cli' } as const
const shown = 100
/** Read as a whole, a batch at a time written. */
const mostBytes = 64 * 1024 * 1024
const batchSize = 1_000

export function runOutcomes(
  invocation: Invocation,
  options: OutcomesOptions,
  which: 'all' | 'unmatched',
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    await joinPending(context)
    const { source } = options
    const filter = which === 'all' ? { source } : { source, unmatched: true }
    const signals = await context.database.read((reader) =>
      listSignals(reader, { filter, limit: shown }),
    )
    invocation.print(toDocument(signals), () =>
      signals.length === 0 ? ['None.'] : layTable(signals.map(toRow)),
    )
    return exitCodes.ok
  })
}

export function runOutcome(
  invocation: Invocation,
  id: string,
  options: GlobalOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const signal = await context.database.read((reader) => getSignal(reader, id as OutcomeSignalId))
    invocation.print(toDocument([signal]), () => [
      ...layTable([toRow(signal)]),
      ...signal.subjects.map(({ type, value }) => `  about ${type} ${showForeign(value)}`),
      ...signal.joins.map(
        (join) => `  ${join.confidence} join by ${join.via}: ${join.sessionId ?? join.exposureId}`,
      ),
      ...(signal.explanation === null ? [] : [`  > ${showForeign(signal.explanation)}`]),
    ])
    return exitCodes.ok
  })
}

/** One signal a line, as the API takes it. */
export function runOutcomesSend(
  invocation: Invocation,
  path: string,
  options: GlobalOptions,
): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    const read = (await readLines(path)).map((line, index) => ({
      at: index + 1,
      ...readLine(line),
    }))
    const signals = read.flatMap(({ sent }) => (sent ? [toSignal(sent)] : []))
    const received: Received[] = []
    const outbox = toOutbox(context)
    for (let from = 0; from < signals.length; from += batchSize) {
      const masked = await maskSignals(
        { mask: context.mask, sign: signUnder(context.keyring, context.hash) },
        signals.slice(from, from + batchSize),
      )
      received.push(
        ...(await context.database.write(operator, (writer) =>
          receiveSignals(writer, outbox, masked),
        )),
      )
    }
    const count = (state: Received['state']) => received.filter((one) => one.state === state).length
    const refused = read.flatMap(({ at, fault }) => (fault ? [{ line: at, ...fault }] : []))
    const conflicts = count('conflict')
    const document = {
      version: 1,
      kind: 'outcomes_sent',
      stored: count('stored'),
      known: count('known'),
      conflicts,
      joined: received.filter(({ joins }) => joins > 0).length,
      refused,
    }
    invocation.print(document, () => [
      `${plural(document.stored, 'signal')} stored, ${document.joined} joined; ${document.known} known, ${conflicts} in conflict, ${refused.length} refused.`,
      ...refused.map(({ line, field, reason }) => `line ${line}: ${field ?? 'signal'}: ${reason}`),
    ])
    return refused.length + conflicts > 0 ? exitCodes.partial : exitCodes.ok
  })
}

export function runRejoin(invocation: Invocation, options: GlobalOptions): Promise<number> {
  return withData(invocation, options, async ({ context }) => {
    await context.database.write(operator, async (writer) => {
      await writer.audit({ action: 'join_rule.rejoined', objectType: 'join_rule', objectId: '*' })
      await askToRejoin(writer)
    })
    const changed = await joinPending(context)
    invocation.print({ version: 1, kind: 'outcomes_rejoined', changed }, () => [
      `${plural(changed, 'signal')} joined otherwise than before.`,
    ])
    return exitCodes.ok
  })
}

async function readLines(path: string): Promise<string[]> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DomainError('not_found', `${path} cannot be read.`, { cause })
  })
  if (bytes.length > mostBytes) {
    throw new DomainError(
      'file_too_large',
      `${path} has ${bytes.length} bytes, at most ${mostBytes}; split it.`,
    )
  }
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
}

function readLine(line: string): ReturnType<typeof readSentSignal> {
  try {
    return readSentSignal(JSON.parse(line))
  } catch {
    return { sent: null, fault: { field: null, reason: 'not JSON; one object a line' } }
  }
}

const toDocument = (signals: readonly StoredSignal[]): OutcomesDocument => ({
  version: 1,
  kind: 'outcome_signals',
  data: signals.map(presentSignal),
})

const toRow = (signal: StoredSignal): string[] => [
  signal.id,
  showForeign(signal.source),
  showForeign(signal.kind),
  signal.value === null
    ? signal.success === null
      ? 'undecided'
      : String(signal.success)
    : String(signal.value),
  signal.sessionId ?? signal.unmatchedReason ?? 'weak',
]
