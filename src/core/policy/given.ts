/** A policy as one file states it: only what stands there, field by field, with the line it stands in. */
export interface GivenPolicy {
  readonly file: string
  readonly name: string
  readonly owners: readonly string[]
  readonly stores: readonly string[]
  readonly parents: readonly { readonly name: string; readonly line: number }[]
  readonly stated: ReadonlyMap<string, Stated>
}

export interface Stated {
  readonly value: unknown
  readonly file: string
  readonly line: number
}

/** Why a policy cannot be used, for people: the file, the line, the limit and the fix. */
export interface Fault {
  readonly file: string
  readonly line: number
  readonly message: string
}
