import { readFileSync } from 'node:fs'
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
  /** Folder of policy files; null: no policy, so nothing is applied. */
  readonly policyDirectory: string | null
}

/** Limits of dreams over the wire; a dream of the command line has none. */
export interface DreamConfig {
  /** A dream that runs longer fails with `timeout`. */
  readonly hours: number
  /** A store that holds more fails a dream with `input_memory_store_too_large`. */
  readonly storeBytes: number
}

export interface ServerConfig {
  /** Postgres; null: the embedded database in the data folder. */
  readonly databaseUrl: string | null
  readonly host: string
  readonly port: number
  /** Serves `/metrics` without a key on a port of its own; null: on the main port, for admin keys. */
  readonly metricsPort: number | null
  readonly strict: boolean
  readonly writesPerMinute: number
  readonly readsPerMinute: number
  /** Lets webhooks go to private addresses and plain http; for tests and closed networks. */
  readonly allowPrivateTargets: boolean
}

/** Kept apart from Config so that printing the configuration can never print a secret. */
export interface Secrets {
  /** Key of the placeholders that replace secrets in transcripts; null: one is made in the data folder. */
  readonly maskKey: string | null
  /** What keys are hashed, cursors signed and webhook secrets sealed under; null: made in the data folder. */
  readonly secretKey: string | null
  /** The first API key of an empty database; null: one is made and printed once. */
  readonly bootstrapKey: string | null
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
  LUCIDREAM_MASK_KEY: z.string().min(16).optional(),
  LUCIDREAM_MASK_KEY_FILE: z.string().min(1).optional(),
  LUCIDREAM_SECRET_KEY: z.string().min(32).optional(),
  LUCIDREAM_SECRET_KEY_FILE: z.string().min(1).optional(),
  LUCIDREAM_BOOTSTRAP_KEY: z.string().min(24).max(512).optional(),
  LUCIDREAM_DATABASE_URL: z.url().optional(),
  LUCIDREAM_HOST: z.string().min(1).default('127.0.0.1'),
  LUCIDREAM_PORT: port.default(4177),
  LUCIDREAM_METRICS_PORT: port.optional(),
  LUCIDREAM_STRICT: onOrOff,
  LUCIDREAM_WRITES_PER_MINUTE: perMinute.default(300),
  LUCIDREAM_READS_PER_MINUTE: perMinute.default(1_200),
  LUCIDREAM_ALLOW_PRIVATE_TARGETS: onOrOff,
  LUCIDREAM_POLICY_DIR: z.string().min(1).optional(),
  LUCIDREAM_DREAM_HOURS: z.coerce.number().positive().max(1_000).default(6),
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
      policyDirectory: data.LUCIDREAM_POLICY_DIR ?? null,
      dreams: { hours: data.LUCIDREAM_DREAM_HOURS, storeBytes: data.LUCIDREAM_DREAM_STORE_BYTES },
    },
    secrets: {
      maskKey: chooseSecret('LUCIDREAM_MASK_KEY', data, 16),
      secretKey: chooseSecret('LUCIDREAM_SECRET_KEY', data, 32),
      bootstrapKey: data.LUCIDREAM_BOOTSTRAP_KEY ?? null,
    },
  }
}

type Parsed = z.output<typeof environmentSchema>

function toServerConfig(data: Parsed): ServerConfig {
  return {
    databaseUrl: data.LUCIDREAM_DATABASE_URL ?? null,
    host: data.LUCIDREAM_HOST,
    port: data.LUCIDREAM_PORT,
    metricsPort: data.LUCIDREAM_METRICS_PORT ?? null,
    strict: data.LUCIDREAM_STRICT,
    writesPerMinute: data.LUCIDREAM_WRITES_PER_MINUTE,
    readsPerMinute: data.LUCIDREAM_READS_PER_MINUTE,
    allowPrivateTargets: data.LUCIDREAM_ALLOW_PRIVATE_TARGETS,
  }
}

/** no-color.org and the FORCE_COLOR habit: an empty NO_COLOR counts as unset, a dumb terminal gets none. */
function colourOf(environment: Environment): Config['colour'] {
  if (environment.NO_COLOR) return 'never'
  if (environment.FORCE_COLOR && environment.FORCE_COLOR !== '0') return 'always'
  return environment.TERM === 'dumb' ? 'never' : 'auto'
}

/** A secret by itself or in a file, never both. */
function chooseSecret(
  name: 'LUCIDREAM_MASK_KEY' | 'LUCIDREAM_SECRET_KEY',
  data: Parsed,
  fewest: number,
): string | null {
  const plain = data[name]
  const path = data[`${name}_FILE`]
  if (plain !== undefined && path !== undefined) {
    throw new DomainError(
      'invalid_config',
      `${name} and ${name}_FILE are both set; set one of them.`,
    )
  }
  return path === undefined ? (plain ?? null) : readSecret(`${name}_FILE`, path, fewest)
}

function readSecret(name: string, path: string, fewest: number): string {
  let secret: string
  try {
    secret = readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new DomainError('invalid_config', `${name}: cannot read ${path}.`, { cause })
  }
  if (secret.length >= fewest) return secret
  throw new DomainError(
    'invalid_config',
    `${name}: ${path} holds fewer than ${fewest} characters; write at least ${fewest}.`,
  )
}

function explain(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}.`).join(' ')
}
