interface Report {
  readonly sessions: number
  readonly findings: number
  readonly changes: number
  readonly dreams: readonly string[]
  readonly memories: readonly {
    readonly storeId: string
    readonly path: string
    readonly lines: number
    readonly how: 'rewritten' | 'deleted'
  }[]
  readonly redactedVersions: number
  readonly experiments: readonly string[]
}

/** The report of a revocation or an erasure, done or only planned, in the shape of the contract. */
export function presentIncidentReport(report: Report) {
  return {
    sessions: report.sessions,
    findings: report.findings,
    changes: report.changes,
    dreams: [...report.dreams],
    memories: report.memories.map(({ storeId, path, lines, how }) => ({
      memory_store_id: storeId,
      path,
      lines,
      how,
    })),
    redacted_versions: report.redactedVersions,
    experiments: [...report.experiments],
  }
}
