/**
 * Returns the opaque token by which a client asks for the page after a place of a list. It carries no right, so it is not
 * sealed: what it names is only a place in a list that the caller may read anyway.
 *
 * @param list  names the list, so that the token of another one is refused
 */
export function pageToken(list: string, place: string): string {
  return Buffer.from(`${list}\n${place}`).toString('base64url')
}

/** @returns the place, undefined for a text that is no token of this list, or holds what no database takes as text */
export function placeOfPageToken(list: string, token: string): string | undefined {
  const place = Buffer.from(token, 'base64url')
    .toString()
    .slice(list.length + 1)
  return pageToken(list, place) === token && !place.includes('\0') ? place : undefined
}
