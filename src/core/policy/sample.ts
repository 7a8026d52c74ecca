import type { JudgedChange } from './decision.ts'

type Parts = {
  readonly [Part in keyof JudgedChange]?: Partial<JudgedChange[Part]> | JudgedChange[Part]
}

/**
 * A change that nothing speaks against: one line added to a runbook, well supported, three days old. Parts that
 * are given replace the fields they name: what fixtures of policies are made of.
 */
export function makeJudged(parts: Parts): JudgedChange {
  const merged = Object.fromEntries(
    Object.entries(harmless).map(([name, standard]) => {
      const given = parts[name as keyof JudgedChange]
      return [
        name,
        isRecord(standard) && isRecord(given) ? { ...standard, ...given } : (given ?? standard),
      ]
    }),
  )
  return merged as unknown as JudgedChange
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const before = `# Refunds\n\n${'- A line that says how refunds are done and stays as it is.\n'.repeat(20)}`
const added = '- Ask for the order number first.\n'
const now = '2026-11-25T10:00:00.000Z'

const harmless: JudgedChange = {
  moment: 'apply',
  now,
  change: {
    key: 'change-1',
    operation: 'add',
    path: '/runbooks/refunds.md',
    baseSha256: '0'.repeat(64),
    edits: [{ start: before.length, before: '', after: added }],
    leaves: 'content',
    before: null,
    after: added,
    rationale: 'Sessions that ask for it first succeed more often.',
    grade: 'B',
    findingKeys: ['finding-1'],
    evidence: [],
    trust: { taint: 'user', quarantine: [] },
  },
  proposedAt: '2026-11-22T10:00:00.000Z',
  proposedBy: ['dream:drm_1'],
  editedBy: null,
  policyLoads: [],
  lot: 50,
  document: { before, after: before + added },
  store: {
    id: 'memstore_1',
    name: 'support-emea',
    files: 12,
    bytes: 20_000,
    sizes: [{ at: '2026-10-01T00:00:00.000Z', bytes: 19_900 }],
    openProposals: 1,
  },
  evidence: {
    quotes: 6,
    unresolved: 0,
    altered: 0,
    sessions: 12,
    outcomes: 12,
    contradictingSessions: 0,
    counterSearched: true,
    principals: 6,
    largestShare: 0.25,
    days: 8,
    newestAt: '2026-11-20T10:00:00.000Z',
    maxOrigin: 'user',
    instructedBy: null,
    contrast: { gap: 0.2, confidence: 0.95 },
  },
  dream: {
    changes: 2,
    files: 1,
    addedBytes: 300,
    removedBytes: 0,
    modelTokens: 0,
    costUsd: 0,
    wallClockMs: 60_000,
  },
  history: { dreams: [{ at: '2026-11-22T09:00:00.000Z', costUsd: 0 }], applied: [] },
  scans: { secrets: [], personalData: [], instructions: [] },
  critiques: [],
  taint: 'user',
  approvals: [
    {
      by: ['user:one', 'group:support-leads', 'role:admin'],
      at: '2026-11-24T10:00:00.000Z',
      isCurrent: true,
      overrules: false,
      bypasses: false,
    },
    {
      by: ['user:two', 'role:admin'],
      at: '2026-11-24T11:00:00.000Z',
      isCurrent: true,
      overrules: false,
      bypasses: false,
    },
  ],
  experiment: {
    isProven: true,
    unit: 'session',
    goal: 'resolved',
    minimumEffect: 0.05,
    unitsPerArm: 100,
    taskTypes: 3,
    principals: 5,
    mostUnits: 1_000,
    waitMs: 14 * 86_400_000,
    guardrails: [{ name: 'cost', required: true, watched: true, margin: 0.02, isSpending: true }],
    promotedBy: ['user:one', 'role:admin'],
  },
}

/** Why parts cannot be those of a change, or null: an unknown name, or a value of another type. */
export function findPartFault(parts: Readonly<Record<string, unknown>>): string | null {
  const compare = (given: unknown, standard: unknown, path: string): string | null => {
    if (isRecord(standard) && isRecord(given)) {
      const known = standard
      for (const [name, value] of Object.entries(given)) {
        const inner = path === '' ? name : `${path}.${name}`
        if (!Object.hasOwn(known, name)) return `${inner} is no part of a judged change`
        const fault = compare(value, known[name], inner)
        if (fault !== null) return fault
      }
      return null
    }
    // Where null stands or may stand, only the reader of the field knows its type.
    if (standard === null || given === null) return null
    const same =
      typeof given === typeof standard && Array.isArray(given) === Array.isArray(standard)
    return same ? null : `${path} is no ${Array.isArray(standard) ? 'list' : typeof standard}`
  }
  return compare(parts, harmless, '')
}
