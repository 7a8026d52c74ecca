import { DomainError } from '../core/errors.ts'
import type { Family } from './endpoint.ts'

const managedAgents = 'managed-agents-2026-04-01'
const agentMemory = 'agent-memory-2026-07-22'
const dreaming = 'dreaming-2026-04-21'
const versions = ['2023-06-01', '2026-10-21']

/**
 * The reference's rules on headers, checked only when the server is strict: a version it knows, the beta value
 * of the endpoint's family, and never both values of memory together. Without its value an endpoint is absent.
 */
export function checkHeaders(family: Family, headers: Headers): void {
  if (family === 'lucid') return
  const version = headers.get('anthropic-version')
  if (version === null || !versions.includes(version)) {
    throw new DomainError(
      'invalid_argument',
      `anthropic-version: ${version === null ? 'missing' : 'unknown'}; send ${versions.join(' or ')}.`,
    )
  }
  const betas = (headers.get('anthropic-beta') ?? '').split(',').map((value) => value.trim())
  if (family === 'memory' && betas.includes(managedAgents) && betas.includes(agentMemory)) {
    throw new DomainError(
      'invalid_argument',
      `anthropic-beta: ${managedAgents} and ${agentMemory} exclude each other on memory endpoints; send one.`,
    )
  }
  if (isUnlocked(family, betas)) return
  throw new DomainError('not_found', 'Not found.')
}

function isUnlocked(family: Family, betas: readonly string[]): boolean {
  if (family === 'dreams') return betas.includes(dreaming)
  if (family === 'memory') return betas.includes(agentMemory) || betas.includes(managedAgents)
  if (family === 'managed-agents') return betas.includes(managedAgents)
  return true
}
