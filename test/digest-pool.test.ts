import { expect, it } from 'vitest'
import { startDigest } from '../src/core/transcript/digester.ts'
import { openDigestPool } from '../src/pipeline/digest-pool.ts'
import { type PackedDigest, packDigest } from '../src/storage/digests.ts'
import { hash, readAirlineSessions } from './_airline.ts'

/** Bytes that come from a thread are no Buffer any more. */
const toText = ({ trace, quotes, ...rest }: PackedDigest) => ({
  ...rest,
  trace: Buffer.from(trace).toString('hex'),
  quotes: Buffer.from(quotes).toString('hex'),
})

it('digests on threads to the same bytes as here', async () => {
  const sessions = (await readAirlineSessions()).slice(0, 24)
  const here = await Promise.all(
    sessions.map(({ session, events }) => {
      const digester = startDigest(session, { hash })
      for (const event of events) digester.add(event)
      return packDigest(digester.finish('h'))
    }),
  )
  const pool = openDigestPool()
  try {
    const tasks = sessions.map(({ session, events }) => ({
      session,
      transcriptHash: 'h',
      rows: events.map(({ id, seq, processedAt, branch, record, body }) => ({
        id,
        seq,
        processed_at: processedAt,
        branch,
        record,
        body: JSON.stringify(body),
      })),
    }))
    const there = await Promise.all([pool.run(tasks.slice(0, 12)), pool.run(tasks.slice(12))])
    expect(there.flat().map(toText)).toEqual(here.map(toText))
  } finally {
    await pool.close()
  }
})
