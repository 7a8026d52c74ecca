import { origins } from './decision.ts'
import type { ApprovalDemand, EvidenceMinimum, PolicySpec } from './policy.ts'

const minute = 60_000
const day = 24 * 60 * minute

const noMinimum: EvidenceMinimum = {
  sessions: 0,
  actors: 0,
  days: 0,
  outcomes: 0,
  contradictingSessions: 0,
}

const required = (count: number): ApprovalDemand => ({
  mode: 'required',
  count,
  from: ['owners', 'role:admin'],
  delay: 0,
  auditSample: 0,
})

/**
 * What holds where neither a policy nor those it extends say anything: the safe choice. A policy that states
 * nothing lets dreams run and propose, and applies nothing.
 */
export const defaultSpec: PolicySpec = {
  mode: 'enforce',
  inputs: {
    sessions: {
      harnesses: null,
      includeLabels: [],
      excludeLabels: [],
      minUserTurns: 0,
      maxAge: null,
      maxPerDream: null,
    },
    outcomes: { kinds: null, requireSigned: false },
  },
  scope: { default: 'deny', allow: [], deny: [], protectedText: [] },
  budgets: {
    perDream: {
      changes: 10,
      files: 5,
      addedBytes: 8_192,
      removedBytes: 4_096,
      modelTokens: 2_000_000,
      costUsd: 15,
      wallClock: 45 * minute,
    },
    perWindow: { window: 7 * day, dreams: 14, changes: 25, costUsd: 60 },
    perFile: { maxBytes: 102_400, maxLines: 400, maxChangedPercent: 30 },
    perStore: {
      maxFiles: 2_000,
      maxBytes: 4_194_304,
      maxGrowthPercent: 15,
      growthWindow: 7 * day,
    },
    // What the loaders of agents take in of these files; behind it they cut silently.
    alwaysLoaded: {
      files: ['/MEMORY.md', '/AGENTS.md', '/CLAUDE.md'],
      maxLines: 200,
      maxBytes: 25_600,
      maxTokens: 2_500,
    },
    openProposals: { max: 10 },
    concurrentExperiments: 2,
  },
  evidence: {
    citations: { required: true, verifyQuotes: 'exact', minPerClaim: 2, mustResolve: true },
    minimums: {
      create: { ...noMinimum, sessions: 3, actors: 2, days: 2, outcomes: 3 },
      update: { ...noMinimum, sessions: 3, actors: 2, days: 2, outcomes: 2 },
      merge: noMinimum,
      rename: noMinimum,
      delete: { ...noMinimum, sessions: 5, contradictingSessions: 3 },
      explicitInstruction: { sessions: 1, trust: origins[0] },
    },
    contrast: { minOutcomeGap: 0, minConfidence: 0 },
    counterEvidence: { search: 'required', maxShare: 0.25 },
    trust: { minimum: 'user', maxShareFromOneActor: 0.5, externalMayNotBeSole: true },
    freshness: { maxAge: 45 * day },
  },
  content: {
    secrets: { scan: true, onMatch: 'block' },
    pii: { detect: ['email', 'phone', 'card', 'iban', 'ip'], onMatch: 'block' },
    injection: { scan: true, onMatch: 'quarantine' },
    unicode: { forbid: ['bidi', 'zero-width', 'tag-characters'], onMatch: 'block' },
    links: { allowHosts: [], onOther: 'block' },
    commands: {
      forbid: ['rm -rf *', 'curl * | sh', 'curl * | bash', 'git push --force*'],
      onMatch: 'block',
    },
    patterns: [],
    format: { type: 'markdown', html: false, frontmatter: [], maxHeadingDepth: 6 },
  },
  risk: { default: 'medium', rules: [] },
  approvals: {
    low: required(1),
    medium: required(1),
    high: required(2),
    critical: { ...required(2), mode: 'block' },
    rules: {
      expireAfter: 14 * day,
      editorMayApprove: false,
      requireReason: ['reject', 'bypass'],
    },
    bypass: { roles: [], maxDuration: 60 * minute },
  },
  schedule: { timezone: 'UTC', apply: { windows: [] }, freezes: [], paused: false },
  rollout: {
    experiment: { low: 'optional', medium: 'optional', high: 'optional', critical: 'optional' },
    unit: null,
    steps: [],
    metrics: { goal: { name: null, minEffect: 0 }, guardrails: [] },
    analysis: {
      alpha: 0.05,
      attribution: 0,
      minOutcomeCoverage: 0,
      minUnitsPerArm: 30,
      minTaskTypes: 2,
      minPrincipals: 2,
      maxUnits: null,
      maxDuration: null,
    },
    promote: { mode: 'manual', from: null },
    afterPromotion: { watch: 14 * day, holdback: 10 },
  },
}
