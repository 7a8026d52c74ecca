import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { errorDocument } from '../src/contract/error.ts'
import {
  mappingDocument,
  receiptsDocument,
  webhookSourceDocument,
  webhookSourcesDocument,
} from '../src/contract/webhook-sources.ts'
import { inFolder, run } from './_program.ts'

describe('webhooks on the command line', () => {
  it('adds, shows, tries, rotates and removes a source; documents keep the contract', async () => {
    await inFolder(async (folder) => {
      const command = (...args: string[]) =>
        run(['webhooks', ...args, '--json', '--quiet', '--data', join(folder, 'data')])
      const added = await command('sources', 'add', 'acme', '--provider', 'github')
      const { webhook_source: source } = webhookSourceDocument.parse(JSON.parse(added.out))
      expect(source.secret?.length).toBeGreaterThanOrEqual(32)
      const listed = await command('sources', 'list')
      expect(listed.out).not.toContain(source.secret)
      expect(webhookSourcesDocument.parse(JSON.parse(listed.out)).data).toMatchObject([
        { name: 'acme', signed: true, path: `/lucid/v1/hooks/${source.id}` },
      ])
      expect((await command('sources', 'add', 'acme', '--provider', 'github')).code).toBe(6)
      const wrong = await command(
        'sources',
        'add',
        'open',
        '--provider',
        'generic',
        '--allow-unsigned',
      )
      expect(errorDocument.parse(JSON.parse(wrong.out)).error.message).toContain('mapping')

      const payload = join(folder, 'payload.json')
      const issue = { number: 3, state: 'closed', closed_at: '2026-11-20T10:00:00Z' }
      const body = { action: 'closed', repository: { full_name: 'a/b' }, issue }
      writeFileSync(payload, JSON.stringify(body))
      const tried = await command('test', 'acme', payload, '--event', 'issues')
      expect(mappingDocument.parse(JSON.parse(tried.out)).data).toMatchObject([
        { result: 'signals', signals: [{ kind: 'ticket_resolved', success: true }] },
      ])
      const mine = join(folder, 'mine.jsonata')
      writeFileSync(mine, '{"kind": "ci", "value": 7}')
      const bad = await command('test', 'acme', payload, '--mapping', mine)
      expect(bad.code).toBe(1)
      expect(mappingDocument.parse(JSON.parse(bad.out)).data[0]?.reason).toContain('from 0 to 1')
      expect((await command('test', 'acme')).code).toBe(5)
      const receipts = await command('receipts', '--source', 'acme')
      expect(receiptsDocument.parse(JSON.parse(receipts.out)).data).toEqual([])
      expect((await command('replay', 'whrcpt_nothing')).code).toBe(5)

      const secretFile = join(folder, 'secret')
      writeFileSync(secretFile, 'chosen by the sender\n')
      const rotated = await command('sources', 'rotate', 'acme', '--secret-file', secretFile)
      const { webhook_source: after } = webhookSourceDocument.parse(JSON.parse(rotated.out))
      expect([after.secret, after.secrets.map(({ hint }) => hint)]).toEqual([
        null,
        ['…nder', source.secrets[0]?.hint],
      ])
      expect((await command('sources', 'remove', 'acme')).code).toBe(0)
      expect((await command('sources', 'remove', 'acme')).code).toBe(5)
    })
  })

  it('takes a scheme of one\u2019s own from a file, and refuses one that would not protect anything', async () => {
    await inFolder(async (folder) => {
      const command = (...args: string[]) =>
        run(['webhooks', ...args, '--json', '--quiet', '--data', join(folder, 'data')])
      const scheme = join(folder, 'scheme.json')
      const mapping = join(folder, 'desk.jsonata')
      writeFileSync(mapping, '{"kind": "ticket_resolved", "success": true}')
      const add = (name: string, given: unknown, provider = 'generic') => {
        writeFileSync(scheme, typeof given === 'string' ? given : JSON.stringify(given))
        const how = ['--provider', provider, '--scheme', scheme, '--mapping', mapping]
        return command('sources', 'add', name, ...how)
      }
      const own = {
        scheme: {
          type: 'hmac',
          header: 'x-desk-signature',
          prefix: 'v1=',
          signed: '{timestamp}.{body}',
          timestamp: { in: 'header', name: 'x-desk-time', format: 'seconds' },
        },
        reading: { delivery_id: { in: 'header', name: 'x-desk-delivery' } },
      }
      const added = await add('desk', own)
      const { webhook_source: source } = webhookSourceDocument.parse(JSON.parse(added.out))
      expect(source).toMatchObject({
        signed: true,
        scheme: { ...own.scheme, algorithm: 'sha256', encoding: 'hex', separator: null },
        reading: { ...own.reading, event: null },
      })
      expect(source.secret?.length).toBeGreaterThanOrEqual(32)
      const refused = async (given: unknown, provider?: string) => {
        const answer = await add('other', given, provider)
        expect(answer.code).toBe(2)
        return errorDocument.parse(JSON.parse(answer.out)).error.message
      }
      expect(await refused('{')).toContain('is not JSON')
      expect(await refused({ ...own, sheme: 1 })).toContain('sheme')
      expect(await refused({ scheme: { ...own.scheme, algorithm: 'md5' } })).toContain('scheme')
      expect(await refused({ scheme: { ...own.scheme, signed: 'x{body}' } })).toContain(
        '{timestamp}',
      )
      expect(await refused({ scheme: { type: 'none' } })).toContain('allow_unsigned')
      expect(await refused(own, 'github')).toContain('generic')
    })
  })
})
