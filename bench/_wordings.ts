export type Half = 'tune' | 'report'

/** One fact as people word it. Every wording of one frame says the same of a thing and its value. */
export interface Frame {
  readonly name: string
  /** Rules were made looking at `tune`; the figures of `report` were looked at once, at the end. */
  readonly half: Half
  readonly wordings: readonly ((thing: string, value: string) => string)[]
  readonly things: readonly string[]
  readonly values: readonly string[]
  /** Ways of telling that the value changed; `old` is the former one. Empty: none is told. */
  readonly changes: readonly ((thing: string, value: string, old: string) => string)[]
}

const places = 'Lisbon Oslo Denver Nairobi Osaka Quito Turin Perth'.split(' ')
const days = 'Mondays Tuesdays Wednesdays Thursdays Fridays Sundays'.split(' ')
const people = 'Amara Bruno Chidi Dagny Elif Farid Greta Hiro'.split(' ')

/** Wordings of several styles; which half one is in was fixed before the rules for changes told in prose were made. */
export const frames: readonly Frame[] = [
  {
    name: 'fee',
    half: 'tune',
    wordings: [
      (t, v) => `The late fee in ${t} is $${v}.`,
      (t, v) => `${t} charges a late fee of $${v}.`,
      (t, v) => `Late fee, ${t}: $${v}`,
      (t, v) => `In ${t} people who are late pay $${v}.`,
      (t, v) => `We bill $${v} for lateness in ${t}.`,
    ],
    things: places,
    values: ['12', '15', '20', '25', '30', '45'],
    changes: [
      (t, v, old) => `The late fee in ${t} is $${v} (it was $${old} before).`,
      (t, v, old) => `${t} put its late fee up from $${old} to $${v}.`,
      (t, v) => `As of 2026-04-01 the late fee in ${t} is $${v}.`,
    ],
  },
  {
    name: 'limit',
    half: 'report',
    wordings: [
      (t, v) => `Uploads to ${t} may not exceed ${v} MB.`,
      (t, v) => `${t} rejects uploads larger than ${v} MB.`,
      (t, v) => `Max upload size for ${t} is ${v} MB.`,
      (t, v) => `Files up to ${v} MB can be uploaded to ${t}.`,
      (t, v) => `Uploading to ${t}? Stay under ${v} MB.`,
    ],
    things: places.map((place) => `${place} storage`),
    values: ['10', '25', '50', '100', '250', '500'],
    changes: [
      (t, v, old) => `The upload limit of ${t} went from ${old} MB to ${v} MB.`,
      (t, v) => `Since May 2026 uploads to ${t} may not exceed ${v} MB.`,
    ],
  },
  {
    name: 'owner',
    half: 'tune',
    wordings: [
      (t, v) => `${v} owns the ${t} rollout.`,
      (t, v) => `The ${t} rollout is owned by ${v}.`,
      (t, v) => `Owner of the ${t} rollout: ${v}`,
      (t, v) => `Ask ${v} about the ${t} rollout, it is theirs.`,
      (t, v) => `${v} is responsible for rolling out ${t}.`,
    ],
    things: places,
    values: people,
    changes: [
      (t, v, old) => `${v} took over the ${t} rollout from ${old}.`,
      (t, v, old) => `The ${t} rollout is now owned by ${v}, not ${old}.`,
    ],
  },
  {
    name: 'tool',
    half: 'report',
    wordings: [
      (t, v) => `Use ${v} to format ${t} code.`,
      (t, v) => `${t} code is formatted with ${v}.`,
      (t, v) => `Formatter for ${t}: ${v}`,
      (t, v) => `When you format ${t} code, run ${v}.`,
      (t, v) => `Our formatter in ${t} is ${v}.`,
    ],
    things: ['Ruby', 'Kotlin', 'Swift', 'Scala', 'Elixir', 'Haskell'],
    values: ['plover', 'kestrel', 'heron', 'tern', 'egret', 'osprey'],
    changes: [
      (t, v, old) => `We dropped ${old} for ${v} as the formatter in ${t}.`,
      (t, v, old) => `${t} code is formatted with ${v} now, no longer with ${old}.`,
    ],
  },
  {
    name: 'rule',
    half: 'tune',
    wordings: [
      (t) => `Never share ${t} passwords by mail.`,
      (t) => `Do not send ${t} passwords by mail.`,
      (t) => `${t} passwords must not be mailed.`,
      (t) => `Sharing ${t} passwords by mail is forbidden.`,
    ],
    things: places,
    values: ['-'],
    changes: [],
  },
  {
    name: 'duty',
    half: 'report',
    wordings: [
      (t, v) => `Close ${t} tickets within ${v} hours.`,
      (t, v) => `${t} tickets have to be closed within ${v} hours.`,
      (t, v) => `Make sure ${t} tickets are closed in ${v} hours.`,
      (t, v) => `${t} tickets: close after ${v} hours at the latest.`,
      (t, v) => `Within ${v} hours, close tickets from ${t}.`,
    ],
    things: places,
    values: ['4', '8', '12', '24', '36', '48'],
    changes: [
      (t, v, old) => `Close ${t} tickets within ${v} hours, previously ${old} hours.`,
      (t, v) => `Effective 2026-06-01, close ${t} tickets within ${v} hours.`,
    ],
  },
  {
    name: 'japanese',
    half: 'tune',
    wordings: [
      (t, v) => `${t}の返金期限は${v}日です。`,
      (t, v) => `${t}：返金期限${v}日`,
      (t, v) => `${t}では${v}日以内に返金する。`,
      (t, v) => `返金期限は${t}で${v}日である`,
    ],
    things: ['東京', '大阪', '京都', '札幌', '福岡', '仙台'],
    values: ['3', '5', '7', '10', '14', '30'],
    changes: [(t, v, old) => `${t}の返金期限は${old}日から${v}日に変更された。`],
  },
  {
    name: 'rotation',
    half: 'tune',
    wordings: [
      (t, v) => `The signing keys of ${t} are rotated every ${v} weeks.`,
      (t, v) => `Rotate the ${t} signing keys every ${v} weeks.`,
      (t, v) => `Key rotation for ${t}: every ${v} weeks`,
    ],
    things: places,
    values: ['2', '4', '6', '8', '13', '26'],
    changes: [
      (t, v, old) => `Key rotation for ${t} went from ${old} weeks to ${v} weeks.`,
      (t, v, old) => `The signing keys of ${t} are now rotated every ${v} weeks instead of ${old}.`,
      (t, v, old) => `The rotation period of the ${t} keys is ${v} weeks now, not ${old} weeks.`,
    ],
  },
  {
    name: 'meeting',
    half: 'tune',
    wordings: [
      (t, v) => `The ${t} team meets on ${v}.`,
      (t, v) => `Meetings of the ${t} team take place on ${v}.`,
      (t, v) => `${t} team meeting: ${v}`,
    ],
    things: places,
    values: days,
    changes: [
      (t, v, old) => `The ${t} team meeting moved from ${old} to ${v}.`,
      (t, v, old) => `The ${t} team now meets on ${v} instead of ${old}.`,
    ],
  },
  {
    name: 'expiry',
    half: 'report',
    wordings: [
      (t, v) => `Vouchers from ${t} expire after ${v} months.`,
      (t, v) => `${t} vouchers are valid for ${v} months.`,
      (t, v) => `A voucher from ${t} is good for ${v} months.`,
    ],
    things: places,
    values: ['3', '6', '9', '12', '18', '24'],
    changes: [
      (t, v, old) => `The expiry of ${t} vouchers was extended from ${old} months to ${v} months.`,
      (t, v, old) => `Voucher validity in ${t} is now ${v} months, up from ${old} months.`,
    ],
  },
  {
    name: 'delivery',
    half: 'report',
    wordings: [
      (t, v) => `Parcels to ${t} are delivered within ${v} days.`,
      (t, v) => `Delivery to ${t} takes ${v} days.`,
      (t, v) => `Parcels reach ${t} after ${v} days.`,
    ],
    things: places,
    values: ['2', '3', '4', '5', '7', '9'],
    changes: [
      (t, v, old) => `The delivery time for ${t} went from ${old} days to ${v} days.`,
      (t, v, old) => `Delivery to ${t} now takes ${v} days instead of ${old} days.`,
    ],
  },
  {
    name: 'approval',
    half: 'report',
    wordings: [
      (t, v) => `${v} approves travel to ${t}.`,
      (t, v) => `Travel to ${t} is approved by ${v}.`,
      (t, v) => `Approver of travel to ${t}: ${v}`,
    ],
    things: places,
    values: people,
    changes: [
      (t, v, old) => `The approval of travel to ${t} passed from ${old} to ${v}.`,
      (t, v, old) => `Travel to ${t} is now approved by ${v} instead of ${old}.`,
    ],
  },
]

/** A line, and a change told of something else that happened to have the same value: the line still holds. */
export interface Stranger {
  readonly half: Half
  readonly line: string
  readonly change: string
}

const parse = (half: Half, lines: string): Stranger[] =>
  lines
    .trim()
    .split('\n')
    .map((line) => {
      const [said = '', change = ''] = line.split(' || ')
      return { half, line: said.trim(), change: change.trim() }
    })

export const strangers: readonly Stranger[] = [
  ...parse(
    'tune',
    `
Refunds in Oslo take 5 days. || The review time in Oslo changed from 5 days to 7 days.
The Perth office opens at 9. || The Perth warehouse now opens at 10 instead of 9.
Invoices from Turin need 2 signatures. || Contracts from Turin now need 3 signatures instead of 2.
Backups of Oslo are kept for 8 weeks. || Log retention for Oslo is now 12 weeks, up from 8 weeks.
The signing bonus in Leeds is 500 dollars. || The signing threshold in Leeds went from 500 dollars to 700 dollars.
Ann approves refunds in Oslo. || The owner of the Oslo rollout changed from Ann to Bo.
Tickets from Cork must be closed within 20 minutes. || The answer time for Cork was reduced from 20 minutes to 10 minutes.
Gold members in Oslo get a discount of 10%. || The discount in Oslo was raised from 10% to 15%.
Refunds in Turin take 5 days. || The refund time in Oslo changed from 5 days to 7 days.
Refunds in Oslo take 5 weeks. || The refund time in Oslo changed from 5 days to 7 days.
Refunds in Oslo take 15 days. || The refund time in Oslo changed from 5 days to 7 days.
Refunds in Oslo take 5 days. || The refund time for Oslo airport changed from 5 days to 7 days.
Late refunds in Oslo take 5 days. || Early refunds in Oslo now take 7 days instead of 5 days.
The west gate in Quito closes at 18. || The closing time of the east gate in Quito moved from 18 to 20.
The port of the Osaka proxy is 8080. || The port of the Osaka cache was moved from 8080 to 9090.
Refund an order in Oslo after 5 days. || The refund time in Oslo was 5 days before.
`,
  ),
  ...parse(
    'report',
    `
Uploads to Perth storage may not exceed 50 MB. || The download limit of Perth storage went from 50 MB to 80 MB.
Deploys in Leeds wait for 2 reviews. || Merges in Leeds now wait for 3 reviews instead of 2.
The Dakar intake form has 12 fields. || The Dakar survey form went from 12 fields to 9 fields.
Chidi leads the Hanoi audit. || The lead of the Hanoi migration changed from Chidi to Dagny.
Images from Cork are kept for 30 days. || Video retention for Cork is now 60 days, up from 30 days.
Weekend shifts in Lagos last 6 hours. || Night shifts in Lagos now last 8 hours instead of 6 hours.
The Boston cache holds 4 GB. || The memory of the Boston proxy was raised from 4 GB to 8 GB.
Calls to Sofia are recorded for 14 days. || The trial period in Sofia went from 14 days to 30 days.
Sessions in Malmo end after 30 minutes. || The lunch break in Malmo was cut from 30 minutes to 20 minutes.
Silver members in Quito get 5% off. || The discount for gold members in Quito was raised from 5% to 8%.
Elif maintains the Turin dataset. || The reviewer of the Turin dataset changed from Elif to Farid.
Retry jobs in Oslo 3 times. || The number of mirrors in Oslo went from 3 to 5.
Parcels over 20 kg ship from Denver. || Parcels ship from Turin now, no longer from Denver.
Guests in Nairobi pay 40 dollars for late checkout. || The cleaning fee in Nairobi went from 40 dollars to 55 dollars.
The heron index is rebuilt every 6 hours. || The heron cache is now flushed every 4 hours instead of 6 hours.
Replies in Lisbon take 2 days. || The processing time in Lisbon changed from 2 days to 4 days.
`,
  ),
]
