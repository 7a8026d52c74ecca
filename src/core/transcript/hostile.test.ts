import { expect, it } from 'vitest'
import { commandChangesState, nameAct } from './commands.ts'
import { readIntent } from './intent.ts'
import { observe } from './observations.ts'
import { OutputUse } from './outputs.ts'
import { readSaying } from './sayings.ts'
import { agrees, readWords, scoreWords } from './turns.ts'

const pieces = [
  'a',
  ' ',
  '\n',
  '$1 + ',
  '1,000,',
  'I will cancel ',
  'cd a && ',
  'cd ',
  'A=1 ',
  '```',
  'no ',
  '{"a":',
  '[',
  '1.1',
  "don't x",
]

it.each(pieces)('a hundred thousand letters of %j take no time', (piece) => {
  const long = piece.repeat(Math.ceil(100_000 / piece.length))
  expect(readSaying(long).wrongSum).toBe(false)
  expect(scoreWords(readWords(long), [readWords(long)])).toBeLessThan(7)
  expect(readIntent(long).length).toBeLessThan(41)
  expect(nameAct('Bash', { command: long }).length).toBeLessThan(200)
  expect(commandChangesState({ command: long })).not.toBe(true)
  expect(agrees(long)).toBe(false)
  const use = new OutputUse()
  use.produce(0, long)
  use.consume(long)
  const into = { kept: [], leftOut: 0 }
  expect(observe(0, long, into)).toBe(false)
})
