import { describe, expect, it } from 'vitest'
import { applyChanges } from '../change/apply.ts'
import { reconcile } from '../items/reconcile.ts'
import type { MemoryDocument } from '../memory.ts'
import { hash } from '../mining/_cases.ts'
import { taintAll } from '../trust/line-taints.ts'
import { propose } from './propose.ts'

const document = (path: string, content: string): MemoryDocument => ({
  path,
  content,
  contentSha256: hash(content),
})
const dream = (documents: readonly MemoryDocument[]) =>
  propose({
    findings: [],
    documents,
    reconciliation: reconcile(documents, hash),
    hash,
    trust: { taints: taintAll(documents, 'operator'), sign: hash },
  }).changes

describe('the index', () => {
  const many = Array.from({ length: 8 }, (_, i) =>
    document(`/${i}.md`, `# Title **${i}**\n\n- Line ${i} of it.\n`),
  )

  it('is proposed where there are many documents and none that says what stands where', () => {
    const [change] = dream(many)
    expect(change).toMatchObject({ operation: 'add', path: '/index.md' })
    expect(change?.after).toContain('- `/3.md`: Title 3\n')
    const { documents, refused } = applyChanges(many, dream(many), hash)
    expect(refused).toEqual([])
    expect(dream(documents)).toEqual([])
  })

  it('is not proposed for a few, or beside another', () => {
    expect(dream(many.slice(0, 7))).toEqual([])
    expect(dream([...many, document('/README.md', '# All\n')])).toEqual([])
  })
})
