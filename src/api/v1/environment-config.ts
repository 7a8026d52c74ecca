import type { GivenEnvironmentConfig } from '../../contract/v1/environments.ts'
import { DomainError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/session.ts'

const managers = ['apt', 'cargo', 'gem', 'go', 'npm', 'pip'] as const
const open: JsonObject = { type: 'unrestricted' }

type Given = GivenEnvironmentConfig | null | undefined

/** Every default filled in; what is left out stays as `before` had it. */
export function toEnvironmentConfig(given: Given, before: JsonObject | null): JsonObject {
  if (!given) return before ?? toCloud({ type: 'cloud' }, {})
  if (before && before.type !== given.type) {
    throw new DomainError(
      'invalid_argument',
      `config.type is ${String(before.type)} and cannot become ${given.type}; make another environment.`,
      { details: { error_code: 'invalid_config_type_change' } },
    )
  }
  return given.type === 'self_hosted' ? { type: 'self_hosted' } : toCloud(given, before ?? {})
}

function toCloud(given: Extract<Given, { type: 'cloud' }>, before: JsonObject): JsonObject {
  const networking = toNetworking(given.networking, (before.networking ?? open) as JsonObject)
  const former = (before.packages ?? {}) as Record<string, string[] | undefined>
  const lists = managers.map(
    (name) => [name, given.packages?.[name] ?? former[name] ?? []] as const,
  )
  const installs = lists.some(([, list]) => list.length > 0)
  if (installs && networking.type === 'limited' && networking.allow_package_managers !== true) {
    throw new DomainError(
      'invalid_argument',
      'config.packages: limited networking installs packages only with networking.allow_package_managers set to true.',
    )
  }
  return {
    type: 'cloud',
    networking,
    packages: { type: 'packages', ...Object.fromEntries(lists) },
  }
}

type GivenNetworking = Extract<Given, { type: 'cloud' }>['networking']

function toNetworking(given: GivenNetworking, before: JsonObject): JsonObject {
  if (!given) return before
  if (given.type === 'unrestricted') return open
  const former = before.type === 'limited' ? before : {}
  return {
    type: 'limited',
    allowed_hosts: given.allowed_hosts ?? former.allowed_hosts ?? [],
    allow_mcp_servers: given.allow_mcp_servers ?? former.allow_mcp_servers ?? false,
    allow_package_managers: given.allow_package_managers ?? former.allow_package_managers ?? false,
  }
}

/** As the reference has it for environments: an empty text removes a key too. */
export function toEnvironmentMetadata(
  before: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>> = {},
): Record<string, string> {
  const merged = { ...before, ...patch }
  const kept = Object.entries(merged).filter((pair): pair is [string, string] => !!pair[1])
  if (kept.length > 16) throw invalid(`at most 16 pairs, and this would make ${kept.length}`)
  for (const [key, value] of kept) {
    if (key.length < 1 || key.length > 64) throw invalid('keys have 1 to 64 characters')
    if (value.length > 512) throw invalid(`the value of ${key} is longer than 512 characters`)
    if (!key.isWellFormed() || !value.isWellFormed() || /\0/.test(key + value)) {
      throw invalid('keys and values are well-formed Unicode without NUL')
    }
  }
  return Object.fromEntries(kept)
}

const invalid = (what: string) =>
  new DomainError('invalid_argument', `metadata: ${what}.`, {
    details: { error_code: 'invalid_metadata' },
  })
