import { expect, it } from 'vitest'
import { pageToken, placeOfPageToken } from './page-token.ts'

it.each(['', 'a', 'path/\nname', 'Ünï/𝄞'])('gives back the place %j', (place) => {
  expect(placeOfPageToken('ListThings', pageToken('ListThings', place))).toBe(place)
})

it.each([
  ['of another list', pageToken('ListOthers', 'a')],
  ['of a list whose name begins the same', pageToken('ListThingsOfAll', 'a')],
  ['that is padded', `${pageToken('ListThings', 'a')}=`],
  ['that is no base64url', 'a b'],
  ['that is empty', ''],
  ['that no database takes as text', pageToken('ListThings', 'a\0')],
])('refuses a token %s', (_, token) => {
  expect(placeOfPageToken('ListThings', token)).toBe(undefined)
})
