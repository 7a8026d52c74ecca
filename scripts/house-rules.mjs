// Rules no off-the-shelf linter covers: file length, one reader of the environment, banned words.
import { readdirSync, readFileSync } from 'node:fs'

const maxLines = 400
const longAllowed = /(tables|schema|generated)\.ts$|\.test\.ts$|migrations\//
const bannedWords = /manager|helper|util|repository|provider|processor|consolidat|misc|common/i
const problems = []

for (const entry of readdirSync('src', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
  const path = `${entry.parentPath}/${entry.name}`
  const text = readFileSync(path, 'utf8')
  const lines = text.split('\n').length
  if (lines > maxLines && !longAllowed.test(path))
    problems.push(`${path}: ${lines} lines, at most ${maxLines}`)
  if (/process\.env/.test(text) && path !== 'src/config.ts')
    problems.push(`${path}: reads the environment; only src/config.ts may`)
  const names = [
    ...text.matchAll(/export (?:async )?(?:function|class|type|interface|const) (\w+)/g),
  ].map((m) => m[1])
  for (const name of [path, ...names])
    if (bannedWords.test(name)) problems.push(`${path}: "${name}" uses a word the glossary bans`)
}

for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
