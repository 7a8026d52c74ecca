import type { JudgedChange } from '../decision.ts'
import { ageMs } from '../facts.ts'
import type { PolicySpec } from '../policy.ts'
import { capped, type Gate } from './gate.ts'

export const perStore: readonly Gate[] = [
  capped('budgets.perStore.maxFiles', {
    most: ({ budgets }) => budgets.perStore.maxFiles,
    found: ({ store }) => store.files,
    unit: 'files in the store',
  }),
  capped('budgets.perStore.maxBytes', {
    most: ({ budgets }) => budgets.perStore.maxBytes,
    found: ({ store }) => store.bytes,
    unit: 'bytes in the store',
  }),
  capped('budgets.perStore.maxGrowthPercent', {
    most: ({ budgets }) => budgets.perStore.maxGrowthPercent,
    found: growth,
    unit: '% growth in the window',
  }),
]

/** Since the newest size from before the window, else the oldest there is; null where there was nothing. */
function growth(judged: JudgedChange, { budgets }: PolicySpec): number | null {
  const { store } = judged
  const sizes = store.sizes.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
  const before = sizes.findLast(({ at }) => ageMs(judged, at) >= budgets.perStore.growthWindow)
  const base = (before ?? sizes[0])?.bytes ?? 0
  return base === 0 ? null : (100 * (store.bytes - base)) / base
}
