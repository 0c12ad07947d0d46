import type { Caller } from '../aws/caller.ts'
import type { KeyRing } from '../store/key-ring.ts'
import type { Judgement } from './authorize.ts'
import { principalArn } from './request-context.ts'

/** Characters of an encoded message that DecodeAuthorizationMessage takes (service model). */
const ENCODED_CHARACTERS_MAX = 10_240
/** What a sealed message belongs to besides its account: no other sealed value opens as one. */
const ASSOCIATED_DATA = 'authorization-message'

/**
 * The details of a refusal, sealed so that only `sts:DecodeAuthorizationMessage` of the same account can read them.
 * The members are those that AWS's decoded messages have.
 */
export function sealAuthorizationMessage(
  keyRing: KeyRing,
  caller: Caller,
  { requirement, decision }: Judgement,
  accountId: string,
): string | undefined {
  const message = {
    allowed: false,
    explicitDeny: decision.decision === 'explicitDeny',
    matchedStatements: { items: decision.matchedStatements.map(matchedStatement) },
    failures: { items: [] },
    context: {
      principal: caller.kind === 'anonymous' ? {} : { id: caller.userId, arn: principalArn(caller) },
      action: requirement.action,
      resource: requirement.resource,
      conditions: { items: conditionItems(requirement.context ?? {}) },
    },
  }
  const sealed = keyRing.seal('session', Buffer.from(JSON.stringify(message)), `${ASSOCIATED_DATA}/${accountId}`)
  return sealed.length > ENCODED_CHARACTERS_MAX ? undefined : sealed
}

/** Returns the message's JSON, or undefined where it is not one of this account. */
export function openAuthorizationMessage(keyRing: KeyRing, encoded: string, accountId: string): string | undefined {
  return keyRing.open('session', encoded, `${ASSOCIATED_DATA}/${accountId}`)?.toString('utf8')
}

function matchedStatement(statement: Judgement['decision']['matchedStatements'][number]) {
  return {
    statementId: statement.sid ?? '',
    effect: 'DENY',
    sourcePolicyId: statement.source,
    sourcePolicyType: statement.layer,
  }
}

function conditionItems(context: Readonly<Record<string, string | readonly string[]>>) {
  return Object.entries(context).map(([key, value]) => ({
    key,
    values: { items: [value].flat().map((text) => ({ value: text })) },
  }))
}
