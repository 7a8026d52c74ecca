import { findUncovered } from './coverage.ts'
import type { Tightness } from './fields.ts'
import type { AllowRule } from './policy.ts'

/** What of the child's value is not at least as tight as the parent's, for people; null where all is. */
export function findLoosening(
  field: string,
  tightness: Tightness,
  { parent, child }: { readonly parent: unknown; readonly child: unknown },
): string | null {
  switch (tightness.kind) {
    case 'atMost':
      return limitOf(child) <= limitOf(parent)
        ? null
        : `${show(child)} is more than ${show(parent)}`
    case 'atLeast':
      return Number(child) >= Number(parent) ? null : `${show(child)} is less than ${show(parent)}`
    case 'ordered':
      return rank(tightness, child) >= rank(tightness, parent)
        ? null
        : `${show(child)} is looser than ${show(parent)}`
    case 'same':
      return child === parent
        ? null
        : `${show(child)} is not ${show(parent)}, and neither is tighter`
    case 'subset': {
      const extra = findExtra(parent, child)
      return extra === null ? null : `${extra} is not among ${show(parent)}`
    }
    case 'layers':
      return field === 'scope.allow'
        ? findUncovered(parent as readonly AllowRule[][], child as readonly AllowRule[][])
        : null
    case 'union':
      return null
  }
}

/** The tightest value that both allow; undefined where there is none. */
export function meet(tightness: Tightness, one: unknown, other: unknown): unknown {
  switch (tightness.kind) {
    case 'atMost':
      return limitOf(one) <= limitOf(other) ? one : other
    case 'atLeast':
      return Number(one) >= Number(other) ? one : other
    case 'ordered':
      return rank(tightness, one) >= rank(tightness, other) ? one : other
    case 'same':
      return one === other ? one : undefined
    case 'subset':
      if (one === null || other === null) return one ?? other
      return toList(one).filter((entry) => keysOf(other).has(keyOf(entry)))
    case 'union':
      return [
        ...new Map(
          [...toList(one), ...toList(other)].map((entry) => [keyOf(entry), entry]),
        ).values(),
      ]
    case 'layers':
      return [...toList(one), ...toList(other)]
  }
}

const limitOf = (value: unknown) => (value === null ? Number.POSITIVE_INFINITY : Number(value))
const rank = ({ values }: Tightness & { readonly kind: 'ordered' }, value: unknown) =>
  values.indexOf(value as string | boolean)
const toList = (value: unknown) => value as readonly unknown[]
const keyOf = (entry: unknown) => JSON.stringify(entry)
const keysOf = (list: unknown) => new Set(toList(list).map(keyOf))
const show = (value: unknown) =>
  value === null ? 'no limit' : Array.isArray(value) ? value.map(String).join(', ') : String(value)

function findExtra(parent: unknown, child: unknown): string | null {
  if (parent === null) return null
  if (child === null) return 'everything'
  const allowed = keysOf(parent)
  const extra = toList(child).find((entry) => !allowed.has(keyOf(entry)))
  return extra === undefined ? null : String(extra)
}
