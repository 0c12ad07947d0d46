import { expect, test } from 'vitest'
import { plainText } from './plain-text.ts'

test.each([
  ['an escape sequence', 'no\u001b[2K\u001b[1Gyes', 'no\\u001b[2K\\u001b[1Gyes'],
  ['its short form', 'a\u009b8mb', 'a\\u009b8mb'],
  ['a line break', 'a\r\nyes', 'a\\u000d\\u000ayes'],
  ['an override of the direction', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
  ['a tab and letters of any script', '\tä日🎉', '\tä日🎉'],
])('%s', (_, text, shown) => {
  expect(plainText(text)).toBe(shown)
})
