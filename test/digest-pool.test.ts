import { expect, it } from 'vitest'
import { startDigest } from '../src/core/transcript/digester.ts'
import { openDigestPool } from '../src/pipeline/digest-pool.ts'
import { type DigestBatch, packDigests } from '../src/storage/digests.ts'
import { hash, readAirlineSessions } from './_airline.ts'

/** Bytes that come from a thread are no Buffer any more. */
const toText = ({ body, ...rest }: DigestBatch) => ({
  ...rest,
  body: Buffer.from(body).toString('hex'),
})

it('digests on threads to the same bytes as here', async () => {
  const sessions = (await readAirlineSessions()).slice(0, 24)
  const here = sessions.map(({ session, events }) => {
    const digester = startDigest(session, { hash })
    for (const event of events) digester.add(event)
    return digester.finish('h')
  })
  const pool = openDigestPool()
  try {
    const tasks = sessions.map(({ session, events }) => {
      // In any order: what a database joins together may come so.
      const live = events.filter(({ branch }) => branch === 'live').toReversed()
      const texts = {
        ids: live.map(({ id }) => id).join(),
        seqs: live.map(({ seq }) => seq).join(),
        times: live.map(({ processedAt }) => processedAt ?? '').join(),
        bodies: live.map(({ body }) => JSON.stringify(body)).join(),
      }
      return { session, transcriptHash: 'h', texts, end: events.length }
    })
    const there = await Promise.all([pool.run(tasks.slice(0, 12)), pool.run(tasks.slice(12))])
    const version = here[0]?.digesterVersion ?? 0
    const packed = [here.slice(0, 12), here.slice(12)].map((some) => packDigests(some, version))
    expect(there.map(toText)).toEqual(packed.map(toText))
  } finally {
    await pool.close()
  }
})
