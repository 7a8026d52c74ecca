/** A SHA-256 of UTF-8 text as 64 lower-case hex digits. Core never computes it: the caller passes it in. */
export type Hash = (text: string) => string

declare const brand: unique symbol
type Id<Prefix extends string> = `${Prefix}_${string}` & { readonly [brand]: Prefix }

export type SessionId = Id<'sesn'>
export type EventId = Id<'sevt'>
export type OutcomeSignalId = Id<'osig'>
export type MemoryStoreId = Id<'memstore'>
export type MemoryId = Id<'mem'>
export type MemoryVersionId = Id<'memver'>
export type DreamId = Id<'drm'>
export type DreamScheduleId = Id<'dsch'>
export type FindingId = Id<'fnd'>
export type ChangeId = Id<'chg'>
export type ReviewId = Id<'rvw'>
export type ChangeWriteId = Id<'chw'>
export type EvidenceId = Id<'evd'>
export type JobId = Id<'job'>
export type AuditRecordId = Id<'aud'>
export type ApiKeyId = Id<'apikey'>
type RequestId = Id<'req'>
export type AgentId = Id<'agent'>
export type EnvironmentId = Id<'env'>
export type FileId = Id<'file'>
export type SessionResourceId = Id<'sesrsc'>
export type ThreadId = Id<'sthr'>
export type MemorySnapshotId = Id<'msnap'>
export type ImportId = Id<'imp'>
export type IncidentId = Id<'incd'>
export type EndorsementId = Id<'endr'>
export type WebhookEndpointId = Id<'whend'>
export type WebhookEventId = Id<'whe'>
export type WebhookDeliveryId = Id<'whdel'>
export type WebhookSourceId = Id<'whsrc'>
export type WebhookReceiptId = Id<'whrcpt'>
export type PolicyVersionId = Id<'polver'>
export type DecisionId = Id<'dec'>
export type ExperimentId = Id<'exp'>
export type ExposureId = Id<'expo'>

interface IdByPrefix {
  sesn: SessionId
  sevt: EventId
  osig: OutcomeSignalId
  memstore: MemoryStoreId
  mem: MemoryId
  memver: MemoryVersionId
  drm: DreamId
  dsch: DreamScheduleId
  fnd: FindingId
  chg: ChangeId
  rvw: ReviewId
  chw: ChangeWriteId
  evd: EvidenceId
  job: JobId
  aud: AuditRecordId
  apikey: ApiKeyId
  req: RequestId
  agent: AgentId
  env: EnvironmentId
  file: FileId
  sesrsc: SessionResourceId
  sthr: ThreadId
  msnap: MemorySnapshotId
  imp: ImportId
  incd: IncidentId
  endr: EndorsementId
  whend: WebhookEndpointId
  whe: WebhookEventId
  whdel: WebhookDeliveryId
  whsrc: WebhookSourceId
  whrcpt: WebhookReceiptId
  polver: PolicyVersionId
  dec: DecisionId
  exp: ExperimentId
  expo: ExposureId
}

/** Makes ids of things that are made on request and have no other name; unique by randomness. */
export type NewId = <Prefix extends keyof IdByPrefix>(prefix: Prefix) => IdByPrefix[Prefix]

/**
 * Names a thing after what it is made of, so that importing or dreaming twice gives the same id.
 * 24 hex digits (96 bits) of the hash: a chance of 1e-17 that two of a billion things collide.
 * Parts are joined by NUL, which no part may contain, so ("a","bc") and ("ab","c") differ.
 */
export function makeId<Prefix extends keyof IdByPrefix>(
  prefix: Prefix,
  hash: Hash,
  parts: readonly string[],
): IdByPrefix[Prefix] {
  return `${prefix}_${hash([prefix, ...parts].join('\0')).slice(0, 24)}` as IdByPrefix[Prefix]
}
