import type { ServiceProtocol } from '../aws/service-protocol.ts'

/** Headers by which clients report the request. S3 has its own two. */
export function requestIdHeaders(
  protocol: ServiceProtocol | undefined,
  requestId: string,
): Readonly<Record<string, string>> {
  return protocol?.protocol === 'rest-xml'
    ? { 'x-amz-request-id': requestId, 'x-amz-id-2': hostId(requestId) }
    : { 'x-amzn-requestid': requestId }
}

/** S3's second id names the host that answered; ours repeats the request id in the usual base-64 form. */
export function hostId(requestId: string): string {
  return Buffer.from(requestId).toString('base64')
}
