import type { Operation } from '../access/operation.ts'
import type { Service } from '../access/service.ts'
import type { ServiceProtocol } from '../aws/service-protocol.ts'
import { loadServiceModel } from '../wire/schema-adapter.ts'
import type { ServiceModel } from '../wire/service-model.ts'

/** A service with its wire model. */
export interface LoadedService<Dependencies> {
  readonly service: Service<Dependencies>
  readonly model: ServiceModel
  /** Undefined for an operation of the model that is not built. */
  // biome-ignore lint/suspicious/noExplicitAny: see Service.operations
  operation(name: string): Operation<any, any, Dependencies> | undefined
}

export interface ServiceRegistry<Dependencies> {
  readonly protocols: readonly ServiceProtocol[]
  /** Loads the service's schemas at its first request: start-up does not pay for services that nobody calls. */
  load(name: string): Promise<LoadedService<Dependencies>>
  /** Loads all that is not loaded yet, one after the other. */
  preload(): Promise<void>
}

export function serviceRegistry<Dependencies>(
  services: readonly Service<Dependencies>[],
): ServiceRegistry<Dependencies> {
  const byName = new Map(services.map((service) => [service.protocol.name, service]))
  const loaded = new Map<string, Promise<LoadedService<Dependencies>>>()
  function load(name: string): Promise<LoadedService<Dependencies>> {
    const known = loaded.get(name)
    if (known !== undefined) return known
    const service = byName.get(name)
    if (service === undefined) throw new Error(`Broken invariant: no service ${name}`)
    const loading = loadService(service)
    loaded.set(name, loading)
    loading.catch(() => loaded.delete(name))
    return loading
  }
  return {
    protocols: services.map((service) => service.protocol),
    load,
    async preload() {
      for (const name of byName.keys()) await load(name)
    },
  }
}

async function loadService<Dependencies>(service: Service<Dependencies>): Promise<LoadedService<Dependencies>> {
  const model = loadServiceModel(service.protocol, await service.loadSchemas())
  const operations = new Map(service.operations.map((operation) => [operation.name, operation]))
  for (const name of operations.keys()) {
    if (!model.operations.has(name))
      throw new Error(`Broken invariant: ${service.protocol.name} has no operation ${name}`)
  }
  return { service, model, operation: (name) => operations.get(name) }
}
