import { DomainError } from '../errors.ts'
import type { Finding } from '../mining/finding.ts'
import { type Brief, type BriefOptions, writeBrief } from './brief.ts'

/** One brief for each type of task that the findings are about, or for the one asked for. */
export function writeBriefs(
  findings: readonly Finding[],
  {
    taskType,
    budget,
    sign,
  }: Omit<BriefOptions, 'taskType'> & { readonly taskType: string | undefined },
): Brief[] {
  const types = [...new Set(findings.flatMap((one) => one.taskType ?? []))].toSorted()
  if (taskType !== undefined && !types.includes(taskType)) throw unknownType(taskType, types)
  const wanted = taskType === undefined ? (types.length === 0 ? [null] : types) : [taskType]
  return wanted.map((type) => writeBrief(findings, { taskType: type, budget, sign }))
}

const unknownType = (taskType: string, types: readonly string[]) =>
  new DomainError(
    'not_found',
    types.length === 0
      ? `The dream found nothing that holds for one type of task only; leave out ${taskType}.`
      : `The dream found nothing about tasks of type ${taskType}; there is: ${types.join(', ')}.`,
  )
