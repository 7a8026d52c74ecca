import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backOffSeconds, findAddressFault, findTargetFault, isSubscribed } from './webhooks.ts'

const strict = { allowPrivate: false }

describe('a webhook target', () => {
  it.each([
    'https://hooks.example.com/x',
    'https://hooks.example.com:8443/x?y=1',
    'http://localhost:3000/',
    'http://127.0.0.1:3000/',
    'http://[::1]:3000/',
    'https://93.184.216.34/',
  ])('%s is allowed', (url) => {
    expect(findTargetFault(URL.parse(url), strict)).toBeNull()
  })

  it.each([
    'http://hooks.example.com/',
    'https://10.0.0.1/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://0xa.1/',
    'https://167772161/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://user:secret@hooks.example.com/',
    'ftp://hooks.example.com/',
    'file:///etc/passwd',
    'not a url',
    `https://hooks.example.com/${'x'.repeat(3_000)}`,
  ])('%s is refused', (url) => {
    expect(findTargetFault(URL.parse(url), strict)).not.toBeNull()
  })

  it('of any private IPv4 address is refused, also when it is dressed as IPv6', () => {
    const octet = fc.integer({ min: 0, max: 255 })
    const inPrivate = fc.oneof(
      fc.tuple(fc.constant(10), octet, octet, octet),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(127), octet, octet, octet),
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    )
    fc.assert(
      fc.property(inPrivate, (parts) => {
        const address = parts.join('.')
        expect(findAddressFault(address, strict)).not.toBeNull()
        expect(findAddressFault(`::ffff:${address}`, strict)).not.toBeNull()
        expect(findAddressFault(address, { allowPrivate: true })).toBeNull()
      }),
    )
  })
})

describe('a subscription', () => {
  it('to * gets what the reference knows, and ours only when it is named', () => {
    expect(isSubscribed(['*'], 'memory_store.created')).toBe(true)
    expect(isSubscribed(['*'], 'dream.completed')).toBe(false)
    expect(isSubscribed(['dream.completed'], 'dream.completed')).toBe(true)
    expect(isSubscribed(['session.created'], 'session.deleted')).toBe(false)
  })
})

describe('the wait between attempts', () => {
  it('doubles from five seconds to an hour, give or take half', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, random) => {
          const seconds = backOffSeconds(attempt, random)
          const standard = Math.min(3_600, 5 * 2 ** (attempt - 1))
          expect(seconds).toBeGreaterThanOrEqual(standard / 2)
          expect(seconds).toBeLessThanOrEqual(standard * 1.5)
        },
      ),
    )
  })
})
