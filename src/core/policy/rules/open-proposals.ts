import { capped } from './gate.ts'

/** Only what is new waits: a proposal that is applied is no longer open. */
export const openProposals = capped('budgets.openProposals.max', {
  most: ({ budgets }) => budgets.openProposals.max,
  found: ({ moment, store }) => (moment === 'propose' ? store.openProposals : null),
  unit: 'proposals waiting for a person',
})
