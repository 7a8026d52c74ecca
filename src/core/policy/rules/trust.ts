import { origins } from '../decision.ts'
import { deny, type Gate, none } from './gate.ts'

export const trust: readonly Gate[] = [
  {
    rule: 'evidence.trust.minimum',
    judge({ evidence: { trust: wanted } }, { taint }) {
      return origins.indexOf(taint) <= origins.indexOf(wanted.minimum)
        ? none
        : deny(`words from ${taint}`, `${wanted.minimum} or more trusted`)
    },
  },
  {
    rule: 'evidence.trust.maxShareFromOneActor',
    judge({ evidence: { trust: wanted } }, { evidence }) {
      // One session is always somebody's alone; whether one is enough, the minimums say.
      if (evidence.sessions <= 1 || evidence.largestShare <= wanted.maxShareFromOneActor)
        return none
      return deny(
        `${evidence.largestShare.toFixed(2)} of the support from one actor`,
        `at most ${wanted.maxShareFromOneActor}`,
      )
    },
  },
  {
    rule: 'evidence.trust.externalMayNotBeSole',
    judge: ({ evidence: { trust: wanted } }, { evidence }) =>
      wanted.externalMayNotBeSole && evidence.maxOrigin === 'untrusted'
        ? deny('only untrusted sources', 'one other source as well')
        : none,
  },
]
