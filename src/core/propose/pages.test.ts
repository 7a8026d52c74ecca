import { describe, expect, it } from 'vitest'
import { applyChanges } from '../change/apply.ts'
import { reconcile } from '../items/reconcile.ts'
import type { MemoryDocument } from '../memory.ts'
import { hash } from '../mining/_cases.ts'
import { propose } from './propose.ts'

const document = (path: string, content: string): MemoryDocument => ({
  path,
  content,
  contentSha256: hash(content),
})
const dream = (documents: readonly MemoryDocument[]) =>
  propose({ findings: [], documents, reconciliation: reconcile(documents, hash), hash }).changes

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

describe('a sentence that stands in two notes', () => {
  const sentence = 'Refunds of gift cards always go back to the card that was used.'
  const first = document('/a.md', `${sentence} Ask the customer for the receipt first.\n`)
  const second = document('/b.md', `Call the bank before noon. ${sentence}\n`)

  it('is cut out of one of them', () => {
    const changes = dream([first, second])
    expect(changes).toHaveLength(1)
    const { documents } = applyChanges([first, second], changes, hash)
    expect(
      documents
        .map(({ content }) => content)
        .join('')
        .split(sentence),
    ).toHaveLength(2)
    expect(documents.map(({ content }) => content).join('')).toContain('Ask the customer')
    expect(documents.map(({ content }) => content).join('')).toContain('Call the bank before noon.')
    expect(dream(documents)).toEqual([])
  })

  it('stays where something in it differs', () => {
    const other = document('/b.md', second.content.replace('always', 'never'))
    expect(dream([first, other])).toEqual([])
  })
})
