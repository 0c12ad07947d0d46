/**
 * The operations of our own service, in the form of the AWS SDK's published schemas (`$` ends each name), so that the wire
 * layer reads them as it reads AWS's:
 * operation `[9, namespace, name, traits, () => input, () => output]`, structure `[3, namespace, name, traits, member names,
 * member schemas, number of required members]` (required ones first), list `[1, namespace, name, traits, () => member]`.
 * Simple schemas: 0 text, 1 number, 2 boolean, 4 timestamp; 64 | 0 list of text, 128 | 0 map of text. A pair adds traits:
 * 1 is a label of the path, 8 a secret, an object names what else is bound.
 */
const OPENIRSA = 'org.openirsa'

const TEXT = 0
const NUMBER = 1
const BOOLEAN = 2
const TIMESTAMP = 4
const TEXT_LIST = 64 | TEXT
const TEXT_MAP = 128 | TEXT
const PATH_LABEL = [TEXT, 1]
const SECRET_TEXT = [TEXT, 8]
const query = (schema: number, name: string) => [schema, { httpQuery: name }]

const post = (uri: string) => ({ http: ['POST', uri, 200] })
const get = (uri: string) => ({ http: ['GET', uri, 200] })
const put = (uri: string) => ({ http: ['PUT', uri, 200] })
const del = (uri: string) => ({ http: ['DELETE', uri, 200] })

export const AttachedCluster$ = [
  3,
  OPENIRSA,
  'AttachedCluster',
  0,
  ['name', 'arn', 'kind', 'issuerUrl', 'keySource', 'endpoint', 'version', 'createdAt', 'tags'],
  [TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TIMESTAMP, TEXT_MAP],
]
const AttachedClusterList = [1, OPENIRSA, 'AttachedClusterList', 0, () => AttachedCluster$]

export const ClusterKey$ = [
  3,
  OPENIRSA,
  'ClusterKey',
  0,
  ['keyId', 'algorithm', 'isSigning', 'createdAt'],
  [TEXT, TEXT, BOOLEAN, TIMESTAMP],
]
const ClusterKeyList = [1, OPENIRSA, 'ClusterKeyList', 0, () => ClusterKey$]

export const ClusterKeys$ = [
  3,
  OPENIRSA,
  'ClusterKeys',
  0,
  ['issuerUrl', 'keySource', 'keys', 'jwks', 'fetchedAt', 'freshUntil', 'lastError'],
  [TEXT, TEXT, () => ClusterKeyList, TEXT, TIMESTAMP, TIMESTAMP, TEXT],
]

export const AttachClusterRequest$ = [
  3,
  OPENIRSA,
  'AttachClusterRequest',
  0,
  ['name', 'issuerUrl', 'jwks', 'endpoint', 'certificateAuthorityData', 'version', 'tags'],
  [TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT_MAP],
  2,
]
export const AttachClusterResponse$ = [
  3,
  OPENIRSA,
  'AttachClusterResponse',
  0,
  ['cluster', 'keys'],
  [() => AttachedCluster$, () => ClusterKeys$],
]
export const AttachCluster$ = [
  9,
  OPENIRSA,
  'AttachCluster',
  post('/openirsa/clusters'),
  () => AttachClusterRequest$,
  () => AttachClusterResponse$,
]

export const ClusterRequest$ = [3, OPENIRSA, 'ClusterRequest', 0, ['name'], [PATH_LABEL], 1]

export const DetachClusterResponse$ = [3, OPENIRSA, 'DetachClusterResponse', 0, ['cluster'], [() => AttachedCluster$]]
export const DetachCluster$ = [
  9,
  OPENIRSA,
  'DetachCluster',
  del('/openirsa/clusters/{name}'),
  () => ClusterRequest$,
  () => DetachClusterResponse$,
]

export const ListClustersRequest$ = [
  3,
  OPENIRSA,
  'ListClustersRequest',
  0,
  ['maxResults', 'nextToken'],
  [query(NUMBER, 'maxResults'), query(TEXT, 'nextToken')],
]
export const ListClustersResponse$ = [
  3,
  OPENIRSA,
  'ListClustersResponse',
  0,
  ['clusters', 'nextToken'],
  [() => AttachedClusterList, TEXT],
]
export const ListClusters$ = [
  9,
  OPENIRSA,
  'ListClusters',
  get('/openirsa/clusters'),
  () => ListClustersRequest$,
  () => ListClustersResponse$,
]

export const ClusterKeysResponse$ = [3, OPENIRSA, 'ClusterKeysResponse', 0, ['keys'], [() => ClusterKeys$]]
export const GetClusterKeys$ = [
  9,
  OPENIRSA,
  'GetClusterKeys',
  get('/openirsa/clusters/{name}/keys'),
  () => ClusterRequest$,
  () => ClusterKeysResponse$,
]

export const UpdateClusterKeysRequest$ = [
  3,
  OPENIRSA,
  'UpdateClusterKeysRequest',
  0,
  ['name', 'jwks'],
  [PATH_LABEL, TEXT],
  2,
]
export const UpdateClusterKeys$ = [
  9,
  OPENIRSA,
  'UpdateClusterKeys',
  put('/openirsa/clusters/{name}/keys'),
  () => UpdateClusterKeysRequest$,
  () => ClusterKeysResponse$,
]

export const RotateClusterKeyRequest$ = [
  3,
  OPENIRSA,
  'RotateClusterKeyRequest',
  0,
  ['name', 'step', 'force'],
  [PATH_LABEL, TEXT, BOOLEAN],
  2,
]
export const RotateClusterKey$ = [
  9,
  OPENIRSA,
  'RotateClusterKey',
  post('/openirsa/clusters/{name}/key-rotation'),
  () => RotateClusterKeyRequest$,
  () => ClusterKeysResponse$,
]

export const CreateServiceAccountTokenRequest$ = [
  3,
  OPENIRSA,
  'CreateServiceAccountTokenRequest',
  0,
  ['clusterName', 'namespace', 'serviceAccount', 'audiences', 'durationSeconds'],
  [PATH_LABEL, TEXT, TEXT, TEXT_LIST, NUMBER],
  3,
]
export const CreateServiceAccountTokenResponse$ = [
  3,
  OPENIRSA,
  'CreateServiceAccountTokenResponse',
  0,
  ['token', 'expiration', 'subject', 'issuerUrl', 'audiences'],
  [SECRET_TEXT, TIMESTAMP, TEXT, TEXT, TEXT_LIST],
]
export const CreateServiceAccountToken$ = [
  9,
  OPENIRSA,
  'CreateServiceAccountToken',
  post('/openirsa/clusters/{clusterName}/tokens'),
  () => CreateServiceAccountTokenRequest$,
  () => CreateServiceAccountTokenResponse$,
]

export const CreateRegistrationTokenRequest$ = [
  3,
  OPENIRSA,
  'CreateRegistrationTokenRequest',
  0,
  ['productCode', 'sellerAccountId'],
  [TEXT, TEXT],
  2,
]
export const CreateRegistrationTokenResponse$ = [
  3,
  OPENIRSA,
  'CreateRegistrationTokenResponse',
  0,
  ['registrationToken', 'expiration'],
  [SECRET_TEXT, TIMESTAMP],
]
export const CreateRegistrationToken$ = [
  9,
  OPENIRSA,
  'CreateRegistrationToken',
  post('/openirsa/registration-tokens'),
  () => CreateRegistrationTokenRequest$,
  () => CreateRegistrationTokenResponse$,
]

export * from './explanation/schemas.ts'
