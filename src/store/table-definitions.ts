import type { Tables } from './tables.ts'

/** `integer` is 64 bits wide, `text` is compared byte by byte; a question mark means that the column may be null. */
export type ColumnKind = 'text' | 'text?' | 'integer' | 'integer?'

export interface TableDefinition<Column extends string = string> {
  readonly columns: Readonly<Record<Column, ColumnKind>>
  readonly primaryKey: readonly Column[]
  readonly unique?: readonly (readonly Column[])[]
  /** Beside each: the query it is for. */
  readonly indexes?: readonly (readonly Column[])[]
  /** At most one row of each value of `of` has 1 in `flag`. */
  readonly single?: { readonly flag: Column; readonly of: Column }
  /** Rows that must go before the row that they belong to, and come after it. */
  readonly belongsTo?: { readonly column: Column; readonly table: keyof Tables; readonly key: string }
}

type KindOf<Value> = `${NonNullable<Value> extends number ? 'integer' : 'text'}${null extends Value ? '?' : ''}`

type DefinitionOf<Row> = TableDefinition<keyof Row & string> & {
  readonly columns: { readonly [Column in keyof Row]: KindOf<Row[Column]> }
}

/**
 * Every table. The types hold each definition to its row in `tables.ts`, nullability included.
 * Once a release has gone out with it, a definition stays as it is, and what changes is a further migration.
 */
export const TABLE_DEFINITIONS = {
  settings: {
    columns: { name: 'text', value: 'text' },
    primaryKey: ['name'],
  },
  accounts: {
    columns: { account_id: 'text', created_at: 'integer' },
    primaryKey: ['account_id'],
  },
  users: {
    columns: {
      user_id: 'text',
      account_id: 'text',
      user_name: 'text',
      user_name_key: 'text',
      path: 'text',
      permissions_boundary: 'text?',
      created_at: 'integer',
    },
    primaryKey: ['user_id'],
    unique: [['account_id', 'user_name_key']],
    indexes: [
      ['account_id', 'path', 'user_name_key'], // ListUsers with PathPrefix
      ['permissions_boundary'], // who has this policy as boundary
    ],
  },
  access_keys: {
    columns: {
      access_key_id: 'text',
      account_id: 'text',
      user_id: 'text',
      sealed_secret: 'text',
      status: 'text',
      created_at: 'integer',
    },
    primaryKey: ['access_key_id'],
    indexes: [['user_id', 'access_key_id']],
    belongsTo: { column: 'user_id', table: 'users', key: 'user_id' },
  },
  roles: {
    columns: {
      role_id: 'text',
      account_id: 'text',
      role_name: 'text',
      role_name_key: 'text',
      path: 'text',
      description: 'text?',
      trust_policy: 'text',
      trust_principal_ids: 'text',
      max_session_duration_seconds: 'integer',
      permissions_boundary: 'text?',
      created_at: 'integer',
      last_used_at: 'integer?',
      last_used_region: 'text?',
    },
    primaryKey: ['role_id'],
    unique: [['account_id', 'role_name_key']],
    indexes: [
      ['account_id', 'path', 'role_name_key'], // ListRoles with PathPrefix
      ['permissions_boundary'], // who has this policy as boundary
    ],
  },
  policies: {
    columns: {
      policy_id: 'text',
      account_id: 'text',
      policy_arn: 'text',
      policy_name: 'text',
      policy_name_key: 'text',
      path: 'text',
      description: 'text?',
      default_version_id: 'text',
      next_version: 'integer',
      created_at: 'integer',
      updated_at: 'integer',
    },
    primaryKey: ['policy_id'],
    unique: [['policy_arn'], ['account_id', 'policy_name_key']],
    indexes: [['account_id', 'path', 'policy_name_key']], // ListPolicies with PathPrefix
  },
  policy_versions: {
    columns: { policy_id: 'text', version_id: 'text', version: 'integer', document: 'text', created_at: 'integer' },
    primaryKey: ['policy_id', 'version'],
    unique: [['policy_id', 'version_id']],
    belongsTo: { column: 'policy_id', table: 'policies', key: 'policy_id' },
  },
  policy_attachments: {
    columns: {
      account_id: 'text',
      principal_id: 'text',
      policy_arn: 'text',
      policy_name: 'text',
      attached_at: 'integer',
    },
    primaryKey: ['principal_id', 'policy_arn'],
    indexes: [
      ['policy_arn', 'account_id', 'principal_id'], // who has this policy, of one account where it is AWS's
      ['principal_id', 'policy_name', 'policy_arn'], // ListAttachedRolePolicies, by name
      ['account_id', 'policy_arn'], // ListPolicies with OnlyAttached
    ],
  },
  inline_policies: {
    columns: {
      account_id: 'text',
      principal_id: 'text',
      policy_name: 'text',
      policy_name_key: 'text',
      document: 'text',
      updated_at: 'integer',
    },
    primaryKey: ['principal_id', 'policy_name_key'],
  },
  tags: {
    columns: { account_id: 'text', resource_id: 'text', tag_key: 'text', tag_key_key: 'text', tag_value: 'text' },
    primaryKey: ['resource_id', 'tag_key_key'],
  },
  oidc_providers: {
    columns: {
      account_id: 'text',
      provider_arn: 'text',
      url: 'text',
      client_ids: 'text',
      thumbprints: 'text',
      created_at: 'integer',
    },
    primaryKey: ['provider_arn'],
    unique: [['account_id', 'url']],
    indexes: [['account_id', 'provider_arn']], // ListOpenIDConnectProviders
  },
  issuers: {
    columns: {
      issuer_url: 'text',
      account_id: 'text',
      kind: 'text',
      hosted_id: 'text?',
      uploaded_jwks: 'text?',
      created_at: 'integer',
      updated_at: 'integer',
    },
    primaryKey: ['issuer_url'],
    unique: [['hosted_id']],
    indexes: [['account_id', 'issuer_url']],
  },
  issuer_keys: {
    columns: {
      issuer_url: 'text',
      key_id: 'text',
      algorithm: 'text',
      public_jwk: 'text',
      sealed_private_key: 'text',
      is_signing: 'integer',
      created_at: 'integer',
    },
    primaryKey: ['issuer_url', 'key_id'],
    single: { flag: 'is_signing', of: 'issuer_url' },
    belongsTo: { column: 'issuer_url', table: 'issuers', key: 'issuer_url' },
  },
  clusters: {
    columns: {
      account_id: 'text',
      region: 'text',
      cluster_name: 'text',
      cluster_arn: 'text',
      issuer_url: 'text',
      kind: 'text',
      version: 'text',
      role_arn: 'text',
      endpoint: 'text',
      detail: 'text',
      created_at: 'integer',
    },
    primaryKey: ['cluster_arn'],
    unique: [['account_id', 'region', 'cluster_name']],
    indexes: [['issuer_url']],
  },
  buckets: {
    columns: {
      bucket_name: 'text',
      account_id: 'text',
      region: 'text',
      policy: 'text?',
      policy_principal_ids: 'text?',
      created_at: 'integer',
    },
    primaryKey: ['bucket_name'],
    indexes: [['account_id', 'bucket_name']], // ListBuckets
  },
  objects: {
    columns: {
      bucket_name: 'text',
      object_key: 'text',
      blob: 'text',
      size_bytes: 'integer',
      etag: 'text',
      last_modified: 'integer',
      headers: 'text',
    },
    primaryKey: ['bucket_name', 'object_key'],
    unique: [['blob']],
    belongsTo: { column: 'bucket_name', table: 'buckets', key: 'bucket_name' },
  },
  multipart_uploads: {
    columns: { upload_id: 'text', bucket_name: 'text', object_key: 'text', headers: 'text', initiated_at: 'integer' },
    primaryKey: ['upload_id'],
    indexes: [['bucket_name', 'object_key', 'upload_id']], // ListMultipartUploads
    belongsTo: { column: 'bucket_name', table: 'buckets', key: 'bucket_name' },
  },
  multipart_parts: {
    columns: {
      upload_id: 'text',
      part_number: 'integer',
      blob: 'text',
      size_bytes: 'integer',
      etag: 'text',
      checksums: 'text',
      last_modified: 'integer',
    },
    primaryKey: ['upload_id', 'part_number'],
    unique: [['blob']],
    belongsTo: { column: 'upload_id', table: 'multipart_uploads', key: 'upload_id' },
  },
  usage_records: {
    columns: {
      record_id: 'text',
      account_id: 'text',
      product_code: 'text',
      dedupe_key: 'text',
      detail: 'text',
      recorded_at: 'integer',
    },
    primaryKey: ['record_id'],
    unique: [['account_id', 'product_code', 'dedupe_key']],
    indexes: [['account_id', 'recorded_at', 'record_id']],
  },
  session_keys: {
    columns: {
      key_id: 'text',
      purpose: 'text',
      wrapped_key: 'text',
      is_sealing: 'integer',
      created_at: 'integer',
    },
    primaryKey: ['key_id'],
    single: { flag: 'is_sealing', of: 'purpose' },
  },
  audit_events: {
    columns: {
      event_id: 'text',
      account_id: 'text?',
      event_time: 'integer',
      event_source: 'text',
      event_name: 'text',
      error_code: 'text?',
      event: 'text',
    },
    primaryKey: ['event_id'],
    indexes: [
      ['event_time', 'event_id'], // retention
      ['account_id', 'event_time', 'event_id'], // newest events of an account
    ],
  },
  denials: {
    columns: {
      authorization_id: 'text',
      account_id: 'text',
      denied_at: 'integer',
      detail: 'text',
      size_bytes: 'integer',
    },
    primaryKey: ['authorization_id'],
    indexes: [
      ['denied_at', 'authorization_id'], // retention
      ['account_id', 'denied_at', 'authorization_id'], // newest denial of an account
    ],
  },
  denial_policies: {
    columns: { policy_digest: 'text', document: 'text', size_bytes: 'integer', last_denied_at: 'integer' },
    primaryKey: ['policy_digest'],
    indexes: [['last_denied_at', 'policy_digest']], // retention
  },
  changes: {
    columns: { sequence: 'integer', subject: 'text', changed_at: 'integer' },
    primaryKey: ['sequence'],
  },
} as const satisfies { readonly [Table in keyof Tables]: DefinitionOf<Tables[Table]> }

/** Tables that came after schema version 1, and the version that brought each. */
export const LATER_TABLES: Readonly<Partial<Record<keyof Tables, number>>> = { denials: 2, denial_policies: 2 }
