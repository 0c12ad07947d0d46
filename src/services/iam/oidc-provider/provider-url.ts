import { AwsError } from '../../../aws/aws-error.ts'
import { INVALID_INPUT, VALIDATION_ERROR } from '../../../aws/error-codes.ts'
import { isCalledLikeService } from '../../../oidc/condition-keys.ts'
import { storedIssuerUrl } from '../../../oidc/issuer-url.ts'

const INVALID_URL = 'Invalid Open ID Connect Provider URL'
const LOOPBACK_HOST = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/
/** A host, perhaps a port, perhaps a path: no user, query or fragment, and nothing that a URL parser would rewrite. */
const PROVIDER_URL =
  /^(https?):\/\/(\[[0-9a-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(:\d{1,5})?(\/[\w.~!$&'()*+,;=:@%/-]*)?$/

/**
 * Returns the URL of a provider as it is kept: without `https://` and `:443`, otherwise byte for byte, because a token's
 * `iss` must equal it.
 *
 * Unlike AWS it takes ports other than 443: issuers of self-made clusters are often the API server's own address.
 *
 * @throws AwsError `ValidationError` or `InvalidInput`
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
 */
export function parseProviderUrl(url: string, options: { readonly isDev: boolean }): string {
  if (!/^[a-z]+:\/\/[^/]/.test(url)) throw new AwsError(VALIDATION_ERROR, INVALID_URL)
  const [, scheme, host] = PROVIDER_URL.exec(url) ?? []
  const isLoopbackHttp = scheme === 'http' && LOOPBACK_HOST.test(host ?? '')
  if (!url.startsWith('https://') && !(options.isDev && isLoopbackHttp)) {
    throw new AwsError(INVALID_INPUT, `${INVALID_URL}. The URL must begin with https://.`)
  }
  if (!host || URL.parse(url) === null) throw new AwsError(INVALID_INPUT, `${INVALID_URL}.`)
  const stored = storedIssuerUrl(url)
  if (isCalledLikeService(stored)) {
    throw new AwsError(
      INVALID_INPUT,
      `${INVALID_URL}. A host name without a dot reads like a service in condition keys.`,
    )
  }
  return stored
}
