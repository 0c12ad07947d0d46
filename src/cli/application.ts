import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { openAuthenticator } from '../access/authenticate.ts'
import { openCredentialSource } from '../access/credentials.ts'
import { openManagedPolicyCatalog } from '../access/managed-policy-catalog.ts'
import { openPrincipalPolicies } from '../access/principal-policies.ts'
import { openRoleRecords } from '../access/role-records.ts'
import { openRoleUsage } from '../access/role-usage.ts'
import { listen } from '../server/http.ts'
import { openMetrics } from '../server/metrics.ts'
import { pipeline } from '../server/pipeline.ts'
import { serviceRegistry } from '../server/service-registry.ts'
import { siteAnswer } from '../server/site.ts'
import { deleteOldAuditEvents } from '../store/audit-retention.ts'
import { type AdminKey, prepareInstallation, resetInstallation } from '../store/installation.ts'
import { openKeyRing } from '../store/key-ring.ts'
import { openPostgresStore } from '../store/postgres.ts'
import { openSqliteStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { openCallLog } from './call-log.ts'
import { DATA_FILES, prepareDataFolder, readMasterKey, saveAdminCredentials } from './data-folder.ts'
import { startHousekeeping } from './housekeeping.ts'
import type { Logger } from './logger.ts'
import { openServices } from './services.ts'
import type { Settings } from './settings.ts'

export interface Application {
  readonly installation: { readonly accountId: string; readonly credentialsFile: string | undefined }
  listen(): Promise<{ readonly url: string }>
  /** Lets running requests finish for up to `graceMs`, stores what waits, closes the database. */
  stop(graceMs: number): Promise<void>
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const MANAGED_POLICIES_FOLDER = fileURLToPath(new URL('../../build/managed-policies', import.meta.url))

/** Joins all the parts of the server: the only place that knows them all. */
export async function openApplication(settings: Settings, logger: Logger): Promise<Application> {
  const clock = Date.now
  prepareDataFolder(settings.dataDir)
  const masterKey = readMasterKey(settings.dataDir, settings.masterKeyFile)
  const store = await openStore(settings, clock)
  const keyRing = await openKeyRing(store, masterKey, clock)
  const given = adminKey(settings)
  const { accountId, madeKey } = await prepareInstallation(store, keyRing, {
    accountId: settings.accountId,
    given,
    now: clock(),
  })
  if (madeKey !== undefined) saveAdminCredentials(settings.dataDir, madeKey)

  const { reads, changes } = store
  const catalog = openManagedPolicyCatalog(MANAGED_POLICIES_FOLDER)
  const policies = openPrincipalPolicies({ reads, changes, catalog })
  const roles = openRoleRecords({ reads, changes })
  const { services, dependencies, site, collectOrphans } = await openServices({
    settings,
    store,
    keyRing,
    catalog,
    policies,
    roles,
    clock,
  })
  const registry = serviceRegistry(services)
  const metrics = openMetrics()
  const roleUsage = openRoleUsage(store)
  const callLog = openCallLog(store, logger, metrics, roleUsage)
  const housekeeping = startHousekeeping(
    [
      { name: 'role usage', everyMs: MINUTE_MS, atStart: false, run: roleUsage.flush },
      { name: 'orphaned objects', everyMs: HOUR_MS, atStart: true, run: collectOrphans },
      { name: 'old audit events', everyMs: HOUR_MS, atStart: true, run: () => deleteOldAuditEvents(store, clock()) },
    ],
    logger,
  )
  const answerAws = pipeline({
    services: registry,
    authenticator: openAuthenticator({ credentials: openCredentialSource({ reads, changes, keyRing }), roles }),
    authorization: { policies, reads, roles },
    store,
    keyRing,
    dependencies,
    defaultAccountId: settings.accountId,
    defaultRegion: settings.region,
    ownHosts: ownHosts(settings),
    clock,
    newRequestId: randomUUID,
    started: metrics.callStarted,
    ended: callLog.ended,
  })
  const siteParts = {
    ...site,
    ready: () => store.ping(),
    metrics,
    reset: settings.dev ? () => resetInstallation(store, clock()) : undefined,
  }
  let listener: Awaited<ReturnType<typeof listen>> | undefined
  return {
    installation: {
      accountId,
      credentialsFile: given === undefined ? path.join(settings.dataDir, DATA_FILES.adminCredentials) : undefined,
    },
    async listen() {
      listener = await listen(listenOptions(settings), (incoming) => {
        const answer = siteAnswer(incoming, siteParts)
        return answer === undefined ? answerAws(incoming) : answer
      })
      registry.preload().catch((error) => logger.error({ err: error }, 'a service could not be loaded'))
      return { url: url(settings, listener.port) }
    },
    async stop(graceMs) {
      await listener?.stop(graceMs)
      housekeeping.stop()
      await roleUsage.flush()
      await callLog.close()
      await store.close()
    },
  }
}

function openStore(settings: Settings, clock: () => number): Promise<Store> {
  return settings.databaseUrl === undefined
    ? openSqliteStore({ path: path.join(settings.dataDir, DATA_FILES.database), clock })
    : openPostgresStore({ connectionString: settings.databaseUrl, clock })
}

function adminKey({ adminAccessKeyId, adminSecretAccessKey }: Settings): AdminKey | undefined {
  if (adminAccessKeyId === undefined || adminSecretAccessKey === undefined) return undefined
  return { accessKeyId: adminAccessKeyId, secretAccessKey: adminSecretAccessKey }
}

function listenOptions(settings: Settings) {
  const { listen: where, tlsCert, tlsKey, insecureHttp } = settings
  const tls =
    tlsCert === undefined || tlsKey === undefined
      ? undefined
      : { cert: readFileSync(tlsCert, 'utf8'), key: readFileSync(tlsKey, 'utf8') }
  return { ...where, tls, isBehindTls: insecureHttp }
}

/** Hosts whose first label may be a bucket (`bucket.localhost`, `bucket.s3.us-east-1.example.com`). */
function ownHosts({ publicUrl, listen: { host }, region }: Settings): string[] {
  const own = publicUrl === undefined ? ['localhost'] : ['localhost', new URL(publicUrl).hostname]
  return [...own.flatMap((name) => [name, `s3.${name}`, `s3.${region}.${name}`]), host]
}

function url(settings: Settings, port: number): string {
  const { host } = settings.listen
  const scheme = settings.tlsCert === undefined ? 'http' : 'https'
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
