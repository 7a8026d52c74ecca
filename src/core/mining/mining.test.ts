import { describe, expect, it } from 'vitest'
import { hash, makeCase } from './_cases.ts'
import { findCorrections } from './corrections.ts'
import { clusterErrors } from './error-signatures.ts'
import { mine } from './mine.ts'
import { layOut, layOutOne } from './population.ts'
import { findRecoveries, followErrors } from './recoveries.ts'
import { findWaste } from './wasted-steps.ts'

const input = { documents: [], hash }

const wasteOf = (...script: string[]) =>
  findWaste(layOutOne(makeCase('s', script))).map(({ waste }) => waste)

describe('wasted steps', () => {
  it('are the same call again while nothing changed', () => {
    expect(wasteOf('get_user 1', 'get_order 2', 'get_user 1')).toEqual(['exact_repeat'])
  })

  it('are not a second look after something may have changed', () => {
    expect(wasteOf('get_user 1', 'update_user 1', 'get_user 1')).toEqual([])
    expect(wasteOf('get_user 1', 'frobnicate 1', 'get_user 1')).toEqual([])
  })

  it('are the same failing call again, unless the error may pass', () => {
    expect(wasteOf('get_user 1 !Error: no such user', 'get_user 1 !Error: no such user')).toEqual([
      'blind_retry',
    ])
    expect(wasteOf('get_user 1 !Error: timeout', 'get_user 1 !Error: timeout')).toEqual([])
  })

  it('are loops of one or several calls, counted once', () => {
    expect(wasteOf('a 1', 'a 1', 'a 1', 'a 1')).toEqual(['loop'])
    expect(wasteOf('a 1', 'b 1', 'a 1', 'b 1', 'a 1', 'b 1')).toEqual(['loop'])
    expect(wasteOf('a 1', 'a 2', 'a 3')).toEqual([])
  })
})

describe('errors', () => {
  it('that say the same are one, whatever varies in them', () => {
    const cases = ['12', '7', '99'].map((n) =>
      makeCase(n, [`pay ${n} !Error: price is ${n} but paid 3`]),
    )
    expect(clusterErrors(layOut(cases).cases).map(({ template }) => template)).toEqual([
      'error: price is <NUM> but paid <NUM>',
    ])
  })

  const templatesOf = (...errors: string[]) =>
    clusterErrors(layOut(errors.map((error, i) => makeCase(`s${i}`, [`boot 1 !${error}`]))).cases)
      .map(({ template }) => template)
      .toSorted()

  it('that differ in one of few words are different errors', () => {
    const twice = ['machine 7 started too late', 'machine 9 stopped too late']
    expect(templatesOf(...twice, ...twice)).toEqual([
      'machine <NUM> started too late',
      'machine <NUM> stopped too late',
    ])
  })

  it('that differ in one of many words, or in a name, are one error', () => {
    const names = ['anna', 'bo', 'cy', 'dan', 'eve', 'fay', 'gil']
    expect(templatesOf(...names.map((name) => `the person called ${name} is gone`))).toEqual([
      'the person called <*> is gone',
    ])
    expect(templatesOf(...['anna', 'bo', 'anna', 'bo'].map((one) => `no user ${one}`))).toEqual([
      'no user <*>',
    ])
  })

  it('are followed to the next success of the same thing', () => {
    const one = makeCase('s', ['pay 1 !Error: no', 'get_balance 1', 'pay 1'])
    const [attempt] = followErrors(clusterErrors([layOutOne(one)])[0]?.occurrences ?? [])
    expect(attempt?.recovered).toBe(true)
    expect([...(attempt?.tokens ?? [])]).toEqual(['tool:get_balance', 'retry'])
  })

  it('are recovered by what recovers them more often than doing without', () => {
    const cases = Array.from({ length: 20 }, (_, i) =>
      i < 10
        ? makeCase(`s${i}`, ['pay 1 !Error: no', 'get_balance 1', 'pay 1'], { task: `t${i % 4}` })
        : makeCase(`s${i}`, ['pay 1 !Error: no', 'get_user 1', 'pay 1 !Error: no'], {
            task: `t${i % 4}`,
          }),
    )
    const attempts = followErrors(clusterErrors(layOut(cases).cases)[0]?.occurrences ?? [])
    expect(findRecoveries(attempts).map(({ token }) => token)).toContain('tool:get_balance')
    expect(findRecoveries(attempts).map(({ token }) => token)).not.toContain('tool:get_user')
  })

  it('have no recovery when trying again works as often', () => {
    const cases = Array.from({ length: 20 }, (_, i) =>
      makeCase(
        `s${i}`,
        i < 10 ? ['pay 1 !Error: no', 'get_balance 1', 'pay 1'] : ['pay 1 !Error: no', 'pay 1'],
        {
          task: `t${i % 4}`,
        },
      ),
    )
    const attempts = followErrors(clusterErrors(layOut(cases).cases)[0]?.occurrences ?? [])
    expect(findRecoveries(attempts)).toEqual([])
  })
})

describe('corrections', () => {
  const strength = (words: string) =>
    findCorrections(layOutOne(makeCase('s', ['a 1', `user: ${words}`])))[0]?.strength

  it.each([
    ["No, don't edit the tests, never change those files", 'correction'],
    ["Stop. Don't run the whole suite", 'correction'],
    ['Actually, use the other branch', 'weak'],
    ['the number is wrong, it counts twice', 'correction'],
    ['did you forget the second file?', 'correction'],
    ['ok but it should use the new name', 'correction'],
    ["I'm sure I paid for two seats. Could you double-check?", 'correction'],
    ["I'm sure I paid for two seats, or I was wrong. Please double-check", undefined],
    ["let's move on to the next one", undefined],
    ["No, that's all I needed. Thanks!", undefined],
    ['No thank you, goodbye', undefined],
    ['Nobody told me', undefined],
    ['Please add a test', undefined],
    ["```\nno\ndon't do it\n```", undefined],
  ])('%j is %s', (words, expected) => {
    expect(strength(words)).toBe(expected)
  })

  it('are a repeated request with a no in front', () => {
    const request = 'please rename the parser module and update every import of the parser module'
    const one = makeCase('s', [`user: ${request}`, 'a 1', `user: no, ${request}`])
    expect(findCorrections(layOutOne(one)).map(({ strength: found }) => found)).toEqual([
      'correction',
    ])
  })
})

describe('mining', () => {
  it('says what is missing when there is too little, and claims nothing', () => {
    const cases = Array.from({ length: 6 }, (_, i) =>
      makeCase(`s${i}`, ['get_user 1'], { success: i % 2 === 0, task: `t${i % 2}` }),
    )
    const report = mine(cases, input)
    expect(report.findings).toEqual([])
    expect(report.silences[0]).toContain('294 are missing')
  })

  it('grades a difference between tasks, which is no difference within them, as nothing', () => {
    // The tool is used on easy tasks only: unadjusted it looks like a cure.
    const cases = Array.from({ length: 200 }, (_, i) => {
      const easy = i % 2 === 0
      const used = easy ? i % 8 !== 0 : i % 8 === 1
      return makeCase(`s${i}`, used ? ['find_answer 1'] : ['think 1'], {
        task: `t${i % 10}`,
        success: easy ? i % 20 !== 2 : i % 20 === 3,
      })
    })
    const { findings, families } = mine(cases, input)
    expect(
      families.find(({ kind }) => kind === 'step_outcome')?.unadjustedSignificant,
    ).toBeGreaterThan(0)
    expect(findings.filter(({ grade }) => grade !== 'D')).toEqual([])
  })

  it('finds nothing in nothing', () => {
    expect(mine([], input)).toMatchObject({ findings: [], silences: [] })
  })
})
