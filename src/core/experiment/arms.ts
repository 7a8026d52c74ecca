/** Each change doubles the arms, and each arm is a version of the store. */
export const mostChanges = 4

/** Every arm of so many changes: one digit a change in their order, 1 with it; the incumbent first. */
export function listArms(changes: number): string[] {
  return Array.from({ length: 2 ** changes }, (_, at) => at.toString(2).padStart(changes, '0'))
}
