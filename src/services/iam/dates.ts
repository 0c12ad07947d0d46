/** IAM's dates have whole seconds. @param time  milliseconds since the epoch */
export function dateOf(time: number): Date {
  return new Date(time - (time % 1000))
}
