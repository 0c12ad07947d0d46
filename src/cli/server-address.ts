import { readAdminCredentials } from './server/data-folder.ts'
import type { Settings } from './settings/settings.ts'
import { CommandError } from './usage-error.ts'

/** The URL by which clients on this machine reach the server with these settings. */
export function serverUrl(settings: Settings): string {
  if (settings.publicUrl !== undefined) return settings.publicUrl
  const { host, port } = settings.listen
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `${settings.tlsCert === undefined ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/** @throws CommandError where neither the environment nor the data folder has a key */
export function adminKey(settings: Settings): { readonly accessKeyId: string; readonly secretAccessKey: string } {
  const { adminAccessKeyId, adminSecretAccessKey, dataDir } = settings
  if (adminAccessKeyId !== undefined && adminSecretAccessKey !== undefined) {
    return { accessKeyId: adminAccessKeyId, secretAccessKey: adminSecretAccessKey }
  }
  const saved = readAdminCredentials(dataDir)
  if (saved !== undefined) return saved
  throw new CommandError(
    'NO_ADMIN_CREDENTIALS',
    `there is no admin key in ${dataDir}. Start the server there first (npm start); or, for a server elsewhere, name its data folder (--data-dir, OPENIRSA_DATA_DIR) or set AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
  )
}
