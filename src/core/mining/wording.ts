import type { Population } from './population.ts'

/** Whom sessions are compared with, in words. */
export function sayOthers({ adjustedFor }: Population): string {
  switch (adjustedFor) {
    case 'task':
      return 'others on the same task'
    case 'task_type':
      return 'others on the same type of task'
    case 'task_cluster':
      return 'others with a similar request'
    case 'nothing':
      return 'others'
  }
}

export const shorten = (text: string, max: number) =>
  text.length <= max ? text : `${text.slice(0, max - 1).trimEnd()}…`
