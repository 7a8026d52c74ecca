const milliseconds: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const bytes: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
  KB: 1_000,
  MB: 1_000_000,
}

/** `45m`, `24h`, `30d` → milliseconds; null: no duration, or one of more than 100 years. */
export function readDuration(text: string): number | null {
  const [, digits, unit = ''] = /^(\d{1,9})(s|m|h|d|w)$/.exec(text) ?? []
  const ms = digits === undefined ? Number.NaN : Number(digits) * (milliseconds[unit] ?? Number.NaN)
  return ms <= 36_525 * 86_400_000 ? ms : null
}

/** `8192`, `100KiB` → bytes; null: no size. */
export function readSize(text: string): number | null {
  const [, digits, unit = ''] = /^(\d{1,12})(B|KiB|MiB|GiB|KB|MB)?$/.exec(text) ?? []
  const size = digits === undefined ? Number.NaN : Number(digits) * (bytes[unit] ?? Number.NaN)
  return Number.isSafeInteger(size) ? size : null
}
