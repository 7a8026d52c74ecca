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
  /** `postgres://user:password@host:port/database`; null for the embedded database. */
  readonly databaseUrl: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

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
})

export function readConfig(environment: Environment = process.env): {
  readonly config: Config
  readonly secrets: Secrets
} {
  const parsed = environmentSchema.safeParse(environment)
  if (!parsed.success) throw new DomainError('invalid_config', explain(parsed.error))
  return {
    config: {
      dataDirectory: parsed.data.LUCIDREAM_DATA,
      logLevel: parsed.data.LUCIDREAM_LOG_LEVEL,
      colour: colourOf(environment),
    },
    secrets: {
      maskKey: findSecret(parsed.data, 'LUCIDREAM_MASK_KEY'),
      databaseUrl: findSecret(parsed.data, 'LUCIDREAM_DATABASE_URL'),
    },
  }
}

/** no-color.org and the FORCE_COLOR habit: an empty NO_COLOR counts as unset, a dumb terminal gets none. */
function colourOf(environment: Environment): Config['colour'] {
  if (environment.NO_COLOR) return 'never'
  if (environment.FORCE_COLOR && environment.FORCE_COLOR !== '0') return 'always'
  return environment.TERM === 'dumb' ? 'never' : 'auto'
}

type SecretName = 'LUCIDREAM_MASK_KEY' | 'LUCIDREAM_DATABASE_URL'

/** From the variable itself or from the file that its `_FILE` sibling names; never from both. */
function findSecret(data: z.infer<typeof environmentSchema>, name: SecretName): string | null {
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
