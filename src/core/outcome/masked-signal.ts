import type { Json, JsonObject } from '../session.ts'
import { maskPersonalData, type Sign } from '../trust/personal-data.ts'
import type { Components, NewSignal } from './signal.ts'
import { normalSubjects } from './subject.ts'

declare const masked: unique symbol

/** A signal without secrets and persons; only `maskSignals` makes one, and only such a one is stored. */
export type MaskedSignal = NewSignal & { readonly [masked]: true }

export interface Masking {
  /** Replaces secrets in every string of the records. */
  readonly mask: (records: readonly Json[]) => Promise<{ readonly records: readonly Json[] }>
  /** Names persons by placeholders: `signUnder(keyring, hash)`. */
  readonly sign: Sign
}

/**
 * To be awaited before the write door opens: scanning is slow. Secrets go everywhere but in the key, which is
 * compared as it came; personal data goes where people write: explanation, parts and principal. Subjects stay what
 * they are, because sessions are found by them.
 */
export async function maskSignals(
  { mask, sign }: Masking,
  signals: readonly NewSignal[],
): Promise<MaskedSignal[]> {
  const { records } = await mask(signals.map((signal) => textsOf(signal)))
  return signals.map((signal, index) => {
    const texts = records[index] as unknown as ReturnType<typeof textsOf>
    const hide = (text: string) => maskPersonalData(text, sign).text
    return {
      ...signal,
      kind: texts.kind,
      principal: texts.principal === null ? null : hide(texts.principal),
      explanation: texts.explanation === null ? null : hide(texts.explanation),
      components: hideParts(texts.components, hide),
      subjects: normalSubjects(texts.subjects),
    } as unknown as MaskedSignal
  })
}

const textsOf = ({ kind, principal, explanation, components, subjects }: NewSignal) =>
  ({
    kind,
    principal,
    explanation,
    components,
    subjects: subjects.map(({ type, value }) => ({ type, value })),
  }) satisfies JsonObject

const hideParts = (components: Components, hide: (text: string) => string): Components =>
  Object.fromEntries(
    Object.entries(components).map(([name, part]) => [
      hide(name),
      typeof part === 'string' ? hide(part) : part,
    ]),
  )
