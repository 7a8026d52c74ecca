import { makesClaim } from '../facts.ts'
import { deny, type Gate, none } from './gate.ts'

export const citations: readonly Gate[] = [
  {
    rule: 'evidence.citations.required',
    judge: ({ evidence: { citations: wanted } }, { change, evidence }) =>
      wanted.required && makesClaim(change) && evidence.quotes === 0
        ? deny('no quote', 'at least 1 quote')
        : none,
  },
  {
    rule: 'evidence.citations.minPerClaim',
    judge({ evidence: { citations: wanted } }, { evidence: { quotes } }) {
      // Without any quote it is `required` that decides.
      if (quotes === 0 || quotes >= wanted.minPerClaim) return none
      return deny(`${quotes} quotes`, `at least ${wanted.minPerClaim} quotes`)
    },
  },
  {
    rule: 'evidence.citations.mustResolve',
    judge: ({ evidence: { citations: wanted } }, { evidence }) =>
      wanted.mustResolve && evidence.unresolved > 0
        ? deny(`${evidence.unresolved} quotes of events that are not there`, '0')
        : none,
  },
  {
    rule: 'evidence.citations.verifyQuotes',
    judge: ({ evidence: { citations: wanted } }, { evidence }) =>
      wanted.verifyQuotes === 'exact' && evidence.altered > 0
        ? deny(`${evidence.altered} quotes that do not stand there byte for byte`, '0')
        : none,
  },
]
