/**
 * Who makes a call, after authentication. One kind for each form that a policy can name.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
 */
export type Caller = RootCaller | UserCaller | RoleSessionCaller | AnonymousCaller

interface KeyedCaller {
  readonly accountId: string
  /** The ARN that GetCallerIdentity shows and denials name. */
  readonly arn: string
  /** `aws:userid`. */
  readonly userId: string
  readonly accessKeyId: string
  /** Present for temporary credentials only. */
  readonly session: SessionFacts | undefined
}

/** The account's root user. */
export interface RootCaller extends KeyedCaller {
  readonly kind: 'root'
}

/** An IAM user, with a long-term key or with a session of GetSessionToken. */
export interface UserCaller extends KeyedCaller {
  readonly kind: 'user'
  readonly userName: string
  readonly uniqueId: string
}

/** A session of a role. */
export interface RoleSessionCaller extends KeyedCaller {
  readonly kind: 'assumed-role'
  readonly roleName: string
  /** The role's own ARN with its path (`aws:PrincipalArn`). */
  readonly roleArn: string
  readonly roleId: string
  readonly sessionName: string
  readonly session: SessionFacts
}

/** Nobody: the request carried no credentials. */
export interface AnonymousCaller {
  readonly kind: 'anonymous'
}

export interface SessionFacts {
  /** Milliseconds since the epoch; `aws:TokenIssueTime`. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** Inline session policy and the documents of managed session policies; empty where none was passed. */
  readonly policies: readonly SessionPolicy[]
  readonly tags: readonly SessionTag[]
  readonly sourceIdentity: string | undefined
  /** ARN of the OIDC provider for web identity sessions; `aws:FederatedProvider`. */
  readonly federatedProvider: string | undefined
  /** Claims of the web identity token that stay readable in the session, as context keys (`<issuer>:sub` …). */
  readonly federatedContext: Readonly<Record<string, string | readonly string[]>>
  /** True for a session made with the credentials of another session (role chaining). */
  readonly isChained: boolean
}

export type SessionPolicy =
  | { readonly kind: 'inline'; readonly document: string }
  | { readonly kind: 'managed'; readonly policyArn: string }

export interface SessionTag {
  readonly key: string
  readonly value: string
  readonly isTransitive: boolean
}
