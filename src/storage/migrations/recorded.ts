import { DomainError } from '../../core/errors.ts'

/** A row of the table `migrations`: what a database says it ran. */
export interface Recorded {
  readonly number: number
  readonly name: string
  readonly sha256: string
}

/**
 * Refuses a database that knows more than this program, and one whose recorded migrations are not the ones
 * this program has.
 */
export function refuseForeign(
  place: string,
  recorded: readonly Recorded[],
  known: readonly Recorded[],
): void {
  const newest = recorded.at(-1)?.number ?? 0
  if (newest > known.length) {
    throw new DomainError(
      'database_newer',
      `The database ${place} was written by a newer Lucidream (schema ${newest}; this one knows ${known.length}). Install the newer version, or choose another database.`,
    )
  }
  for (const [index, { number, name, sha256 }] of recorded.entries()) {
    const same = known[index]?.number === number && known[index].sha256 === sha256
    if (same) continue
    throw new DomainError(
      'database_damaged',
      `The database ${place} ran a migration ${number} (${name}) that differs from the one this program has: the migration was edited after it ran, or the record of it was. Use the program that wrote it, or restore a backup.`,
    )
  }
}
