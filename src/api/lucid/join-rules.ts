import {
  deletedJoinRule,
  joinRuleBody,
  joinRuleList,
  joinRulePath,
  joinRule as joinRuleSchema,
  joinRuleTrial,
  rejoinAnswer,
} from '../../contract/lucid/join-rules.ts'
import { presentJoinRule, presentTrial, toJoinRule } from '../../core/outcome/sent-join-rule.ts'
import {
  askToRejoin,
  deleteJoinRule,
  listJoinRules,
  putJoinRule,
  readRejoinMark,
} from '../../storage/join-rules.ts'
import { tryJoinRule } from '../../storage/join-trials.ts'
import { defineEndpoint } from '../endpoint.ts'

const family = 'lucid'
const scopes = ['admin'] as const
const base = '/lucid/v1/join_rules'

export const joinRuleEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: base,
    family,
    scopes: ['review', 'outcomes'],
    summary: 'The join rules of the workspace, by name.',
    response: joinRuleList,
    async handle({ context }) {
      return context.database.read(async (reader) => ({
        data: (await listJoinRules(reader)).map(presentJoinRule),
        rejoining: (await readRejoinMark(reader)).through !== null,
      }))
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: base,
    family,
    scopes,
    summary:
      'Adds a join rule, or puts it in the place of the one of its name; old signals follow.',
    body: joinRuleBody,
    response: joinRuleSchema,
    async handle({ context, actor, body }) {
      const rule = toJoinRule(body)
      return presentJoinRule(
        await context.database.write(actor, (writer) => putJoinRule(writer, rule)),
      )
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${base}/try`,
    family,
    scopes,
    summary:
      'How many unmatched signals a rule would join with the newest sessions; writes nothing.',
    body: joinRuleBody,
    response: joinRuleTrial,
    async handle({ context, body }) {
      const rule = toJoinRule(body)
      const trial = await context.database.read((reader) => tryJoinRule(reader, rule))
      return {
        type: 'join_rule_trial' as const,
        ...presentTrial(trial),
      }
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${base}/rejoin`,
    family,
    scopes,
    summary: 'Joins all signals anew in the background.',
    response: rejoinAnswer,
    async handle({ context, actor }) {
      const { revision } = await context.database.write(actor, async (writer) => {
        await writer.audit({ action: 'join_rule.rejoined', objectType: 'join_rule', objectId: '*' })
        return askToRejoin(writer)
      })
      return { type: 'rejoin' as const, revision }
    },
  }),
  defineEndpoint({
    method: 'DELETE',
    path: `${base}/{name}`,
    family,
    scopes,
    summary: 'Takes a join rule away, and what it alone joined.',
    params: joinRulePath,
    response: deletedJoinRule,
    async handle({ context, actor, params: { name } }) {
      await context.database.write(actor, (writer) => deleteJoinRule(writer, name))
      return { name, type: 'join_rule_deleted' as const }
    },
  }),
]
