/**
 * @peculiar/x509 asks for the metadata part of Reflect, which Node does not have. Its container uses just these.
 */
const metadata = new WeakMap<object, Map<string, unknown>>()

Object.assign(Reflect, {
  getMetadata: (key: string, target: object) => metadata.get(target)?.get(key),
  getOwnMetadata: (key: string, target: object) => metadata.get(target)?.get(key),
  hasOwnMetadata: (key: string, target: object) => metadata.get(target)?.has(key) ?? false,
  defineMetadata: (key: string, value: unknown, target: object) => {
    const entries = metadata.get(target) ?? new Map<string, unknown>()
    metadata.set(target, entries.set(key, value))
  },
})
