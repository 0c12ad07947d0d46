import type { DenialExplanation } from '../../../access/denials/denial-explanation.ts'
import type { Explanation, LayerExplanation, PolicyLayer } from '../../../policy/index.ts'

/** One of the things that must all be right for a request to pass. */
export interface Gate {
  readonly name: string
  readonly status: 'OPEN' | 'CLOSED' | 'NOT_REACHED'
  /** A stable code, of a closed gate. */
  readonly reason?: string
  readonly detail: string
}

/** The gates of a denied request, in the order in which it meets them. */
export function gatesOf(explained: DenialExplanation): readonly Gate[] {
  return explained.denial.record.token === undefined ? signedGates(explained) : webIdentityGates(explained)
}

/** The gate that decided: an explicit deny anywhere comes before every missing Allow. */
export function firstClosedGate({ denial: { record }, explanation }: DenialExplanation): string {
  return explanation.layer === 'resource' && record.resourceKind === 'trust' ? TRUST : explanation.layer
}

const TRUST = 'trust'

/** The token was verified before any policy was asked: a refused token has no denial but an error that says so. */
function webIdentityGates({ denial, explanation }: DenialExplanation): readonly Gate[] {
  const { record } = denial
  const { issuer, audience, subject, expiresAt } = record.token ?? {
    issuer: '',
    audience: '',
    subject: '',
    expiresAt: 0,
  }
  const provider = record.principal.type === 'federated' ? record.principal.provider : ''
  return [
    {
      name: 'token',
      status: 'OPEN',
      detail: `signed by ${issuer}, for ${audience}, valid until ${new Date(expiresAt).toISOString()}`,
    },
    { name: 'provider', status: 'OPEN', detail: `${provider} is registered and accepts the audience` },
    trustGate(explanation, `subject ${subject}`, record.resource),
    { name: 'permissions', status: 'NOT_REACHED', detail: "the role's permission policies were not asked" },
  ]
}

function signedGates({ denial, explanation }: DenialExplanation): readonly Gate[] {
  const { record } = denial
  const credentials: Gate = {
    name: 'credentials',
    status: 'OPEN',
    detail: `the signature is that of ${record.callerArn}`,
  }
  const layers = explanation.layers.map((layer) => {
    if (layer.layer !== 'resource') return layerGate(layer)
    const isTrust = record.resourceKind === 'trust'
    if (record.resourceAccount !== denial.accountId) return foreignGate(isTrust ? TRUST : layer.layer, explanation)
    if (!isTrust) return layerGate(layer)
    return trustGate(explanation, record.callerArn ?? '', record.resource)
  })
  return [credentials, ...layers]
}

/** The policy of another account: nothing but what the denial's message says of it. */
function foreignGate(name: string, { layer }: Explanation): Gate {
  const detail = 'the resource belongs to another account, and so does its policy'
  return layer === 'resource'
    ? { name, status: 'CLOSED', reason: 'OTHER_ACCOUNT', detail }
    : { name, status: 'NOT_REACHED', detail }
}

function trustGate({ decision, layer, layers }: Explanation, who: string, roleArn: string): Gate {
  const name = TRUST
  const trust = layers.find((one) => one.layer === 'resource')
  if (trust !== undefined && trust.policies.length === 0 && layer === 'resource' && decision === 'implicitDeny') {
    return {
      name,
      status: 'CLOSED',
      reason: 'NO_SUCH_ROLE',
      detail: `there is no role ${roleArn}`,
    }
  }
  if (trust?.effect === 'deny') {
    return { name, status: 'CLOSED', reason: 'EXPLICIT_DENY', detail: `the trust policy of ${roleArn} denies ${who}` }
  }
  if (trust?.effect === 'allow') return { name, status: 'OPEN', detail: `the trust policy of ${roleArn} allows ${who}` }
  return {
    name,
    status: 'CLOSED',
    reason: 'NOT_TRUSTED',
    detail: `the trust policy of ${roleArn} does not allow ${who}`,
  }
}

const LAYER_NAMES: Readonly<Record<PolicyLayer, string>> = {
  identity: 'identity-based policies',
  resource: 'resource-based policy',
  boundary: 'permissions boundary',
  session: 'session policies',
  'service-control': 'service control policies',
  'resource-control': 'resource control policies',
  endpoint: 'VPC endpoint policies',
}

function layerGate({ layer, effect, needed, policies }: LayerExplanation): Gate {
  const name = layer
  const label = LAYER_NAMES[layer]
  if (effect === 'deny')
    return { name, status: 'CLOSED', reason: 'EXPLICIT_DENY', detail: `${label}: a statement denies` }
  if (effect === 'allow') return { name, status: 'OPEN', detail: `${label}: a statement allows` }
  if (!needed) return { name, status: 'OPEN', detail: `${label}: nothing denies, and no Allow is needed here` }
  if (policies.length === 0) return { name, status: 'CLOSED', reason: 'NO_POLICY', detail: `${label}: there is none` }
  return { name, status: 'CLOSED', reason: 'NO_ALLOW', detail: `${label}: no statement allows` }
}
