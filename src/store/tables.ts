/**
 * The rows of every table, one definition for SQLite and PostgreSQL.
 *
 * Times are integer milliseconds since the epoch. Documents are text, lists and maps JSON text. Flags are 0 or 1.
 * A name that AWS compares without case has a lower-case twin ending in `_key`; only the twin is unique.
 */
export interface Tables {
  settings: SettingRow
  accounts: AccountRow
  users: UserRow
  access_keys: AccessKeyRow
  roles: RoleRow
  policies: PolicyRow
  policy_versions: PolicyVersionRow
  policy_attachments: PolicyAttachmentRow
  inline_policies: InlinePolicyRow
  tags: TagRow
  oidc_providers: OidcProviderRow
  issuers: IssuerRow
  issuer_keys: IssuerKeyRow
  clusters: ClusterRow
  buckets: BucketRow
  objects: ObjectRow
  multipart_uploads: MultipartUploadRow
  multipart_parts: MultipartPartRow
  usage_records: UsageRecordRow
  session_keys: SessionKeyRow
  audit_events: AuditEventRow
  denials: DenialRow
  denial_policies: DenialPolicyRow
  changes: ChangeRow
}

/** One row a fact about the installation itself (for example the id of the first IAM user). */
export interface SettingRow {
  name: string
  value: string
}

export interface AccountRow {
  account_id: string
  created_at: number
}

export interface UserRow {
  user_id: string
  account_id: string
  user_name: string
  user_name_key: string
  path: string
  permissions_boundary: string | null
  created_at: number
}

export interface AccessKeyRow {
  access_key_id: string
  account_id: string
  user_id: string
  /** The secret access key, sealed (`store/seal.ts`) with the access key id as associated data. */
  sealed_secret: string
  status: 'Active' | 'Inactive'
  created_at: number
}

export interface RoleRow {
  role_id: string
  account_id: string
  role_name: string
  role_name_key: string
  path: string
  description: string | null
  /** The trust policy as it was given. */
  trust_policy: string
  /** JSON: `{ "<user or role ARN in the trust policy>": "<unique id at the time it was saved>" }`. */
  trust_principal_ids: string
  max_session_duration_seconds: number
  permissions_boundary: string | null
  created_at: number
  last_used_at: number | null
  last_used_region: string | null
}

/** A customer managed policy. AWS managed policies are not rows: they come from the catalog. */
export interface PolicyRow {
  policy_id: string
  account_id: string
  policy_arn: string
  policy_name: string
  policy_name_key: string
  path: string
  description: string | null
  default_version_id: string
  /** Number of the next version: version ids are never used twice. */
  next_version: number
  created_at: number
  updated_at: number
}

export interface PolicyVersionRow {
  policy_id: string
  /** `v1`, `v2`, … */
  version_id: string
  /** The number in the version id, to sort by. */
  version: number
  document: string
  created_at: number
}

/** A managed policy (customer's or AWS's) attached to a user or a role. */
export interface PolicyAttachmentRow {
  account_id: string
  /** Unique id of the user or role (`AIDA…`, `AROA…`). */
  principal_id: string
  policy_arn: string
  /** Last part of the ARN. */
  policy_name: string
  attached_at: number
}

export interface InlinePolicyRow {
  account_id: string
  principal_id: string
  policy_name: string
  policy_name_key: string
  document: string
  updated_at: number
}

export interface TagRow {
  account_id: string
  /** Unique id, or ARN of what has none (`oidc-provider`, cluster, bucket). */
  resource_id: string
  tag_key: string
  /** IAM compares tag keys without case. */
  tag_key_key: string
  tag_value: string
}

export interface OidcProviderRow {
  account_id: string
  provider_arn: string
  /** Without `https://`; `http://` stays for loopback issuers under `--dev`. What `iss` is compared with is derived from it. */
  url: string
  client_ids: string
  thumbprints: string
  created_at: number
}

/** Where the keys of an issuer come from, when not from its own discovery document. */
export interface IssuerRow {
  /** The `iss` of its tokens, with scheme. */
  issuer_url: string
  account_id: string
  /** `hosted`: we hold the private keys. `uploaded`: somebody gave us the JWKS. */
  kind: 'hosted' | 'uploaded'
  /** 32 hex digits for a hosted issuer: its path under `/id/`. */
  hosted_id: string | null
  /** The JWKS as it was uploaded, or null for a hosted issuer. */
  uploaded_jwks: string | null
  created_at: number
  updated_at: number
}

export interface IssuerKeyRow {
  issuer_url: string
  key_id: string
  algorithm: string
  public_jwk: string
  /** PKCS #8 PEM, sealed with the issuer URL and key id as associated data. */
  sealed_private_key: string
  /** 1 for the one key that signs; the others are only published. */
  is_signing: number
  created_at: number
}

export interface ClusterRow {
  account_id: string
  region: string
  cluster_name: string
  cluster_arn: string
  issuer_url: string
  /** `created`: CreateCluster made the record. `attached`: an existing cluster's issuer was attached. */
  kind: 'created' | 'attached'
  version: string
  role_arn: string
  endpoint: string
  /** The further members of DescribeCluster's answer, as JSON. */
  detail: string
  created_at: number
}

export interface BucketRow {
  bucket_name: string
  account_id: string
  region: string
  policy: string | null
  /** As for trust policies. */
  policy_principal_ids: string | null
  created_at: number
}

/** An object of the embedded object store: the row is its existence, the blob its bytes. */
export interface ObjectRow {
  bucket_name: string
  object_key: string
  /** Name of the file under `objects/` that holds the bytes; never reused. */
  blob: string
  size_bytes: number
  etag: string
  last_modified: number
  /** Content-Type, Cache-Control …, user metadata and checksums, as JSON. */
  headers: string
}

export interface MultipartUploadRow {
  upload_id: string
  bucket_name: string
  object_key: string
  headers: string
  initiated_at: number
}

export interface MultipartPartRow {
  upload_id: string
  part_number: number
  blob: string
  size_bytes: number
  etag: string
  /** Checksums as JSON. */
  checksums: string
  last_modified: number
}

/** Marketplace usage, for de-duplication and for the operator to read. */
export interface UsageRecordRow {
  record_id: string
  account_id: string
  product_code: string
  /** What makes a second record the same one (customer, dimension, hour). */
  dedupe_key: string
  detail: string
  recorded_at: number
}

/** A data key, wrapped by the master key: session tokens and sealed columns use these. */
export interface SessionKeyRow {
  key_id: string
  purpose: 'session' | 'column'
  wrapped_key: string
  /** 1 for the one key of its purpose that seals; the others only open. */
  is_sealing: number
  created_at: number
}

export interface AuditEventRow {
  event_id: string
  account_id: string | null
  event_time: number
  event_source: string
  event_name: string
  /** Null where the call was allowed and worked. */
  error_code: string | null
  /** The whole event as JSON, CloudTrail's field names. */
  event: string
}

/** A denied request as it was, so that it can be explained later. */
export interface DenialRow {
  /** `[0-9a-z]+`, unguessable: it stands in the message of the denial. */
  authorization_id: string
  /** Account of the principal that was denied. */
  account_id: string
  denied_at: number
  /** The request, its context and the digests of the policies that were asked, as JSON. */
  detail: string
  size_bytes: number
}

/** A policy's text as some denial met it, kept once for all of them. */
export interface DenialPolicyRow {
  /** SHA-256 of the text, base64url. */
  policy_digest: string
  document: string
  size_bytes: number
  /** The latest denial that needs it, to within a moment. */
  last_denied_at: number
}

/** The change feed: one row a changed subject, in commit order. */
export interface ChangeRow {
  sequence: number
  /** What changed: see `ChangeSubject`. */
  subject: string
  changed_at: number
}
