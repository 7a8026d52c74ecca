import { pino } from 'pino'
import { openEmbedded } from '../../src/app.ts'
import { sealLog } from '../../src/storage/audit-checkpoints.ts'

/** Appends to the audit log and signs checkpoints until it is killed; prints each one that it may. */
const { context } = await openEmbedded({
  dataDirectory: process.argv[2] ?? '',
  secrets: { maskKey: 'the key that tests use', secretKey: null, bootstrapKey: null },
  log: pino({ level: 'silent' }),
  clock: Date.now,
  signal: new AbortController().signal,
})
const { database, notary } = context
for (;;) {
  const writing = Array.from({ length: 40 }, (_, index) =>
    database.write({ type: 'user', id: 'clerk' }, (writer) =>
      writer.audit({
        action: 'a.b',
        objectType: 'a',
        objectId: `object ${index}`,
        reason: 'a test',
      }),
    ),
  )
  await Promise.all(writing)
  const { note } = await sealLog(database, notary)
  process.stdout.write(`${JSON.stringify(note)}\n`)
}
