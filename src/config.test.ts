import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const url = 'postgres://user:secret@host/lucidream'

test('the database is embedded unless a URL names a Postgres, given or in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lucidream-config-'))
  const file = join(folder, 'url')
  writeFileSync(file, `${url}\n`)
  expect(readConfig({}).secrets.databaseUrl).toBeNull()
  expect(readConfig({ LUCIDREAM_DATABASE_URL: url }).secrets.databaseUrl).toBe(url)
  expect(readConfig({ LUCIDREAM_DATABASE_URL_FILE: file }).secrets.databaseUrl).toBe(url)
  rmSync(folder, { recursive: true })
})

test('a URL of something else is refused, and the message does not hold it', () => {
  const reading = () => readConfig({ LUCIDREAM_DATABASE_URL: 'mysql://user:secret@host/x' })
  expect(reading).toThrow('must begin with postgres://')
  expect(reading).not.toThrow('secret')
})

test('the key of the audit log is 64 hex digits, and its name has no spaces', () => {
  const key = 'ab'.repeat(32)
  expect(readConfig({ LUCIDREAM_AUDIT_KEY: key }).secrets.auditKey).toBe(key)
  expect(readConfig({}).secrets.auditKey).toBeNull()
  expect(() => readConfig({ LUCIDREAM_AUDIT_KEY: 'secret' })).toThrow('must be 64 hex digits')
  const origin = 'example.com/audit'
  expect(readConfig({ LUCIDREAM_AUDIT_ORIGIN: origin }).config.auditOrigin).toBe(origin)
  expect(() => readConfig({ LUCIDREAM_AUDIT_ORIGIN: 'a b' })).toThrow('without spaces')
})

test('a secret that is given twice is refused', () => {
  const twice = { LUCIDREAM_DATABASE_URL: url, LUCIDREAM_DATABASE_URL_FILE: 'x' }
  expect(() => readConfig(twice)).toThrow('both set')
})
