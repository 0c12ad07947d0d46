import type { PrincipalElement, PrincipalEntry } from '../document/document.ts'

const ROOT_ARN = /^arn:[^:]*:iam::(\d{12}):root$/

export function isEveryone(element: PrincipalElement): boolean {
  return element.isText || element.entries.some(isEveryoneEntry)
}

function isEveryoneEntry({ type, value }: PrincipalEntry): boolean {
  return type === 'AWS' && value === '*'
}

/**
 * Does the outer element surely name whoever the inner one may name, as narrowly? An account does not name its users: it leaves them to
 * their own policies. What boundaries and session policies then limit is theirs, not the policy's.
 */
export function principalCovers(
  outer: PrincipalElement | undefined,
  inner: PrincipalElement | undefined,
  effect: 'Allow' | 'Deny',
): boolean {
  if (outer === undefined || inner === undefined) return outer === inner
  if (outer.negated) return inner.negated && isSameList(outer, inner)
  if (inner.negated) return effect === 'Allow' && isEveryone(outer)
  if (isEveryone(outer))
    return effect === 'Deny' || inner.entries.every(({ type }) => type !== 'Federated') || coversEntries(outer, inner)
  return !inner.isText && coversEntries(outer, inner)
}

function coversEntries(outer: PrincipalElement, inner: PrincipalElement): boolean {
  const everyone = isEveryone(outer)
  const names = new Set(outer.entries.map(nameOf))
  return inner.entries.every((entry) => (everyone && entry.type !== 'Federated') || names.has(nameOf(entry)))
}

function isSameList(one: PrincipalElement, other: PrincipalElement): boolean {
  const names = (element: PrincipalElement): string =>
    JSON.stringify([element.isText, ...element.entries.map(nameOf).sort()])
  return names(one) === names(other)
}

/** An account has two spellings. */
function nameOf({ type, value }: PrincipalEntry): string {
  return `${type} ${(type === 'AWS' && ROOT_ARN.exec(value)?.[1]) || value}`
}

/** An entry that nobody can read allows nobody and denies everybody. */
export function isReadable(element: PrincipalElement | undefined): boolean {
  if (element === undefined || element.isText) return true
  return (
    element.entries.length > 0 &&
    element.entries.every((entry) => isEveryoneEntry(entry) || (/^[^*?]+$/.test(entry.value) && isKnownForm(entry)))
  )
}

function isKnownForm({ type, value }: PrincipalEntry): boolean {
  return type !== 'AWS' || /^(?:\d{12}$|arn:|A(?:IDA|ROA)[A-Z0-9]+$)/.test(value)
}
