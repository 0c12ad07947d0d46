import { type Key, queryCall, type RawAnswer, type RawClient, type ServiceCall } from './raw-request.ts'
import { ADMIN } from './server.ts'

export const ACCOUNT_ID = '111122223333'
export const SUBJECT = 'system:serviceaccount:my-namespace:my-service-account'
export const AUDIENCE = 'sts.amazonaws.com'

export const roleArn = (name: string, accountId = ACCOUNT_ID) => `arn:aws:iam::${accountId}:role/${name}`
export const policyArn = (name: string) => `arn:aws:iam::${ACCOUNT_ID}:policy/${name}`
export const providerArn = (issuerUrl: string, accountId = ACCOUNT_ID) =>
  `arn:aws:iam::${accountId}:oidc-provider/${issuerUrl.replace(/^https?:\/\//, '')}`

/** A policy document of one or more statements. */
export function policy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

export const allow = (action: string | readonly string[], resource: string | readonly string[] = '*') => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
})

/** The document's trust relationship: one service account of one issuer. */
export function trustOfServiceAccount(issuerUrl: string, subject = SUBJECT): string {
  const prefix = issuerUrl.replace(/^https?:\/\//, '')
  return policy({
    Effect: 'Allow',
    Principal: { Federated: providerArn(issuerUrl) },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { [`${prefix}:aud`]: AUDIENCE, [`${prefix}:sub`]: subject } },
  })
}

export const trustOfPrincipal = (principal: string) =>
  policy({ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' })

/** What the admin does to set a scene: it works, or the test ends here. */
export async function done(client: RawClient, call: ServiceCall, key: Key = ADMIN, now?: number): Promise<RawAnswer> {
  const answer = await client.call(call, key, now === undefined ? {} : { now })
  if (answer.status < 300) return answer
  throw new Error(
    `${call.service} ${Buffer.from(call.body).toString().slice(0, 200)} → ${answer.status} ${answer.text}`,
  )
}

export function iam(client: RawClient, action: string, parameters: Readonly<Record<string, string>>, now?: number) {
  return done(client, queryCall('iam', action, parameters), ADMIN, now)
}

/** What is no longer is no token, but a word that may stand anywhere. */
const WORDS_CHARACTERS_MAX = 60

/** Sends a web identity token as a pod does, with no key. */
export async function assumeByToken(
  client: RawClient,
  role: string,
  token: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  if (token.length > WORDS_CHARACTERS_MAX) client.remember(token)
  const call = queryCall('sts', 'AssumeRoleWithWebIdentity', {
    RoleArn: role,
    RoleSessionName: 'pod',
    WebIdentityToken: token,
    ...parameters,
  })
  return client.send({ ...call, headers: { ...call.headers, host: client.host } })
}

/** Code and status; of a success just the status. */
export const outcome = ({ code, status }: RawAnswer): readonly [string | undefined, number] => [code, status]

/** The credentials in an answer of STS. */
export function credentials(client: RawClient, answer: RawAnswer): Required<Key> & { readonly sessionToken: string } {
  if (answer.status !== 200) throw new Error(`no credentials: ${answer.status} ${answer.text}`)
  const key = {
    accessKeyId: answer.xml('AccessKeyId'),
    secretAccessKey: answer.xml('SecretAccessKey'),
    sessionToken: answer.xml('SessionToken'),
  }
  client.remember(key.secretAccessKey, key.sessionToken)
  return key
}
