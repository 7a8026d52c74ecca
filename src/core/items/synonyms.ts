/**
 * Words that say the same in whatever sentence they stand: only these may differ between two lines of which
 * one is dropped. "Customer" and "client", "remove" and "delete", "check" and "confirm" are not among them.
 */
export const interchangeable = parse(`buy purchase
begin start commence
help assist
need require
allow permit
get receive
use utilize utilise
choose select
keep retain
big large
maximum max
minimum min
approximately approx
answer reply respond
approve authorise authorize
telephone phone
folder directory`)

/**
 * Words that may speak of the same thing. Lines that differ in them are compared, flagged and, where the lines
 * say so themselves, superseded; they are never merged for it.
 */
export const related = parse(`buy purchase
begin start commence launch
finish end complete conclude
delete remove erase drop
help assist aid
show display
need require
allow permit let enable
change modify alter adjust edit update amend
refund reimburse reimbursement
get obtain receive acquire
ask request
tell inform notify alert
use utilize utilise employ apply
fix repair resolve correct
choose select pick
keep retain preserve hold
big large
fast quick rapid
make create produce generate
send dispatch forward
check verify confirm validate ensure
give provide supply offer grant
customer client
employee worker
issue problem
error failure
folder directory
price cost charge
maximum max
minimum min
approximately about roughly around
also additionally
but however
stop halt cease
contact reach
email mail
store save
run execute
build compile
want wish
repeat redo
answer reply respond response
review inspect examine
document file
phone telephone
company firm
take last
arrive come
approve authorise authorize
assign allocate
close shut
deploy release roll
fail break
limit cap
manual handbook
open unlock
pay settle
reject decline refuse
team group
website site
write compose
per each`)

/** The first word of a group stands for all; `formOf` is what words are compared by. */
export function makeRepresentatives(
  groups: readonly (readonly string[])[],
  formOf: (word: string) => string,
): ReadonlyMap<string, string> {
  return new Map(
    groups.flatMap(([first = '', ...others]) =>
      [first, ...others].map((word): [string, string] => [formOf(word), formOf(first)]),
    ),
  )
}

function parse(lines: string): readonly (readonly string[])[] {
  return lines.split('\n').map((line) => line.split(' '))
}
