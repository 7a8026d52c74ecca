import { applyChanges } from '../change/apply.ts'
import type { ProposedChange } from '../change/change.ts'
import type { Hash } from '../ids.ts'
import type { MemoryDocument } from '../memory.ts'
import { grow, type JudgedProposal, type StoreSize, type Target } from './judge.ts'

/** The state into which changes are let one after the other, each judged with those before it. */
export interface Admission {
  readonly size: StoreSize
  readonly written: number
}

export interface Admitted<One> {
  readonly kept: readonly One[]
  readonly stopped: readonly { readonly one: One; readonly judged: JudgedProposal | string }[]
  readonly judged: readonly { readonly one: One; readonly judged: JudgedProposal }[]
  readonly state: Admission
}

/**
 * Lets in what may be written of the changes of one memory, in their order: limits count what came before. `base`
 * is what all of them are based on, `standing` what of their dream stands in it already.
 */
export async function admitChanges<One extends { readonly change: ProposedChange }>(
  given: {
    readonly ones: readonly One[]
    readonly base: MemoryDocument | null
    readonly standing: readonly ProposedChange[]
    readonly state: Admission
    readonly hash: Hash
  },
  judge: (one: One, target: Omit<Target, 'view'>) => Promise<JudgedProposal>,
): Promise<Admitted<One>> {
  const { base, standing, hash } = given
  const documents = base === null ? [] : [base]
  const kept: One[] = []
  const stopped: Admitted<One>['stopped'][number][] = []
  const all: Admitted<One>['judged'][number][] = []
  let { state } = given
  const textWith = (more: readonly One[]) =>
    applyChanges(documents, [...standing, ...more.map(({ change }) => change)], hash)
  for (const one of given.ones) {
    const { path } = one.change
    const before = textWith(kept).documents.find((document) => document.path === path) ?? null
    const { documents: next, refused } = textWith([...kept, one])
    const [first] = refused
    if (first) {
      stopped.push({ one, judged: first.reason })
      continue
    }
    const after = next.find((document) => document.path === path) ?? null
    const judged = await judge(one, { before, after, ...state })
    all.push({ one, judged })
    if (judged.decision.verdict !== 'allow') {
      stopped.push({ one, judged })
      continue
    }
    kept.push(one)
    state = { size: grow({ before, after, size: state.size }), written: state.written + 1 }
  }
  return { kept, stopped, judged: all, state }
}
