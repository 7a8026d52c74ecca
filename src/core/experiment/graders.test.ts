import { describe, expect, it } from 'vitest'
import { signal } from '../outcome/_signals.ts'
import { evaluationResultSignal, evaluationSignal } from '../outcome/evaluations.ts'
import { freezeGraders, gradingsOf } from './graders.ts'

const graded = (name: string, version: string | number | null, createdAt = '2026-01-01') =>
  signal(name, { components: version === null ? {} : { grader_version: version }, createdAt })

describe('graders', () => {
  it('are known by the versions that signals name, in the order in which those came', () => {
    const some = [graded('b', 'v2', '2026-01-02'), graded('a', 3), graded('c', null)]
    expect(gradingsOf(some).map(({ version }) => version)).toEqual(['3', 'v2'])
  })

  it('are frozen by the first version of each source and kind; unsaid ones say nothing', () => {
    const frozen = gradingsOf([graded('a', 'v1')])
    expect(freezeGraders([], frozen)).toEqual({ fresh: frozen, changed: null })
    expect(freezeGraders(frozen, frozen)).toEqual({ fresh: [], changed: null })
    const { changed } = freezeGraders(frozen, gradingsOf([graded('b', 'v2\u001b[2J')]))
    expect(changed).toBe(
      'environment changed: the grader of ci from builds is version "v2\\u001b[2J" now and was "v1"',
    )
    const other = gradingsOf([signal('c', { source: 'x', components: { grader_version: 'v2' } })])
    expect(freezeGraders(frozen, other)).toEqual({ fresh: other, changed: null })
  })

  it('of sessions and of OpenTelemetry say their version as well', () => {
    const end = {
      type: 'span.outcome_evaluation_end',
      result: 'satisfied',
      grader_version: 'rubric-7',
    }
    const own = evaluationSignal('sesn_1' as never, end, null)
    expect(own?.components).toMatchObject({ grader_version: 'rubric-7' })
    const attributes = { 'lucidream.grader_version': 'judge-2' }
    const spans = { source: 'otel', traceId: null, spanId: null, at: null, attributes }
    expect(evaluationResultSignal(spans).components).toMatchObject({ grader_version: 'judge-2' })
  })
})
