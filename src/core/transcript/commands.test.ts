import { describe, expect, it } from 'vitest'
import { commandChangesState, nameAct } from './commands.ts'

describe('what a call does', () => {
  it.each([
    ['git commit -m "x"', 'Bash git commit'],
    ['cd /a/b && go test ./...', 'Bash go test'],
    ['CI=1 FOO=bar npm run lint', 'Bash npm run lint'],
    ['sudo timeout 10 mise run test:ci 2>&1 | tail', 'Bash mise run test:ci'],
    ['/usr/bin/grep -rn x .', 'Bash grep'],
    ['(eval "x")', 'Bash'],
    ['', 'Bash'],
  ])('%j is named %j', (command, expected) => {
    expect(nameAct('Bash', { command })).toBe(expected)
  })

  it('is the tool where it is no shell', () => {
    expect(nameAct('get_user', { command: 'git push' })).toBe('get_user')
  })

  it.each([
    ['ls -la', false],
    ['git log --oneline | head -5', false],
    ['cat a > b', null],
    ['git push', null],
    ['find . -name a -exec md5sum {} +', false],
    ['find . -name a -exec rm {} +', null],
    ['find . -name a -delete', null],
    ['ls; rm -rf x', null],
  ])('%j changes the world: %j', (command, expected) => {
    expect(commandChangesState({ command })).toBe(expected)
  })
})
