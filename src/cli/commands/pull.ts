import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { PullDocument } from '../../contract/pull.ts'
import { DomainError } from '../../core/errors.ts'
import type { Hash } from '../../core/ids.ts'
import type { MemoryDocument } from '../../core/memory.ts'
import type { FileLock } from '../../storage/sqlite/file-lock.ts'
import { exitCodes } from '../exit-codes.ts'
import type { GlobalOptions, Invocation } from '../invocation.ts'
import { type Answered, type Asking, askForVersion, confirm } from '../pull/answer.ts'
import { cutBlock, findBlock, putBlock, renderDocuments } from '../pull/block.ts'
import { openRoot, readPlain, removePartial, syncFolder, writeWhole } from '../pull/files.ts'
import {
  applyFolder,
  findVersion,
  listEdited,
  lockName,
  openFolder,
  planFolder,
} from '../pull/folder.ts'
import { findOverflow } from '../pull/loader-limits.ts'
import { lockPlace } from '../pull/lock.ts'
import { showForeign } from '../text.ts'

export interface PullOptions extends GlobalOptions {
  readonly server?: string
  readonly store?: string
  readonly unit?: string
  readonly to?: string
  readonly block?: string
  readonly hook?: boolean
  readonly remove?: boolean
  readonly force?: boolean
  readonly taskType?: string
  readonly principal?: string
  readonly session?: string
  readonly timeout?: number
}

const hash: Hash = (text) => createHash('sha256').update(text).digest('hex')

/** Brings the version that this unit reads into a folder, a block of a file, or the context of a starting session. */
export async function runPull(invocation: Invocation, options: PullOptions): Promise<number> {
  refuseUnclear(options)
  if (options.remove) return alone(invocation, options, () => takeAway(invocation, options))
  const question = prepareQuestion(invocation, options)
  if (options.hook) return answerHook(invocation, ask(invocation, options, question))
  return alone(invocation, options, () => keep(invocation, options, question))
}

/** One pull at a time: of a folder, and of a file with a block. The folder's lock comes first for everybody. */
async function alone(
  { surroundings: { signal }, note }: Invocation,
  { to, block, timeout: seconds = standardSeconds }: PullOptions,
  work: () => Promise<number>,
): Promise<number> {
  const waiting = { seconds, signal, onWait: note }
  const locks: FileLock[] = []
  try {
    if (to !== undefined) {
      const root = await openRoot(to)
      locks.push(await lockPlace(root, join(root, lockName), waiting))
    }
    if (block !== undefined) {
      const file = resolve(block)
      const lock = join(dirname(file), `.${basename(file)}.lucidream-lock`)
      locks.push(await lockPlace(file, lock, waiting))
    }
    return await work()
  } finally {
    for (const lock of locks.toReversed()) lock.release()
  }
}

async function keep(
  invocation: Invocation,
  options: PullOptions,
  question: Question,
): Promise<number> {
  const place = await readPlace(options)
  const known = { ...question, known: place.version }
  const answered = await askForVersion(ask(invocation, options, known))
  const { documents, contentHash, exposureId } = answered
  const storeId = question.query.store as string
  const done = documents
    ? await bring(options, place, { storeId, contentHash, documents })
    : { written: [], removed: [], warnings: [] }
  report(invocation, { storeId, contentHash, exposureId, ...done })
  return exitCodes.ok
}

function refuseUnclear({ to, block, hook, remove, server, store, unit }: PullOptions): void {
  const refuse = (why: string) => new DomainError('invalid_argument', `pull: ${why}`)
  if (hook && (to !== undefined || block !== undefined || remove)) {
    throw refuse('--hook prints for the harness and writes no file; give it alone.')
  }
  if (!hook && to === undefined && block === undefined) {
    throw refuse('say where to: --to DIR, --block FILE or --hook.')
  }
  if (remove) return
  for (const [name, value] of Object.entries({ server, store, unit })) {
    if (value === undefined) throw refuse(`--${name} is missing.`)
  }
}

const standardSeconds = 60

type Question = Omit<Asking, 'signal'>

/** The time for the server begins when it is asked. */
const ask = ({ surroundings }: Invocation, options: PullOptions, question: Question): Asking => {
  const timeout = AbortSignal.timeout((options.timeout ?? standardSeconds) * 1_000)
  return { ...question, signal: AbortSignal.any([surroundings.signal, timeout]) }
}

function prepareQuestion({ surroundings }: Invocation, options: PullOptions): Question {
  const { server = '', store = '', unit = '', to, hook, taskType, principal, session } = options
  const url = URL.canParse(server) ? new URL(server) : null
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new DomainError(
      'invalid_argument',
      `--server ${server}: give a URL such as http://127.0.0.1:4177.`,
    )
  }
  if (surroundings.apiKey === null) {
    throw new DomainError(
      'unauthenticated',
      'pull needs an API key with the scope memory:read: set LUCIDREAM_API_KEY or LUCIDREAM_API_KEY_FILE.',
    )
  }
  const via = hook
    ? 'hook'
    : to === undefined && options.block === undefined
      ? 'checkout'
      : 'file_sync'
  return {
    server: url,
    apiKey: surroundings.apiKey,
    query: {
      store,
      unit,
      via,
      format: 'json',
      ...(taskType === undefined ? {} : { task_type: taskType }),
      ...(principal === undefined ? {} : { principal }),
      ...(session === undefined ? {} : { session_id: session }),
    },
    known: null,
    hash,
  }
}

/** What is there before anything is asked. `version`: what stands everywhere, so that it need not be sent again. */
interface Place {
  readonly folder: Awaited<ReturnType<typeof openFolder>> | null
  readonly block: { readonly path: string; readonly text: string } | null
  readonly version: string | null
}

/** Hand edits are refused before the server is asked: nothing is delivered that cannot be put down. */
async function readPlace({ to, block: path, force }: PullOptions): Promise<Place> {
  const folder = to === undefined ? null : await openFolder(to, hash)
  if (path !== undefined) await removePartial(path)
  const block = path === undefined ? null : { path, text: (await readPlain(path)) ?? '' }
  const versions: (string | null)[] = []
  if (folder) {
    const edited = listEdited(folder)
    if (edited.length > 0 && !force) throw refuseEdited(`${folder.root}: ${edited.join(', ')}`)
    versions.push(findVersion(folder))
  }
  if (block) {
    const found = findBlock(block.text, hash)
    if (found?.state === 'edited' && !force) throw refuseEdited(`the block of ${block.path}`)
    versions.push(found?.state === 'intact' ? found.version : null)
  }
  const [first = null] = versions
  return { folder, block, version: versions.every((one) => one === first) ? first : null }
}

interface Brought {
  readonly storeId: string
  readonly contentHash: string
  readonly documents: readonly MemoryDocument[]
}

async function bring({ force = false }: PullOptions, place: Place, brought: Brought) {
  const written: string[] = []
  const removed: string[] = []
  const warnings: string[] = []
  const warn = (overflow: string | null) => {
    if (overflow !== null) warnings.push(overflow)
  }
  // Both are worked out before either is written, so that a refusal leaves everything as it was.
  const block = place.block && {
    path: place.block.path,
    before: place.block.text,
    text: putBlock(place.block.text, { ...brought, version: brought.contentHash }, hash),
  }
  if (place.folder) {
    const plan = await planFolder(place.folder, { ...brought, force }, hash)
    for await (const _ of applyFolder(plan));
    written.push(...plan.write.map(({ path }) => path))
    removed.push(...plan.remove)
    for (const { path, content } of brought.documents) warn(findOverflow(path, content))
  }
  if (block) {
    if (block.text !== block.before) {
      await writeWhole(block.path, block.text)
      await syncFolder(dirname(resolve(block.path)))
      written.push(block.path)
    }
    warn(findOverflow(block.path, block.text))
  }
  return { written, removed, warnings }
}

/** For `SessionStart`: what is printed stands in the context of the session, so it is confirmed at once. */
async function answerHook(invocation: Invocation, asking: Asking): Promise<number> {
  const answered: Answered = await askForVersion(asking)
  const { documents, exposureId } = answered
  const output = {
    hookSpecificOutput: {
      hookEventName: 'SessionStart',
      additionalContext: `${renderDocuments(documents ?? [])}${nameExposure(exposureId)}`,
    },
  }
  invocation.surroundings.stdout.write(`${JSON.stringify(output)}\n`)
  if (exposureId === null) return exitCodes.ok
  await confirm(asking, exposureId).catch((error: unknown) => {
    // The session has its memory; that nobody was told is no reason to fail it.
    invocation.note(`not confirmed: ${error instanceof Error ? error.message : String(error)}`)
  })
  return exitCodes.ok
}

/** The harness keeps what a hook prints in its transcript, and whoever imports that finds the exposure. */
const nameExposure = (id: string | null) =>
  id === null || !/^expo_[0-9a-zA-Z]{1,64}$/.test(id)
    ? ''
    : `\n<!-- lucidream.exposure_id: ${id} -->\n`

async function takeAway(invocation: Invocation, options: PullOptions): Promise<number> {
  const { force = false } = options
  const { folder, block } = await readPlace(options)
  const removed: string[] = []
  if (folder?.state) {
    const storeId = folder.state.memory_store_id
    const wanted = { storeId, contentHash: null, documents: [], force }
    const plan = await planFolder(folder, wanted, hash)
    for await (const _ of applyFolder(plan));
    removed.push(...plan.remove)
  }
  const found = block && findBlock(block.text, hash)
  if (block && found) {
    const rest = cutBlock(block.text, found)
    if (rest === '') await rm(block.path)
    else await writeWhole(block.path, rest)
    await syncFolder(dirname(resolve(block.path)))
    removed.push(block.path)
  }
  const nothing = { storeId: null, contentHash: null, exposureId: null, written: [], warnings: [] }
  report(invocation, { ...nothing, removed })
  return exitCodes.ok
}

interface Done {
  readonly storeId: string | null
  readonly contentHash: string | null
  readonly exposureId: string | null
  readonly written: readonly string[]
  readonly removed: readonly string[]
  readonly warnings: readonly string[]
}

function report(invocation: Invocation, done: Done): void {
  const document: PullDocument = {
    version: 1,
    kind: 'pull',
    memory_store_id: done.storeId,
    content_hash: done.contentHash,
    exposure_id: done.exposureId,
    written: [...done.written],
    removed: [...done.removed],
    warnings: [...done.warnings],
  }
  for (const warning of done.warnings) invocation.note(`warning: ${showForeign(warning)}`)
  invocation.print(document, () => {
    const lines = [
      ...done.written.map((path) => `wrote ${showForeign(path)}`),
      ...done.removed.map((path) => `removed ${showForeign(path)}`),
    ]
    if (lines.length === 0) lines.push('Nothing to do.')
    return done.exposureId === null ? lines : [...lines, `exposure ${done.exposureId}`]
  })
}

const refuseEdited = (what: string) =>
  new DomainError(
    'file_changed',
    `Edited by hand: ${what}. Nothing was written; move the edits into the memory store, or give --force to lose them.`,
  )
