import type { GoalSignal } from '../outcome/goal-signal.ts'

/** By which version of its grader a signal was made, as its source says it. */
export interface Grading {
  readonly source: string
  readonly kind: string
  readonly version: string
}

/** The part of a signal that names the version of whoever graded: a model and its prompt, a checker, a rubric. */
export const graderVersion = 'grader_version'

/** The versions that these signals name, oldest signal first; one that names none says nothing about its grader. */
export function gradingsOf(signals: readonly GoalSignal[]): Grading[] {
  const inOrder = signals.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
  return inOrder.flatMap(({ source, kind, components }) => {
    const version = Object.hasOwn(components, graderVersion) ? components[graderVersion] : null
    return version === null || version === undefined || version === ''
      ? []
      : [{ source, kind, version: String(version) }]
  })
}

const orderOf = ({ createdAt, id }: GoalSignal) => `${createdAt}\0${id}`

/** Of each source and kind the first version; a grader is frozen with it for the whole experiment (spec C.5). */
export function freezeGraders(
  frozen: readonly Grading[],
  used: readonly Grading[],
): { readonly fresh: readonly Grading[]; readonly changed: string | null } {
  const first = new Map(frozen.map((one) => [nameOf(one), one]))
  const fresh: Grading[] = []
  for (const one of used) {
    const before = first.get(nameOf(one))
    if (before === undefined) {
      first.set(nameOf(one), one)
      fresh.push(one)
    } else if (before.version !== one.version) return { fresh, changed: sayChange(before, one) }
  }
  return { fresh, changed: null }
}

const nameOf = ({ source, kind }: Grading) => `${source}\0${kind}`

/** Foreign text, and it is shown: short, and no control character stands as itself. */
const quote = (text: string) => JSON.stringify(text.slice(0, 64))

const sayChange = (before: Grading, now: Grading) =>
  `environment changed: the grader of ${now.kind} from ${now.source} is version ${quote(now.version)} now and was ${quote(before.version)}`
