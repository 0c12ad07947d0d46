import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { createSecureContext } from 'node:tls'
import { openAuthenticator } from '../../access/authentication/authenticate.ts'
import { openCredentialSource } from '../../access/authentication/credentials.ts'
import { openDenialRecords } from '../../access/denials/denial-records.ts'
import { openPrincipalPolicies } from '../../access/policies/principal-policies.ts'
import { openBucketRecords } from '../../access/records/bucket-records.ts'
import { openRoleRecords } from '../../access/records/role-records.ts'
import { openRoleUsage } from '../../access/records/role-usage.ts'
import { type HttpListener, type ListenOptions, listen } from '../../server/http.ts'
import { openMetrics } from '../../server/metrics.ts'
import { pipeline } from '../../server/pipeline.ts'
import { serviceRegistry } from '../../server/service-registry.ts'
import { type SiteParts, siteAnswer } from '../../server/site.ts'
import { deleteOldAuditEvents } from '../../store/audit-retention.ts'
import { DENIAL_LIMITS, deleteOldDenials } from '../../store/denial-retention.ts'
import { type AdminKey, prepareInstallation, resetInstallation } from '../../store/installation.ts'
import type { KeyRing } from '../../store/key-ring.ts'
import type { Store } from '../../store/store.ts'
import { loadManagedPolicies } from '../built-data.ts'
import { readSettingFile } from '../settings/setting-file.ts'
import type { Settings } from '../settings/settings.ts'
import { UsageError } from '../usage-error.ts'
import { openCallLog } from './call-log.ts'
import { DATA_FILES, offeredAdminKey, prepareDataFolder, readMasterKey, settleAdminKey } from './data-folder.ts'
import { openDatabase } from './database.ts'
import { startHousekeeping } from './housekeeping.ts'
import type { Logger } from './logger.ts'
import { openServices } from './services.ts'

export interface Application {
  readonly installation: { readonly accountId: string; readonly credentialsFile: string | undefined }
  listen(): Promise<{ readonly url: string }>
  /** Lets running requests finish for up to `graceMs`, stores what waits, closes the database. */
  stop(graceMs: number): Promise<void>
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Joins all the parts of the server: the only place that knows them all. */
export async function openApplication(settings: Settings, logger: Logger): Promise<Application> {
  const clock = Date.now
  const where = listenOptions(settings, logger)
  prepareDataFolder(settings.dataDir)
  const masterKey = readMasterKey(settings.dataDir, settings.masterKeyFile)
  const { store, keyRing } = await openDatabase(settings, masterKey, clock)
  const installation = await openInstallation(settings, store, keyRing, clock())
  const { reads, changes } = store
  const catalog = loadManagedPolicies()
  const policies = openPrincipalPolicies({ reads, changes, catalog })
  const roles = openRoleRecords({ reads, changes })
  const buckets = openBucketRecords({ reads, changes })
  const access = { policies, roles, buckets }
  const metrics = openMetrics()
  const roleUsage = openRoleUsage(store)
  const callLog = openCallLog(store, logger, metrics, roleUsage)
  const denials = openDenialRecords(reads, callLog.settle)
  const opened = await openServices({ settings, store, keyRing, catalog, denials, clock, ...access })
  const registry = serviceRegistry(opened.services)
  const answerAws = pipeline({
    services: registry,
    authenticator: openAuthenticator({ credentials: openCredentialSource({ reads, changes, keyRing }), roles }),
    authorization: { reads, ...access },
    store,
    keyRing,
    dependencies: opened.dependencies,
    defaultAccountId: settings.accountId,
    defaultRegion: settings.region,
    ownHosts: ownHosts(settings),
    clock,
    newId: randomUUID,
    newAuthorizationId: callLog.newAuthorizationId,
    started: metrics.callStarted,
    ended: callLog.ended,
  })
  const siteParts: SiteParts = {
    ...opened.site,
    ready: () => store.ping(),
    catchUp: () => changes.catchUp(),
    metrics,
    reset: settings.dev ? () => resetInstallation(store, clock()) : undefined,
    failed: (error) => logger.error({ err: error }, 'a page could not be answered'),
  }
  const limits = { ...DENIAL_LIMITS, retentionMs: settings.denialRetentionHours * HOUR_MS }
  const housekeeping = startHousekeeping(
    [
      { name: 'role usage', everyMs: MINUTE_MS, atStart: false, run: roleUsage.flush },
      { name: 'orphaned objects', everyMs: HOUR_MS, atStart: true, run: opened.collectOrphans },
      { name: 'old audit events', everyMs: HOUR_MS, atStart: true, run: () => deleteOldAuditEvents(store, clock()) },
      { name: 'old denials', everyMs: MINUTE_MS, atStart: true, run: () => deleteOldDenials(store, clock(), limits) },
    ],
    logger,
  )
  let listener: HttpListener | undefined
  return {
    installation,
    async listen() {
      listener = await listen(where, (incoming) => siteAnswer(incoming, siteParts) ?? answerAws(incoming))
      registry.preload().catch((error) => logger.error({ err: error }, 'a service could not be loaded'))
      return { url: url(settings, listener.port) }
    },
    async stop(graceMs) {
      await listener?.stop(graceMs)
      await housekeeping.stop()
      await roleUsage.flush().catch((error) => logger.error({ err: error }, 'role usage could not be stored'))
      await callLog.close()
      await store.close()
    },
  }
}

async function openInstallation(settings: Settings, store: Store, keyRing: KeyRing, now: number) {
  const { accountId, dataDir } = settings
  const given = givenAdminKey(settings)
  const offered = given === undefined ? offeredAdminKey(dataDir, accountId) : undefined
  const { isOfferTaken } = await prepareInstallation(store, keyRing, { accountId, given, offered, now })
  if (offered !== undefined) settleAdminKey(dataDir, isOfferTaken)
  const credentialsFile = path.join(dataDir, DATA_FILES.adminCredentials)
  return {
    accountId,
    credentialsFile: given === undefined && existsSync(credentialsFile) ? credentialsFile : undefined,
  }
}

function givenAdminKey({ adminAccessKeyId, adminSecretAccessKey }: Settings): AdminKey | undefined {
  if (adminAccessKeyId === undefined || adminSecretAccessKey === undefined) return undefined
  return { accessKeyId: adminAccessKeyId, secretAccessKey: adminSecretAccessKey }
}

function listenOptions(settings: Settings, logger: Logger): ListenOptions {
  const { listen: where, tlsCert, tlsKey, insecureHttp } = settings
  const tls = tlsCert === undefined || tlsKey === undefined ? undefined : readTlsFiles(tlsCert, tlsKey)
  const failed = (error: unknown) => logger.error({ err: error }, 'an answer could not be sent')
  return { ...where, tls, isBehindTls: insecureHttp, failed }
}

/** @throws UsageError where they cannot be read, or are no certificate and its key */
function readTlsFiles(certFile: string, keyFile: string) {
  const files = { cert: readSettingFile('--tls-cert', certFile), key: readSettingFile('--tls-key', keyFile) }
  try {
    createSecureContext(files)
  } catch (error) {
    throw new UsageError(`--tls-cert, --tls-key: ${certFile} and ${keyFile}: ${(error as Error).message}`)
  }
  return files
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
