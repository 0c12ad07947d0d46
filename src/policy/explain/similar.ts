/** Shorter texts are not slips of each other: one letter is too much of them. */
const CHARACTERS_MIN = 4

/** Is one text a letter away from the other: changed, left out, put in, or two beside each other swapped? Work is linear in the texts. */
export function isSlip(one: string, other: string): boolean {
  if (one === other || Math.min(one.length, other.length) < CHARACTERS_MIN) return false
  let start = 0
  while (start < one.length && start < other.length && one[start] === other[start]) start++
  let end = 0
  const endMax = Math.min(one.length, other.length) - start
  while (end < endMax && one.at(-1 - end) === other.at(-1 - end)) end++
  const [left, right] = [one.slice(start, one.length - end), other.slice(start, other.length - end)]
  if (left.length <= 1 && right.length <= 1) return true
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0]
}
