import { readFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { z } from 'zod'
import { DomainError } from './core/errors.ts'

/** What an administrator may set. Read once, here, from the environment; flags of the command line win. */
export interface Config {
  /** Folder of the embedded database. */
  readonly dataDirectory: string
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  readonly colour: 'auto' | 'always' | 'never'
  readonly server: ServerConfig
  readonly dreams: DreamConfig
  /** Name of the audit log in its checkpoints; null: made of its key. */
  readonly auditOrigin: string | null
  /** Folder of policy files; null: `policies` in the data folder, where there is one. */
  readonly policyDirectory: string | null
  /** For how many days raw bodies of webhook deliveries are kept. */
  readonly receiptBodyDays: number
}

/** Limits of dreams over the wire; a dream of the command line has none. */
export interface DreamConfig {
  /** A dream that runs longer fails with `timeout`. */
  readonly hours: number
  /** A store that holds more fails a dream with `input_memory_store_too_large`. */
  readonly storeBytes: number
  /** Tools whose results are first-party; those of an MCP server as `mcp:server:name`. */
  readonly firstPartyTools: readonly string[]
}

export interface ServerConfig {
  readonly host: string
  readonly port: number
  /** Serves `/metrics` without a key on a port of its own; null: on the main port, for admin keys. */
  readonly metricsPort: number | null
  readonly strict: boolean
  readonly writesPerMinute: number
  readonly readsPerMinute: number
  /** Lets webhooks go to private addresses and plain http; for tests and closed networks. */
  readonly allowPrivateTargets: boolean
  /** Folders of the server that administrators may import from by path; none when empty. */
  readonly importRoots: readonly string[]
}

/** Kept apart from Config so that printing the configuration can never print a secret. */
export interface Secrets {
  /** Key of the placeholders that replace secrets in transcripts; null: one is made in the data folder. */
  readonly maskKey: string | null
  /** What keys are hashed, cursors signed and webhook secrets sealed under; null: made in the data folder. */
  readonly secretKey: string | null
  /** The first API key of an empty database; null: one is made and printed once. */
  readonly bootstrapKey: string | null
  /** `postgres://user:password@host:port/database`; null for the embedded database. */
  readonly databaseUrl: string | null
  /** What checkpoints of the audit log are signed with, 64 hex digits; made in the data folder when left out. */
  readonly auditKey?: string | null
  /** What the command line calls a server with, for `lucidream pull`. */
  readonly apiKey?: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

const port = z.coerce.number().int().min(0).max(65_535)
const perMinute = z.coerce.number().int().min(0).max(1_000_000)
const onOrOff = z
  .enum(['0', '1', 'true', 'false'])
  .default('0')
  .transform((text) => text === '1' || text === 'true')

const environmentSchema = z.object({
  LUCIDREAM_DATA: z.string().min(1).default('.lucidream'),
  LUCIDREAM_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('warn'),
  LUCIDREAM_DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional(),
  LUCIDREAM_DATABASE_URL_FILE: z.string().min(1).optional(),
  LUCIDREAM_MASK_KEY: z.string().min(16).optional(),
  LUCIDREAM_MASK_KEY_FILE: z.string().min(1).optional(),
  LUCIDREAM_SECRET_KEY: z.string().min(32).optional(),
  LUCIDREAM_SECRET_KEY_FILE: z.string().min(1).optional(),
  LUCIDREAM_AUDIT_KEY: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hex digits')
    .optional(),
  LUCIDREAM_AUDIT_KEY_FILE: z.string().min(1).optional(),
  LUCIDREAM_AUDIT_ORIGIN: z
    .string()
    .regex(/^[^\s+]{1,200}$/, 'must be 1 to 200 characters without spaces and plus signs')
    .optional(),
  LUCIDREAM_BOOTSTRAP_KEY: z.string().min(24).max(512).optional(),
  LUCIDREAM_API_KEY: z.string().min(1).max(512).optional(),
  LUCIDREAM_API_KEY_FILE: z.string().min(1).optional(),
  LUCIDREAM_HOST: z.string().min(1).default('127.0.0.1'),
  LUCIDREAM_PORT: port.default(4177),
  LUCIDREAM_METRICS_PORT: port.optional(),
  LUCIDREAM_STRICT: onOrOff,
  LUCIDREAM_WRITES_PER_MINUTE: perMinute.default(300),
  LUCIDREAM_READS_PER_MINUTE: perMinute.default(1_200),
  LUCIDREAM_ALLOW_PRIVATE_TARGETS: onOrOff,
  LUCIDREAM_POLICY_DIR: z.string().min(1).optional(),
  LUCIDREAM_IMPORT_ROOTS: z.string().default(''),
  LUCIDREAM_DREAM_HOURS: z.coerce.number().positive().max(1_000).default(6),
  LUCIDREAM_FIRST_PARTY_TOOLS: z.string().max(65_536).default(''),
  LUCIDREAM_RECEIPT_BODY_DAYS: z.coerce.number().min(1).max(3_650).default(30),
  LUCIDREAM_DREAM_STORE_BYTES: z.coerce.number().int().min(1).default(10_485_760),
})

export function readConfig(environment: Environment = process.env): {
  readonly config: Config
  readonly secrets: Secrets
} {
  const parsed = environmentSchema.safeParse(environment)
  if (!parsed.success) throw new DomainError('invalid_config', explain(parsed.error))
  const { data } = parsed
  return {
    config: {
      dataDirectory: data.LUCIDREAM_DATA,
      logLevel: data.LUCIDREAM_LOG_LEVEL,
      colour: colourOf(environment),
      server: toServerConfig(data),
      dreams: {
        hours: data.LUCIDREAM_DREAM_HOURS,
        storeBytes: data.LUCIDREAM_DREAM_STORE_BYTES,
        firstPartyTools: data.LUCIDREAM_FIRST_PARTY_TOOLS.split(',')
          .map((name) => name.trim())
          .filter((name) => name !== ''),
      },
      auditOrigin: data.LUCIDREAM_AUDIT_ORIGIN ?? null,
      policyDirectory: data.LUCIDREAM_POLICY_DIR ?? null,
      receiptBodyDays: data.LUCIDREAM_RECEIPT_BODY_DAYS,
    },
    secrets: {
      maskKey: findSecret(data, 'LUCIDREAM_MASK_KEY'),
      secretKey: findSecret(data, 'LUCIDREAM_SECRET_KEY'),
      databaseUrl: findSecret(data, 'LUCIDREAM_DATABASE_URL'),
      auditKey: findSecret(data, 'LUCIDREAM_AUDIT_KEY'),
      apiKey: findSecret(data, 'LUCIDREAM_API_KEY'),
      bootstrapKey: data.LUCIDREAM_BOOTSTRAP_KEY ?? null,
    },
  }
}

type Parsed = z.output<typeof environmentSchema>

function toServerConfig(data: Parsed): ServerConfig {
  return {
    host: data.LUCIDREAM_HOST,
    port: data.LUCIDREAM_PORT,
    metricsPort: data.LUCIDREAM_METRICS_PORT ?? null,
    strict: data.LUCIDREAM_STRICT,
    writesPerMinute: data.LUCIDREAM_WRITES_PER_MINUTE,
    readsPerMinute: data.LUCIDREAM_READS_PER_MINUTE,
    allowPrivateTargets: data.LUCIDREAM_ALLOW_PRIVATE_TARGETS,
    importRoots: data.LUCIDREAM_IMPORT_ROOTS.split(delimiter).filter((root) => root !== ''),
  }
}

/** no-color.org and the FORCE_COLOR habit: an empty NO_COLOR counts as unset, a dumb terminal gets none. */
function colourOf(environment: Environment): Config['colour'] {
  if (environment.NO_COLOR) return 'never'
  if (environment.FORCE_COLOR && environment.FORCE_COLOR !== '0') return 'always'
  return environment.TERM === 'dumb' ? 'never' : 'auto'
}

type SecretName =
  | 'LUCIDREAM_MASK_KEY'
  | 'LUCIDREAM_SECRET_KEY'
  | 'LUCIDREAM_DATABASE_URL'
  | 'LUCIDREAM_AUDIT_KEY'
  | 'LUCIDREAM_API_KEY'

/** From the variable itself or from the file that its `_FILE` sibling names; never from both. */
function findSecret(data: Parsed, name: SecretName): string | null {
  const [given, file] = [data[name], data[`${name}_FILE`]]
  if (file === undefined) return given ?? null
  if (given !== undefined) {
    throw new DomainError(
      'invalid_config',
      `${name} and ${name}_FILE are both set; set one of them.`,
    )
  }
  const read = environmentSchema.shape[name].safeParse(readSecretFile(`${name}_FILE`, file))
  if (read.success) return read.data ?? null
  throw new DomainError(
    'invalid_config',
    `${name}_FILE: ${file} is refused: ${read.error.issues[0]?.message}.`,
  )
}

function readSecretFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new DomainError('invalid_config', `${name}: cannot read ${path}.`, { cause })
  }
}

function explain(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}.`).join(' ')
}
