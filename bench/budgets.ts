/** What the project promises itself, by core: the design's performance budget. Ratios are of processor time by request. */
export const BUDGETS = {
  /** AssumeRoleWithWebIdentity, over a bare exchange with one RS256 check. */
  assumeRoleWithWebIdentityRatio: 1.6,
  /** A signed and authorized read, over a bare exchange. */
  signedReadRatio: 2,
  /** S3 GET of 1 KiB, at p50 with one client, on top of what the objects' own store takes. */
  objectReadAddedMs: 0.5,
  startMs: 600,
  residentMegabytes: 160,
  /** GetRole with many roles, over the same with few. */
  manyRolesRatio: 1.3,
} as const
