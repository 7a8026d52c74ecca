/** Two lines that differ in exactly one thing that matters: merging them loses one of two facts. */
export interface NearMiss {
  readonly kind: string
  readonly pair: readonly [string, string]
}

const parse = (kind: string, lines: string): NearMiss[] =>
  lines
    .trim()
    .split('\n')
    .map((line) => {
      const [a = '', b = ''] = line.split(' || ')
      return { kind, pair: [a.trim(), b.trim()] }
    })

/** Written before the check they measure was; grouped by what differs. */
export const nearMisses: readonly NearMiss[] = [
  ...parse(
    'number',
    `
Retry a failed upload 3 times. || Retry a failed upload 4 times.
Freeze the cold store at -18 degrees. || Freeze the cold store at 18 degrees.
Alert when the queue holds > 200 jobs. || Alert when the queue holds < 200 jobs.
Keep disk usage <= 80% on build hosts. || Keep disk usage >= 80% on build hosts.
The offset of the Perth office is +8. || The offset of the Perth office is -8.
Rebate tiers are 5, 10 and 15 percent. || Rebate tiers are 5, 15 and 10 percent.
Scale from 2 to 6 workers at noon. || Scale from 6 to 2 workers at noon.
Parcels weigh 1.5 kg at most. || Parcels weigh 15 kg at most.
Lock the account after 5 failed logins. || Lock the account after 5 failed logins per hour.
Reserve 4 GB for the cache. || Reserve 4 MB for the cache.
The half-life of a token is ~30 minutes. || The half-life of a token is 30 minutes.
Bills above €900 need a signature. || Bills above $900 need a signature.
`,
  ),
  ...parse(
    'identifier',
    `
Pin eslint to v9.1 in the web repo. || Pin eslint to v9.2 in the web repo.
Roll out build 4.10.1 to canaries. || Roll out build 4.1.10 to canaries.
Read replicas live on db-7. || Read replicas live on db-9.
The gateway answers at 10.2.0.4. || The gateway answers at 10.2.0.14.
Ship release 3.0.0-beta1 to partners. || Ship release 3.0.0-beta2 to partners.
Send invoices to billing@north.example. || Send invoices to billing@south.example.
Run lint with -q in hooks. || Run lint with -Q in hooks.
Set LOG_LEVEL in the worker. || Set LOG_FORMAT in the worker.
The schema lives in db/schema.sql. || The schema lives in db/seeds.sql.
Tag images with sha-1f3c. || Tag images with sha-1f3d.
Use the h2o model for triage. || Use the h3o model for triage.
Mirror packages from eu-west-1. || Mirror packages from eu-west-2.
The token rotates in vault:kv2. || The token rotates in vault:kv1.
Label PR-118 as blocked. || Label PR-181 as blocked.
`,
  ),
  ...parse(
    'negation',
    `
The exporter didn't sign reports. || The exporter did sign reports.
Interns weren't given production keys. || Interns were given production keys.
Agents hadn't confirmed the address. || Agents had confirmed the address.
Refund gift cards without a receipt. || Refund gift cards with a receipt.
Nobody reviews weekend hotfixes. || Everybody reviews weekend hotfixes.
Escalate unpaid invoices to finance. || Escalate paid invoices to finance.
Archive inactive projects each quarter. || Archive active projects each quarter.
Cache responses unless they are private. || Cache responses if they are private.
Managers shouldn't approve own expenses. || Managers should approve own expenses.
Guests hardly cancel group bookings. || Guests cancel group bookings.
Tests needn't run on documentation changes. || Tests run on documentation changes.
`,
  ),
  ...parse(
    'order',
    `
Notify legal before finance. || Notify finance before legal.
Run migrations after deploys. || Run deploys after migrations.
Suppliers invoice resellers monthly. || Resellers invoice suppliers monthly.
Auditors review editors. || Editors review auditors.
Copy ledgers from archive to warehouse. || Copy ledgers from warehouse to archive.
Prefer trains over flights for short trips. || Prefer flights over trains for short trips.
Use vouchers instead of refunds. || Use refunds instead of vouchers.
Staging feeds analytics. || Analytics feeds staging.
Rank price above speed. || Rank speed above price.
Tabs not spaces in makefiles. || Spaces not tabs in makefiles.
Replace hooks with triggers. || Replace triggers with hooks.
Alpha blocks beta until release. || Beta blocks alpha until release.
Test with fixtures rather than mocks. || Test with mocks rather than fixtures.
Sellers are rated by buyers. || Buyers are rated by sellers.
Drain the pool then stop the proxy. || Stop the proxy then drain the pool.
Derive margins by revenue minus cost. || Derive margins by cost minus revenue.
Ask support and then sales about credit. || Ask sales and then support about credit.
`,
  ),
  ...parse(
    'direction',
    `
Round totals up on quotes. || Round totals down on quotes.
Opt customers in to newsletters. || Opt customers out of newsletters.
Bookings under the threshold need approval. || Bookings over the threshold need approval.
Log errors above the fold. || Log errors below the fold.
Count outbound calls per shift. || Count inbound calls per shift.
Switch the heater on at night. || Switch the heater off at night.
Ship orders to the depot. || Ship orders from the depot.
Sort tickets ascending by age. || Sort tickets descending by age.
Check seats inside the venue. || Check seats outside the venue.
Report incidents during the shift. || Report incidents after the shift.
Bill upgrades before departure. || Bill upgrades since departure.
`,
  ),
  ...parse(
    'modality',
    `
Agents must log overrides. || Agents may log overrides.
Every refund needs a note. || Some refund needs a note.
Reviewers can merge hotfixes. || Reviewers must merge hotfixes.
Only leads close incidents. || Leads close incidents.
Couriers usually ring twice. || Couriers ring twice.
At least two people sign contracts. || At most two people sign contracts.
All tenants share one cluster. || Most tenants share one cluster.
Deploys were frozen on Friday. || Deploys are frozen on Friday.
Our keys rotate weekly. || Their keys rotate weekly.
Charge the first night. || Charge the last night.
`,
  ),
  ...parse(
    'word',
    `
Open the ticket for the account. || Unlock the ticket for the account.
Deploy the hotfix on Mondays. || Release the hotfix on Mondays.
Delete the branch table. || Drop the branch table.
Stop the worker on alerts. || Halt billing on alerts.
Save the draft locally. || Store the draft remotely.
The client retries requests. || The customer retries requests.
Hold the parcel for the guest. || Keep the parcel for the guest.
Charge the price of the seat. || Cost the price of the seat.
Enable refunds for agents. || Permit refunds for agents.
Confirm the address of the guest. || Check the address of the guest.
Offer a voucher to the guest. || Give a voucher to the guest.
Put the file in the folder. || Put the document in the folder.
The team owns the pager. || The group owns the pager.
Take the order at the desk. || Take the order to the desk.
Build the image nightly. || Compile the image nightly.
Refer to the customer guide. || Refer to the order guide.
`,
  ),
  ...parse(
    'scope',
    `
Refund damaged goods in full. || Refund damaged goods in full for members.
Skip checks when the build is green. || Skip checks when the build is red.
Pilots rest 10 hours on long flights. || Pilots rest 10 hours on short flights.
Backups run on weekdays. || Backups run on weekends.
Close stale issues in the web repo. || Close stale issues in the api repo.
`,
  ),
  ...parse(
    'japanese',
    `
データを本番から検証へコピーする || データを検証から本番へコピーする
管理者が担当者を承認する || 担当者が管理者を承認する
返金は7日以内に行う || 返金は7日以降に行う
予約を変更できる || 予約を変更できない
会議は午前に行う || 会議は午後に行う
顧客に電話する || 顧客から電話する
`,
  ),
]

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
