import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { z } from 'zod'
import { errorDocument } from '../src/contract/error.ts'
import {
  joinRuleDocument,
  joinRulesDocument,
  joinRuleTrialDocument,
} from '../src/contract/lucid/join-rules.ts'
import { type Answer, inFolder, run } from './_program.ts'

const parse = <Schema extends z.ZodType>(schema: Schema, { out }: Answer): z.infer<Schema> =>
  schema.parse(JSON.parse(out))

it('join rules on the command line: tried, added, listed, removed; signals follow; documents keep the contract', async () => {
  await inFolder(async (folder) => {
    const data = join(folder, 'data')
    const outcomes = (...args: string[]) =>
      run(['outcomes', ...args, '--json', '--quiet', '--data', data])
    const rules = (...args: string[]) => outcomes('rules', ...args)
    const runs = join(folder, 'runs.jsonl')
    const messages = [
      { role: 'user', content: 'Please look at ENG-123.' },
      { role: 'assistant', content: 'Done.' },
    ]
    writeFileSync(runs, `${JSON.stringify({ id: 'run-1', model: 'm', messages })}\n`)
    expect((await run(['import', runs, '--quiet', '--data', data])).code).toBe(0)
    const file = join(folder, 'signals.jsonl')
    const signal = { source: 'desk', idempotency_key: '1', kind: 'ticket_resolved', success: true }
    const subjects = [{ type: 'linear.issue', value: 'ENG-123' }]
    writeFileSync(file, `${JSON.stringify({ ...signal, subjects })}\n`)
    expect((await outcomes('send', file)).code).toBe(0)

    expect(parse(joinRulesDocument, await rules('list'))).toMatchObject({ data: [] })
    const how = ['--subject', 'linear.issue', '--pattern', '\\b[A-Z]{2,5}-[0-9]+\\b']
    expect(parse(joinRuleTrialDocument, await rules('try', 'tickets', ...how))).toMatchObject({
      signals_joined: 1,
      signals_tried: 1,
      sessions_tried: 1,
      examples: [{ value: 'ENG-123' }],
    })
    expect(JSON.parse((await outcomes('unmatched')).out).data).toHaveLength(1)
    const added = await rules('add', 'tickets', ...how, '--where', 'first_message')
    expect(parse(joinRuleDocument, added)).toMatchObject({ kind: 'join_rule_added', changed: 1 })
    expect(JSON.parse((await outcomes('unmatched')).out).data).toEqual([])
    expect(JSON.parse((await outcomes('list')).out).data).toMatchObject([
      { joins: [{ via: 'rule:tickets', confidence: 'weak' }] },
    ])
    const listed = parse(joinRulesDocument, await rules('list'))
    expect(listed).toMatchObject({
      rejoining: false,
      data: [{ name: 'tickets', type: 'pattern', where: ['first_message'] }],
    })
    const plain = await run(['outcomes', 'rules', 'list', '--data', data])
    expect(plain.out).toContain('in first_message')

    const wrong = async (...args: string[]) => {
      const answer = await rules('add', ...args)
      expect(answer.code).not.toBe(0)
      return parse(errorDocument, answer).error.message
    }
    expect(await wrong('x', '--subject', 'a.b')).toContain('either --pattern or --metadata')
    expect(await wrong('x', '--subject', 'a.b', '--pattern', '(?=x)')).toContain('RE2')
    expect(await wrong('X y', '--subject', 'a.b', '--metadata', 'm')).toContain('name: ')
    expect(await wrong('x', ...how, '--where', 'anywhere')).toContain('where')
    expect(await wrong('x', '--subject', 'a.b', '--metadata', 'm', '--where', 'title')).toContain(
      '--where',
    )
    expect(parse(joinRulesDocument, await rules('list')).data).toHaveLength(1)

    expect(parse(joinRuleDocument, await rules('remove', 'tickets'))).toMatchObject({
      kind: 'join_rule_removed',
      changed: 1,
    })
    expect((await rules('remove', 'tickets')).code).toBe(5)
    expect(JSON.parse((await outcomes('unmatched')).out).data).toHaveLength(1)
    const help = await run(['outcomes', 'rules', 'try', '--help'])
    expect(help.out).toContain('lucidream outcomes rules try cases --subject zendesk.ticket')
  })
})
