/**
 * The SDK types a required member as `T | undefined`; inputs reach requirements and handlers with every required member
 * checked. This says so, all the way down.
 */
export type Present<T> = T extends Date | Uint8Array | ((...given: never) => unknown)
  ? T
  : T extends readonly (infer Entry)[]
    ? readonly Present<Entry>[]
    : T extends object
      ? {
          readonly [Key in keyof T]: IsOptional<T, Key> extends true
            ? Present<T[Key]>
            : Present<Exclude<T[Key], undefined>>
        }
      : T

type IsOptional<T, Key extends keyof T> = Record<never, never> extends Pick<T, Key> ? true : false
