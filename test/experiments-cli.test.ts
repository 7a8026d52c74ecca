import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { z } from 'zod'
import { changesDocument } from '../src/contract/changes.ts'
import { errorDocument } from '../src/contract/error.ts'
import {
  experimentDocument,
  experimentSeasonDocument,
  experimentsDocument,
  experimentVerificationDocument,
} from '../src/contract/experiments.ts'
import { airlineMemory, airlineTranscripts } from './_airline.ts'
import { type Answer, inFolder, run } from './_program.ts'

const parse = <Schema extends z.ZodType>(schema: Schema, { out }: Answer): z.infer<Schema> =>
  schema.parse(JSON.parse(out))

it('an experiment on the command line: drafted, refused, started, paused, verified, stopped; documents keep the contract', async () => {
  await inFolder(async (folder) => {
    const memory = join(folder, 'memory')
    cpSync(airlineMemory, memory, { recursive: true })
    const data = join(folder, 'data')
    const command = (...args: string[]) => run([...args, '--json', '--quiet', '--data', data])
    await command('import', join(airlineTranscripts, 'qwen2.5-7b__airline.json.gz'))
    await command('dream', '--memory', memory)
    const [change] = parse(changesDocument, await command('changes')).data
    const id = change?.id ?? ''
    const early = await command('experiments', 'create', id, '--goal', 'reward')
    expect(parse(errorDocument, early).error.message).toContain('only accepted changes are tried')
    await command('policy', 'init')
    await command('changes', 'accept', id, '--override', '--reason', 'seen')
    const goalless = await command('experiments', 'create', id, '--goal', 'reward')
    expect(parse(errorDocument, goalless).error.message).toContain('no outcome definition "reward"')
    const file = join(folder, 'reward.json')
    writeFileSync(file, '{"signals":[]}')
    const define = () => command('outcomes', 'define', 'reward', '--file', file)
    expect(parse(errorDocument, await define()).error.message).toBe('signals: at least 1')
    writeFileSync(file, '{"signals":[{"kind":"task_reward"}],"cap":null}')
    expect(JSON.parse((await define()).out).definition).toMatchObject({
      name: 'reward',
      version: 1,
    })
    expect(JSON.parse((await command('outcomes', 'definitions')).out).data).toHaveLength(1)
    const draft = parse(
      experimentDocument,
      await command('experiments', 'create', id, '--goal', 'reward', '--name', 'try it'),
    )
    expect(draft).toMatchObject({ state: 'draft', name: 'try it', change_ids: [id] })
    expect(draft.forecast?.hopeless).toBe(true)
    const hopeless = await command('experiments', 'start', draft.id)
    expect(parse(errorDocument, hopeless).error.message).toContain('Advice: ')
    const started = await command('experiments', 'start', draft.id, '--anyway', '--reason', 'try')
    expect(parse(experimentDocument, started)).toMatchObject({ state: 'running', share: 0.1 })
    expect(parse(errorDocument, await command('apply')).error.message).toContain(
      'no experiment tries',
    )
    expect(parse(experimentsDocument, await command('rollout', 'status')).data).toHaveLength(1)
    await command('rollout', 'pause', draft.id, '--reason', 'a holiday')
    await command('experiments', 'resume', draft.id.slice(0, 12))
    const verified = await command('experiments', 'verify', draft.id)
    expect(parse(experimentVerificationDocument, verified)).toMatchObject({ equal: true, units: 0 })
    const early2 = await command('experiments', 'promote', draft.id)
    expect(early2.code).toBe(6)
    expect(parse(experimentSeasonDocument, await command('experiments', 'season')).tests).toEqual([
      expect.objectContaining({ evidence: expect.closeTo(1), promoted: false, standing: 'open' }),
    ])
    const aborted = await command('rollout', 'abort', draft.id, '--reason', 'enough')
    expect(parse(experimentDocument, aborted)).toMatchObject({ state: 'inconclusive' })
    const shown = await run(['experiments', 'show', draft.id, '--data', data])
    expect(shown.out).toContain('Not proven: after 0 units')
    expect(shown.out).toContain('stopped by hand: enough')
    expect(parse(experimentsDocument, await command('experiments', 'list')).data).toHaveLength(1)
  })
})
