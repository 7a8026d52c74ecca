import type { z } from 'zod'
import {
  erasure,
  erasurePage,
  newErasure,
  newRevocation,
  revocation,
  revocationPage,
} from '../../contract/lucid/incidents.ts'
import { presentIncidentReport } from '../../core/present/incident.ts'
import type { IncidentSource } from '../../core/trust/incident.ts'
import {
  carryOutIncident,
  type Incident,
  type IncidentKind,
  listIncidents,
  planIncident,
} from '../../storage/incidents.ts'
import { toOutbox } from '../../storage/webhook-deliveries.ts'
import { type Call, defineEndpoint } from '../endpoint.ts'

const family = 'lucid'
const scopes = ['admin'] as const
const newest = 100

export const incidentEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/revocations',
    family,
    scopes,
    summary:
      'Retires everything that stands on a source: sessions, a principal, a tool or a file. Memories get new versions without it; nothing is erased.',
    body: newRevocation,
    response: revocation,
    handle: (call) => answer(call, 'revocation'),
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/revocations',
    family,
    scopes,
    summary: `The newest ${newest} revocations with their reports.`,
    response: revocationPage,
    handle: ({ context }) => list(context, 'revocation'),
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/erasures',
    family,
    scopes,
    summary:
      'Erases a subject: transcripts, quotes and what stands on them, out of memories and out of their former versions. Cannot be undone.',
    body: newErasure,
    response: erasure,
    handle: (call) => answer(call, 'erasure'),
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/erasures',
    family,
    scopes,
    summary: `The newest ${newest} erasures with their reports; who was erased is not in them.`,
    response: erasurePage,
    handle: ({ context }) => list(context, 'erasure'),
  }),
]

type Body = z.output<typeof newRevocation> | z.output<typeof newErasure>

async function answer<Kind extends IncidentKind>(
  { context, actor, body }: Pick<Call<undefined, undefined, Body>, 'context' | 'actor' | 'body'>,
  kind: Kind,
) {
  const source = body.source as IncidentSource
  if (body.dry_run) {
    const report = await context.database.read((reader) => planIncident(reader, { kind, source }))
    return {
      type: kind,
      id: null,
      dry_run: true,
      source: { ...source },
      reason: body.reason,
      report: presentIncidentReport(report),
      created_at: null,
    }
  }
  const id = context.newId('incd')
  const done = await context.database.write(actor, (writer) =>
    carryOutIncident(writer, {
      id,
      kind,
      source,
      reason: body.reason,
      outbox: toOutbox(context),
    }),
  )
  return present(done, kind)
}

async function list<Kind extends IncidentKind>(
  { database }: Call<undefined, undefined, undefined>['context'],
  kind: Kind,
) {
  const incidents = await database.read((reader) => listIncidents(reader, { kind, limit: newest }))
  return { data: incidents.map((one) => present(one, kind)) }
}

const present = <Kind extends IncidentKind>(incident: Incident, type: Kind) => ({
  type,
  id: incident.id,
  dry_run: false,
  source: { ...incident.source },
  reason: incident.reason,
  report: presentIncidentReport(incident.report),
  created_at: incident.createdAt,
})
