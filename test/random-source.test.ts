import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { openEmbedded, type RandomSource } from '../src/app.ts'
import { inFolder } from './_program.ts'
import { seededSource } from './_random.ts'

const secrets = { maskKey: 'a key for tests', secretKey: 'another key', bootstrapKey: null }

/** An id, the secret that the coins of an experiment hang on, and how it is stored. */
function draw(random?: RandomSource): Promise<string[]> {
  return inFolder(async (folder) => {
    const { context, close } = await openEmbedded({
      dataDirectory: join(folder, 'data'),
      secrets,
      log: pino({ level: 'silent' }),
      clock: Date.now,
      signal: new AbortController().signal,
      ...(random ? { random } : {}),
    })
    const secret = context.keyring.newSecret()
    const drawn = [context.newId('exp'), secret, context.keyring.seal('experiment', secret)]
    await close()
    return drawn
  })
}

it('draws ids, secrets and salts from the source that it is given, and from the machine without one', async () => {
  const [one, again, other] = [
    await draw(seededSource(1)),
    await draw(seededSource(1)),
    await draw(seededSource(2)),
  ]
  expect(again).toEqual(one)
  const [first, second] = [await draw(), await draw()]
  for (const drawn of [other, first, second]) {
    for (const [at, value] of drawn.entries()) expect(value).not.toBe(one[at])
  }
  expect(second).not.toEqual(first)
})
