import type { Settings } from './settings.ts'

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

  eval "$(npx openirsa env)"
  aws sts get-caller-identity

Then follow README.md, or see the whole way at work: npm run tour
`
}
