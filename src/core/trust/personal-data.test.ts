import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hash } from '../mining/_cases.ts'
import { maskPersonalData } from './personal-data.ts'
import { isCardNumber, isIban, isIpv4, isIpv6, isPhone, passesLuhn } from './personal-numbers.ts'

const mask = (text: string) => maskPersonalData(text, hash)

describe('personal data', () => {
  it.each([
    ['email', 'ann.lee+x@mail.example.org'],
    ['email', 'jürgen@bücher.example'],
    ['phone', '+49 30 1234567'],
    ['phone', '+14155552671'],
    ['phone', '(415) 555-2671'],
    ['phone', '415-555-2671'],
    ['phone', '020 7946 0958'],
    ['phone', '01 42 68 53 00'],
    ['phone', '030/1234567'],
    ['card', '4111 1111 1111 1111'],
    ['card', '5555-5555-5555-4444'],
    ['card', '378282246310005'],
    ['iban', 'DE89 3704 0044 0532 0130 00'],
    ['iban', 'GB82WEST12345698765432'],
    ['ip', '203.0.114.7'],
    ['ip', '2001:db8:85a3::8a2e:370:7334'],
    ['ip', '2001:0db8:85a3:0000:0000:8a2e:0370:7334'],
  ])('of kind %s is masked: %s', (kind, text) => {
    const masked = mask(`Reach me at ${text}, please.`)
    expect(masked.found).toEqual([kind])
    expect(masked.text).toMatch(
      new RegExp(`^Reach me at <personal:${kind}:[0-9a-f]{8}>, please\\.$`),
    )
  })

  it.each([
    'Flight HAT123 on 2024-05-15 at 15:00:00',
    'Reservation XEHM4B, order 100200300400, ticket 0162401234567',
    'payment id credit_card_4421486 and gift_card_8887175',
    'user sara_doe_496 of 25 May 2024, 12:30 to 14:45',
    'Total 1 234 567 dollars, 305.50 and 1,204.00',
    'version 1.2.3.4 and v10.20.30.40, chapter 4.1.2',
    'std::vector, a::b, face::add, 12:34:56',
    'localhost 127.0.0.1 and 10.0.0.5 and 192.168.1.1',
    'card 4111 1111 1111 1112 fails the check',
    'IBAN DE89 3704 0044 0532 0130 01 fails the check',
    'sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'uuid 123e4567-e89b-12d3-a456-426614174000',
    'ISBN 978-3-16-148410-0',
    '@decorator and user@ and a@b',
  ])('is not what looks like it: %s', (text) => {
    expect(mask(text).text).toBe(text)
  })

  it('of equal value has equal placeholders however it is written, and other values have others', () => {
    expect(mask('Ann@Example.org').text).toBe(mask('ann@example.org').text)
    expect(mask('4111 1111 1111 1111').text).toBe(mask('4111111111111111').text)
    expect(mask('+49 30 1234567').text).toBe(mask('+49301234567').text)
    expect(mask('a@example.org').text).not.toBe(mask('b@example.org').text)
  })

  it('is masked once: masking again changes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'a@b.example',
            '+14155552671',
            ' ',
            'x',
            '4111111111111111',
            '203.0.114.7',
          ),
        ),
        (parts) => {
          const once = mask(parts.join(' ')).text
          expect(mask(once).text).toBe(once)
        },
      ),
    )
  })

  it('is looked for in hostile text without delay', () => {
    const began = performance.now()
    for (const piece of ['1 ', 'a@', '1.', '::', '0-', '+1', 'DE89', '(1)'])
      mask(piece.repeat(20_000))
    // No pattern may be worse than linear: a quadratic one takes minutes here.
    expect(performance.now() - began).toBeLessThan(20_000)
  })
})

describe('the numbers', () => {
  it('pass Luhn’s check with the right last digit only', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{12,18}$/), (digits) => {
        const good = [...'0123456789'].filter((last) => passesLuhn(digits + last))
        expect(good).toHaveLength(1)
      }),
    )
    expect(isCardNumber('0000000000000000')).toBe(false)
    expect(isCardNumber('9111111111111111')).toBe(false)
  })

  it('are an IBAN by length and remainder', () => {
    expect(isIban('DE89370400440532013000')).toBe(true)
    expect(isIban('DE8937040044053201300')).toBe(false)
    expect(isIban('XX89370400440532013000')).toBe(false)
  })

  it('are addresses of somebody, not of a machine at home', () => {
    expect(['8.8.8.8', '203.0.114.7'].every(isIpv4)).toBe(true)
    expect(
      ['256.1.1.1', '01.2.3.4', '10.1.1.1', '172.16.0.1', '169.254.1.1', '1.2.3'].some(isIpv4),
    ).toBe(false)
    expect(['2001:db8::1:2', '64:ff9b::203.0.114.7'].every(isIpv6)).toBe(true)
    expect(['::1', 'a::b', '1:2:3', '1::2::3'].some(isIpv6)).toBe(false)
  })

  it('are a phone number with a country that there is, or as people write one', () => {
    expect(isPhone('+999 12345678')).toBe(false)
    expect(isPhone('4155552671')).toBe(false)
  })
})
