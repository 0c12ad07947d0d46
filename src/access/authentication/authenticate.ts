import type { KeyObject } from 'node:crypto'
import { assert } from '../../aws/assert.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { Caller, SessionFacts } from '../../aws/caller.ts'
import { EXPIRED_TOKEN, INVALID_CLIENT_TOKEN_ID } from '../../aws/error-codes.ts'
import type { HttpRequest } from '../../aws/http-message.ts'
import type { ServiceProtocol } from '../../aws/service-protocol.ts'
import { type Claim, readClaim } from '../../sigv4/claim.ts'
import { declaredPayload, type Payload, receivedPayload } from '../../sigv4/payload.ts'
import { openSigningKeys } from '../../sigv4/signing-key.ts'
import type { SigningStyle } from '../../sigv4/signing-style.ts'
import { verifyBody } from '../../sigv4/verified-body.ts'
import { verifySignature } from '../../sigv4/verify.ts'
import type { SignatureFacts } from '../authorized-call.ts'
import type { RoleRecords } from '../records/role-records.ts'
import type { CredentialSource, OpenedSession } from './credentials.ts'

export interface Authenticator {
  /**
   * Finds out who sent a request, and that it arrived as it was sent. A request without any signature has the anonymous caller;
   * whether that is enough, the operation decides.
   *
   * @param now  server time, milliseconds since the epoch
   * @throws AwsError `InvalidClientTokenId`, `ExpiredToken`, `SignatureDoesNotMatch`, `IncompleteSignature` and S3's own codes
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
   */
  authenticate(request: HttpRequest, service: ServiceProtocol, now: number): Promise<Authenticated>
}

export interface Authenticated {
  readonly caller: Caller
  /** Of the credential scope; undefined for an unsigned request. */
  readonly region: string | undefined
  /** The signing name in the credential scope; undefined for an unsigned request. */
  readonly service?: string
  /** Undefined for an unsigned request. */
  readonly signature?: SignatureFacts
  /**
   * The request with its verified body. An S3 upload streams (`BodyStream`): its stream fails at the end where the body is not
   * the one that was signed, and then nothing of it may stay.
   */
  readonly request: HttpRequest
}

export function openAuthenticator(parts: {
  readonly credentials: CredentialSource
  readonly roles: Pick<RoleRecords, 'findById'>
}): Authenticator {
  const signingKeys = openSigningKeys()
  return {
    async authenticate(request, service, now) {
      const style: SigningStyle = service.name === 's3' ? 's3' : 'standard'
      const claim = readClaim(request, style)
      if (claim === undefined) return anonymous(request, style)
      const { caller, secretKey } = await identify(parts, claim, style, now)
      const payload = payloadOf(request, claim, style)
      const signingKey = signingKeys.of(secretKey, claim)
      const { signingNames } = service
      verifySignature(request, claim, signingKey, { style, now, payloadHash: payload.hash, signingNames })
      const { timestamp, signature: seedSignature } = claim
      const chain = claim.kind === 'header' ? { signingKey, scope: claim, timestamp, seedSignature } : undefined
      return {
        caller,
        region: claim.region,
        service: claim.service,
        signature: signatureFacts(request, claim),
        request: style === 's3' ? await verifyBody(request, payload, chain) : request,
      }
    },
  }
}

/** A caller as its credentials say, while nothing proves yet that the request comes from it. */
interface Identified {
  readonly caller: Caller
  readonly secretKey: KeyObject
}

interface Lookups {
  readonly credentials: CredentialSource
  readonly roles: Pick<RoleRecords, 'findById'>
}

async function anonymous(request: HttpRequest, style: SigningStyle): Promise<Authenticated> {
  return {
    caller: { kind: 'anonymous' },
    region: undefined,
    request: style === 's3' ? await verifyBody(request, declaredPayload(request, undefined), undefined) : request,
  }
}

function signatureFacts(request: HttpRequest, claim: Claim): SignatureFacts {
  const { timestampMs: signedAt } = claim
  if (claim.kind === 'presigned') return { place: 'query', signedAt, contentSha256: undefined }
  return { place: 'header', signedAt, contentSha256: request.headers['x-amz-content-sha256'] }
}

function payloadOf(request: HttpRequest, claim: Claim, style: SigningStyle): Payload {
  if (style === 's3') return declaredPayload(request, claim)
  assert(request.body.kind === 'bytes', 'bodies of all services but S3 are read whole')
  return receivedPayload(request, request.body.bytes)
}

async function identify(lookups: Lookups, claim: Claim, style: SigningStyle, now: number): Promise<Identified> {
  if (claim.securityToken === undefined) return identifyByAccessKey(lookups, claim, style)
  const session = lookups.credentials.openSession(claim.securityToken)
  // Also a long-term key with a token: no token names one.
  if (session === undefined || session.accessKeyId !== claim.accessKeyId) throw invalidClientTokenId(style)
  const caller = await callerOfSession(lookups, session)
  if (caller === undefined) throw invalidClientTokenId(style)
  if (now >= session.expiresAt) throw expiredToken(style)
  return { caller, secretKey: session.secretKey }
}

/** Temporary key ids are in no table, so without their token they are as unknown as any. */
async function identifyByAccessKey(lookups: Lookups, claim: Claim, style: SigningStyle): Promise<Identified> {
  const key = await lookups.credentials.findAccessKey(claim.accessKeyId)
  if (key === undefined || key.status !== 'Active') throw invalidClientTokenId(style)
  const { accountId, arn, userId, userName } = key.user
  const { accessKeyId, secretKey } = key
  const caller = { kind: 'user', accountId, arn, userId, userName, uniqueId: userId, accessKeyId } as const
  return { caller: { ...caller, session: undefined }, secretKey }
}

/** Undefined where the session's role or user is gone, or was made again under the same name: its unique id is another. */
async function callerOfSession(lookups: Lookups, session: OpenedSession): Promise<Caller | undefined> {
  const { accountId, accessKeyId } = session
  if (session.kind === 'user') {
    const user = await lookups.credentials.findUser(session.userId)
    if (user === undefined || user.accountId !== accountId) return undefined
    const { arn, userId, userName } = user
    return { kind: 'user', accountId, arn, userId, userName, uniqueId: userId, accessKeyId, session: factsOf(session) }
  }
  const role = await lookups.roles.findById(session.roleId)
  if (role === undefined || role.accountId !== accountId) return undefined
  const { roleId, roleName, sessionName } = session
  return {
    kind: 'assumed-role',
    accountId,
    arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
    userId: `${roleId}:${sessionName}`,
    accessKeyId,
    roleName,
    roleArn: role.arn,
    roleId,
    sessionName,
    session: factsOf(session),
  }
}

function factsOf(session: OpenedSession): SessionFacts {
  const { issuedAt, expiresAt, policies, tags, sourceIdentity, federatedProvider, federatedContext, isChained } =
    session
  return { issuedAt, expiresAt, policies, tags, sourceIdentity, federatedProvider, federatedContext, isChained }
}

/** `wire/errors` spells the code as each protocol does: `InvalidAccessKeyId` on S3, `UnrecognizedClientException` in JSON. */
function invalidClientTokenId(style: SigningStyle): AwsError {
  const message =
    style === 's3'
      ? 'The AWS Access Key Id you provided does not exist in our records.'
      : 'The security token included in the request is invalid'
  return new AwsError(INVALID_CLIENT_TOKEN_ID, message)
}

function expiredToken(style: SigningStyle): AwsError {
  return new AwsError(
    EXPIRED_TOKEN,
    style === 's3' ? 'The provided token has expired.' : 'The security token included in the request is expired',
  )
}
