/**
 * The forms of an issuer's URL. A provider is registered by URL, a token names its issuer in `iss`; IAM stores the URL
 * without scheme and without the default port (eksctl registers `https://host:443/path`, tokens say `https://host/path`).
 * Everything else is compared byte by byte: a trailing slash is part of the name.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
 */

/** 255 characters, `OpenIDConnectProviderUrlType` of the IAM model. */
export const ISSUER_URL_CHARACTERS_MAX = 255

/**
 * Returns the URL as a provider record stores it: `https://` and a `:443` after the host are dropped, `http://` stays.
 * The same function is for what is registered and for `iss`, so that both forms meet.
 */
export function storedIssuerUrl(issuerUrl: string): string {
  if (!issuerUrl.startsWith('https://')) return issuerUrl
  const rest = issuerUrl.slice('https://'.length)
  const slash = rest.indexOf('/')
  const host = slash < 0 ? rest : rest.slice(0, slash)
  return host.endsWith(':443') ? host.slice(0, -':443'.length) + rest.slice(host.length) : rest
}

/** The URL to fetch from, of a stored one. */
export function issuerUrlOf(stored: string): string {
  return stored.startsWith('http://') ? stored : `https://${stored}`
}

/**
 * Returns what stands before `:sub` and `:aud` in condition keys: the issuer without scheme. An issuer with a port has a
 * second form without it, because eksctl writes trust policies (and looks providers up) without the port.
 */
export function conditionKeyPrefixes(stored: string): readonly string[] {
  const prefix = stored.startsWith('http://') ? stored.slice('http://'.length) : stored
  const withoutPort = prefix.replace(/^([^/]*?):\d{1,5}(?=\/|$)/, '$1')
  return withoutPort === prefix ? [prefix] : [prefix, withoutPort]
}
