import type { Item } from '../items/item.ts'
import { type LineTaintTable, taintOfText } from './line-taints.ts'
import type { ChangeTrust } from './quarantine.ts'
import { isBelow, lowestTaint } from './taint.ts'

/**
 * Judges that one line of the store goes because another stays. A line that is trusted less never makes one go
 * that is trusted more: what an agent wrote last would else retire what the operator wrote. Null: it may not.
 */
export function judgeReplacement(
  taints: LineTaintTable,
  { gone, stays }: { readonly gone: Item; readonly stays: Item },
): ChangeTrust | null {
  const [before, after] = [gone, stays].map((item) => taintOfText(taints, item.path, item.text))
  if (before === undefined || after === undefined || isBelow(after, before)) return null
  return { taint: lowestTaint([before, after]), quarantine: [] }
}
