import { destination, type Logger, pino } from 'pino'

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug'

/** Structured lines on stderr; whatever could hold a secret is cut before it is written. */
export function makeLog(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: [
          'key',
          '*.key',
          'secret',
          '*.secret',
          'authorization',
          '*.authorization',
          'maskKey',
          'databaseUrl',
        ],
        censor: '[redacted]',
      },
    },
    destination({ dest: 2, sync: true }),
  )
}
