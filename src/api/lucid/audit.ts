import type { z } from 'zod'
import {
  auditCheckpoint,
  auditConsistency,
  auditConsistencyQuery,
  auditProof,
  auditProofQuery,
  type auditRecord,
  auditRecordPage,
  auditRecordQuery,
} from '../../contract/lucid/audit.ts'
import { formatEntry } from '../../core/audit/entry.ts'
import { fromHex } from '../../core/audit/hex.ts'
import { formatKey } from '../../core/audit/notary.ts'
import type { AuditRecord } from '../../core/audit/record.ts'
import { sealLog } from '../../storage/audit-checkpoints.ts'
import { proveGrowth, proveRecord } from '../../storage/audit-proofs.ts'
import { type AuditRecordFilter, listNewestAuditRecords } from '../../storage/audit-records.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'

const family = 'lucid'
const scopes = ['review'] as const
const list = 'audit_records desc'

export const auditEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/audit_records',
    family,
    scopes,
    summary: 'What Lucidream itself did, newest first.',
    query: auditRecordQuery,
    response: auditRecordPage,
    async handle({ context, query }) {
      const { keyring, database } = context
      const beforeSeq =
        query.page === undefined ? null : (readCursor(keyring, list, query.page) as number)
      const rows = await database.read((reader) =>
        listNewestAuditRecords(reader, {
          filter: toFilter(query),
          beforeSeq,
          limit: query.limit + 1,
        }),
      )
      const page = rows.slice(0, query.limit)
      const last = rows.length > page.length ? page.at(-1) : undefined
      return {
        data: page.map(presentRecord),
        next_page: last ? writeCursor(keyring, list, last.seq) : null,
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/audit/checkpoint',
    family,
    scopes,
    summary: 'A signed checkpoint over every record there is; keep it where this server cannot.',
    response: auditCheckpoint,
    async handle({ context: { database, notary } }) {
      const { size, root, note, createdAt } = await sealLog(database, notary)
      return {
        type: 'audit_checkpoint' as const,
        origin: notary.origin,
        size,
        root: notary.encodeBase64(fromHex(root)),
        note,
        key: formatKey(notary, { name: notary.origin, publicKey: notary.publicKey }),
        created_at: createdAt,
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/audit/proof',
    family,
    scopes,
    summary: 'Shows that a record stands in the log of a checkpoint.',
    query: auditProofQuery,
    response: auditProof,
    async handle({ context: { database, notary }, query: { seq, size = null } }) {
      const proof = await proveRecord(database, notary, { seq, size })
      return {
        type: 'audit_inclusion_proof' as const,
        seq,
        size: proof.size,
        entry: formatEntry(proof.record),
        leaf: proof.record.leaf,
        hashes: proof.hashes.map(notary.encodeBase64),
        root: notary.encodeBase64(proof.root),
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/audit/consistency',
    family,
    scopes,
    summary: 'Shows that the log of one checkpoint is the beginning of that of a later one.',
    query: auditConsistencyQuery,
    response: auditConsistency,
    async handle({ context: { database, notary }, query }) {
      const proof = await proveGrowth(database, notary, { from: query.from, to: query.to ?? null })
      return {
        type: 'audit_consistency_proof' as const,
        from: proof.from,
        to: proof.to,
        from_root: notary.encodeBase64(proof.fromRoot),
        to_root: notary.encodeBase64(proof.toRoot),
        hashes: proof.hashes.map(notary.encodeBase64),
      }
    },
  }),
]

const toFilter = (query: z.output<typeof auditRecordQuery>): AuditRecordFilter =>
  ({
    objectType: query.object_type,
    objectId: query.object_id,
    actorId: query.actor_id,
    action: query.action,
    at: query.created_at,
  }) as AuditRecordFilter

const presentRecord = (record: AuditRecord): z.input<typeof auditRecord> => ({
  id: record.id,
  type: 'audit_record',
  seq: record.seq,
  created_at: record.at,
  actor: record.actor,
  action: record.action,
  object_type: record.objectType,
  object_id: record.objectId,
  workspace_id: record.workspaceId,
  before_sha256: record.beforeHash,
  after_sha256: record.afterHash,
  reason: record.reason,
  salt: record.salt,
  entry: formatEntry(record),
  leaf: record.leaf,
})
