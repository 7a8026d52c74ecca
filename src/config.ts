import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { DomainError } from './core/errors.ts'

/** What an administrator may set. Read once, here, from the environment; flags of the command line win. */
export interface Config {
  /** Folder of the embedded database. */
  readonly dataDirectory: string
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  readonly colour: 'auto' | 'always' | 'never'
}

/** Kept apart from Config so that printing the configuration can never print a secret. */
export interface Secrets {
  /** Key of the placeholders that replace secrets in transcripts; null: one is made in the data folder. */
  readonly maskKey: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

const environmentSchema = z.object({
  LUCIDREAM_DATA: z.string().min(1).default('.lucidream'),
  LUCIDREAM_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('warn'),
  LUCIDREAM_MASK_KEY: z.string().min(16).optional(),
  LUCIDREAM_MASK_KEY_FILE: z.string().min(1).optional(),
})

export function readConfig(environment: Environment = process.env): {
  readonly config: Config
  readonly secrets: Secrets
} {
  const parsed = environmentSchema.safeParse(environment)
  if (!parsed.success) throw new DomainError('invalid_config', explain(parsed.error))
  const { LUCIDREAM_MASK_KEY: key, LUCIDREAM_MASK_KEY_FILE: keyFile } = parsed.data
  if (key !== undefined && keyFile !== undefined) {
    throw new DomainError(
      'invalid_config',
      'LUCIDREAM_MASK_KEY and LUCIDREAM_MASK_KEY_FILE are both set; set one of them.',
    )
  }
  return {
    config: {
      dataDirectory: parsed.data.LUCIDREAM_DATA,
      logLevel: parsed.data.LUCIDREAM_LOG_LEVEL,
      colour: colourOf(environment),
    },
    secrets: { maskKey: keyFile === undefined ? (key ?? null) : readSecret(keyFile) },
  }
}

/** no-color.org and the FORCE_COLOR habit: an empty NO_COLOR counts as unset, a dumb terminal gets none. */
function colourOf(environment: Environment): Config['colour'] {
  if (environment.NO_COLOR) return 'never'
  if (environment.FORCE_COLOR && environment.FORCE_COLOR !== '0') return 'always'
  return environment.TERM === 'dumb' ? 'never' : 'auto'
}

function readSecret(path: string): string {
  try {
    const secret = readFileSync(path, 'utf8').trim()
    if (secret.length >= 16) return secret
  } catch (cause) {
    throw new DomainError('invalid_config', `LUCIDREAM_MASK_KEY_FILE: cannot read ${path}.`, {
      cause,
    })
  }
  throw new DomainError(
    'invalid_config',
    `LUCIDREAM_MASK_KEY_FILE: ${path} holds fewer than 16 characters; write at least 16.`,
  )
}

function explain(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}.`).join(' ')
}
