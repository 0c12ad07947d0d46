import { SETTINGS, type Settings } from '../settings/settings.ts'

/** What `serve` prints when it is ready: one screen, to a person. */
export function startBanner(
  settings: Settings,
  url: string,
  installation: { readonly accountId: string; readonly credentialsFile: string | undefined },
): string {
  const notes = [
    ...(settings.dev
      ? ['  --dev      POST /_openirsa/reset empties all state; http:// issuers on loopback are accepted']
      : []),
  ]
  return `
OpenIRSA listens on ${url}
  account    ${installation.accountId}, region ${settings.region}
  data       ${settings.databaseUrl === undefined ? settings.dataDir : 'PostgreSQL'}
  enforced   every signature, every token, every policy; nothing switches that off
${notes.join('\n')}${notes.length > 0 ? '\n' : ''}
Point a shell at it${installation.credentialsFile === undefined ? ' (with the admin key of your environment)' : ` (admin key in ${installation.credentialsFile})`}:

  eval "$(npx openirsa env${envFlags(settings, url)})"
  aws sts get-caller-identity

Then follow README.md, or see the whole way at work: npm run tour
`
}

/** What `env` must be told to find this server: nothing where all is at its default. */
function envFlags(settings: Settings, url: string): string {
  const isDefaultAddress = url === `http://${SETTINGS.listen.default.host}:${SETTINGS.listen.default.port}`
  const flags = [
    ...(settings.dataDir === SETTINGS.dataDir.default ? [] : [`--data-dir ${shellWord(settings.dataDir)}`]),
    ...(settings.publicUrl !== undefined || !isDefaultAddress
      ? [`--public-url ${shellWord(settings.publicUrl ?? url)}`]
      : []),
    ...(settings.region === SETTINGS.region.default ? [] : [`--region ${settings.region}`]),
  ]
  return flags.map((flag) => ` ${flag}`).join('')
}

function shellWord(text: string): string {
  return /^[\w:/.+=@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
