/** An error code of an AWS API with the HTTP status that AWS answers it with. */
export interface AwsErrorCode {
  readonly code: string
  readonly status: number
}

/**
 * A refusal that the caller is meant to see: AWS's code, status and wording. The cause is for the operator's log only.
 * Codes are those of the query protocol; `wire/errors` translates them where a protocol spells one differently.
 */
export class AwsError extends Error {
  readonly code: string
  readonly status: number
  /** Further members of the modelled error shape (for example `resourceName` of EKS errors). */
  readonly detail: Readonly<Record<string, unknown>>

  constructor(
    kind: AwsErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly detail?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'AwsError'
    this.code = kind.code
    this.status = kind.status
    this.detail = options.detail ?? {}
  }
}
