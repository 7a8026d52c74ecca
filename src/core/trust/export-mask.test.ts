import { expect, it } from 'vitest'
import { maskForExport } from './export-mask.ts'

const sign = (text: string) =>
  [...text]
    .reduce((sum, one) => (sum * 31 + one.charCodeAt(0)) >>> 0, 7)
    .toString(16)
    .padStart(8, '0')
const given = {
  mask: async (records: readonly unknown[]) => ({ records: records as never }),
  sign,
  names: ['mia_li_3668', 'Ann Lee', '42', 'bob'],
}

it('what is exported holds no e-mail address and no name of a principal; equal ones stay equal', async () => {
  const masked = await maskForExport(
    {
      a: 'Write to ann@example.org or Ann Lee.',
      b: ['Ann Lee, not Ann Leeson', 'mia_li_3668'],
      n: 42,
    },
    given,
  )
  const name = /<personal:name:[0-9a-f]{8}>/.exec(masked.b[0] ?? '')?.[0] ?? 'none'
  expect(masked).toEqual({
    a: expect.stringMatching(
      /^Write to <personal:email:[0-9a-f]{8}> or <personal:name:[0-9a-f]{8}>\.$/,
    ),
    b: [`${name}, not Ann Leeson`, expect.stringMatching(/^<personal:name:/)],
    n: 42,
  })
  expect(masked.a).toContain(name)
})

it('what names nobody is left as it is', async () => {
  const value = {
    text: 'bob paid 42 for order 3668',
    at: '2026-11-25T08:00:00.000Z',
    sha: 'a'.repeat(64),
  }
  expect(await maskForExport(value, given)).toEqual(value)
})
