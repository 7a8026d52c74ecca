/** One fact as people word it. Every wording of one frame says the same of a thing and its value. */
export interface Frame {
  readonly name: string
  readonly wordings: readonly ((thing: string, value: string) => string)[]
  readonly things: readonly string[]
  readonly values: readonly string[]
  /** Ways of telling that the value changed; `old` is the former one. Empty: none is told. */
  readonly changes: readonly ((thing: string, value: string, old: string) => string)[]
}

const places = 'Lisbon Oslo Denver Nairobi Osaka Quito Turin Perth'.split(' ')
const people = 'Amara Bruno Chidi Dagny Elif Farid Greta Hiro'.split(' ')

/** Wordings of several styles: none was used while the engine's own word lists were written. */
export const frames: readonly Frame[] = [
  {
    name: 'fee',
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
]
