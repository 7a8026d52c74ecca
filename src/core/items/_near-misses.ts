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

/** Grouped by what differs. The last three groups were written against the check, while reading it. */
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
  ...parse(
    'attachment',
    `
Ship orders from Oslo to customers in Turin. || Ship orders in Turin to customers from Oslo.
Ask agents in Oslo about orders from Perth. || Ask agents from Perth about orders in Oslo.
Refunds for orders in Oslo go to agents in Turin. || Refunds for orders in Turin go to agents in Oslo.
Send copies of contracts with partners to lawyers. || Send copies of contracts to lawyers with partners.
Refund orders above 50 dollars to accounts. || Refund orders to accounts above 50 dollars.
Ask sales and support. || Ask sales support.
Collect letters of customers. || Collect letters for customers.
In Oslo suppliers invoice resellers. || Invoice reseller suppliers in Oslo.
東京の顧客に大阪の商品を送る || 大阪の顧客に東京の商品を送る
予約を変更し、返金を確認する || 返金を変更し、予約を確認する
いつも予約を確認する || 予約を確認する
`,
  ),
  ...parse(
    'form of a word',
    `
Refund custom orders in 5 days. || Refund customer orders in 5 days.
Shipping takes 5 days by sea. || Ships take 5 days by sea.
Bookings can be cancelled by mail. || Books can be cancelled by mail.
Ratings are shown on the site. || Rates are shown on the site.
State is kept for 5 days. || Statements are kept for 5 days.
Plans leave the office at noon. || Planes leave the office at noon.
Closed issues move to the archive. || Close issues move to the archive.
The exporter signed reports. || The exporter signs reports.
The team moved to Oslo. || The team moves to Oslo.
Call Ann if agents are paid. || Call Ann if agents pay.
New items go to the list. || News items go to the list.
Return good parts to stock. || Return goods parts to stock.
A few agents have keys. || Few agents have keys.
Attach the delivery note to the parcel. || Attach the delivery to the parcel.
Ask IT before you deploy. || Ask before you deploy.
Trainers must sign waivers. || Trainees must sign waivers.
Guests near the pool pay extra. || Guests nearly pool pay extra.
Review the ledger again in 5 days. || Review the ledger again within 5 days.
Refund the guest? || Refund the guest.
Remove the label from the parcel. || Delete the label from the parcel.
`,
  ),
  ...parse(
    'mark or digit',
    `
Use Python 3.10 in the worker. || Use Python 3.1 in the worker.
Parcels weigh 1,5 kg at most. || Parcels weigh 15 kg at most.
Dial 0123 for support. || Dial 123 for support.
Wait 5 s before retries. || Wait 5 before retries.
The total is price + tax. || The total is price - tax.
Flow goes build → test. || Flow goes build ← test.
✅ Deploy the web app on Fridays. || ❌ Deploy the web app on Fridays.
[x] Rotate the signing keys. || [ ] Rotate the signing keys.
Load __init__ before tests. || Load init before tests.
Apply the !draft filter on search. || Apply the draft filter on search.
Keep 2 of 5 replicas warm. || Keep 5 of 2 replicas warm.
Open the desk at 9 am. || Open the desk at 9.
`,
  ),
]
