/** The credential scope: whose key, and what the derived key is good for. */
export interface Credential {
  readonly accessKeyId: string
  /** `YYYYMMDD` */
  readonly date: string
  readonly region: string
  readonly service: string
}

/** Ends every credential scope, and is the last input of the derived key. */
export const TERMINATOR = 'aws4_request'

/** AWS's own key ids have 16 to 128 characters; operators may give shorter ones. */
const ACCESS_KEY_ID = /^[\x21-\x7e]{1,128}$/
const DATE = /^\d{8}$/
/** As the host name labels that regions and services are. */
const LABEL = /^[a-z0-9-]{1,64}$/

/** Splits `<access key id>/<YYYYMMDD>/<region>/<service>/aws4_request`; undefined for anything else. */
export function parseCredential(text: string): Credential | undefined {
  const [accessKeyId = '', date = '', region = '', service = '', terminator, ...rest] = text.split('/', 6)
  if (terminator !== TERMINATOR || rest.length > 0) return undefined
  if (!ACCESS_KEY_ID.test(accessKeyId) || !DATE.test(date) || !LABEL.test(region) || !LABEL.test(service))
    return undefined
  return { accessKeyId, date, region, service }
}

/** `20130524/us-east-1/s3/aws4_request`: what the string to sign names. */
export function credentialScope(credential: Omit<Credential, 'accessKeyId'>): string {
  return `${credential.date}/${credential.region}/${credential.service}/${TERMINATOR}`
}
