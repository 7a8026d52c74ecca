import type { Generated } from 'kysely'
import type { Actor } from '../../core/audit/record.ts'
import type { ChangeId, DecisionId, PolicyVersionId } from '../../core/ids.ts'
import type { Decision, JudgedChange, Reason } from '../../core/policy/decision.ts'
import type { Json, Timestamp } from './column.ts'

export interface PoliciesTables {
  policies: PoliciesTable
  policy_versions: PolicyVersionsTable
  decisions: DecisionsTable
  decision_reasons: DecisionReasonsTable
}

/** A file of the policy folder. */
interface PoliciesTable {
  workspace_id: Generated<string>
  file: string
  /** The last version that could be used; null: there never was one. */
  version_id: PolicyVersionId | null
  /** What is wrong with the file as it stands now. */
  fault: string | null
  faulty_since: Timestamp | null
  updated_at: Timestamp
}

/** Append-only. */
interface PolicyVersionsTable {
  id: PolicyVersionId
  workspace_id: Generated<string>
  name: string
  file: string
  text: string
  /** The policy with all that it took over from others. */
  body: Json
  created_at: Timestamp
  /** Who brought it in; null: before that was recorded. */
  loaded_by_type: Actor['type'] | null
  loaded_by_id: string | null
}

/** Append-only: what policy said of a change, each time it was asked. */
export interface DecisionsTable {
  id: DecisionId
  change_id: ChangeId
  moment: JudgedChange['moment']
  verdict: Decision['verdict']
  risk: Decision['risk']
  approvals: Json
  policy_version: string | null
  created_at: Timestamp
}

interface DecisionReasonsTable {
  decision_id: DecisionId
  ordinal: number
  rule: string
  path: string
  value: string
  limit: string
  verdict: Reason['verdict']
  mode: Reason['mode']
}
