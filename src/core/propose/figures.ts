import type { Effect, Finding } from '../mining/finding.ts'

/** Success rates with and without, in points, as the finding holds them. */
export function describeEffect({ effect, sessionsWith, sessionsWithout }: Finding): string {
  if (!effect) return 'No outcome was known.'
  const agents =
    effect.agentAdjusted === null
      ? ''
      : `, ${points(effect.agentAdjusted.riskDifference)} with the agent held fixed as well`
  return `${points(effect.riskDifference)} points of success ${fixed[effect.adjustedFor]}${agents} (${Math.round(effect.level * 100)} % interval ${points(effect.low)} to ${points(effect.high)}; expect about ${points(effect.shrunk)} next time; ${sessionsWith} sessions with, ${sessionsWithout} without; q = ${effect.q.toFixed(3)}).`
}

const fixed: Readonly<Record<Effect['adjustedFor'], string>> = {
  task: 'on the same task',
  task_type: 'on the same type of task',
  task_cluster: 'among similar requests',
  nothing: 'not adjusted',
}

/** Whom sessions are compared with, in words. */
export function sayRest(adjustedFor: Effect['adjustedFor']): string {
  return adjustedFor === 'nothing' ? 'others' : `others ${fixed[adjustedFor]}`
}

const points = (value: number) =>
  `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(Math.round(value * 100))}`

/** `8 sessions on 3 tasks`, or without the tasks where they are not known. */
export function describeSupport({ support }: Finding): string {
  const tasks = support.tasks === 0 ? '' : ` on ${count(support.tasks, 'task')}`
  return `${count(support.sessions, 'session')}${tasks}`
}

export const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`
