import type { Form } from './form.ts'
import { fixedQueryMatches } from './rest-router.ts'
import type { S3Address } from './s3-address.ts'
import type { OperationModel, ServiceModel } from './service-model.ts'
import type { Member } from './shape.ts'
import { parseUriTemplate, type UriTemplate } from './uri-template.ts'

/**
 * Finds an S3 operation: by method, by what is addressed (the service, a bucket, an object), and by the parameters and headers
 * that only it needs (`uploadId`, `x-amz-copy-source`).
 *
 * A subresource (`?acl`, `?uploads`) that the method does not have matches nothing: read as the plain request it could
 * overwrite an object or make a bucket.
 */
export function matchS3Operation(
  service: ServiceModel,
  method: string,
  address: S3Address,
  query: Form,
  headers: Readonly<Record<string, string>>,
): OperationModel | undefined {
  const { routes, subresources } = routesOf(service)
  const named = query.map(({ name }) => name).filter((name) => subresources.has(name))
  return routes
    .get(`${method} ${scopeOf(address)}`)
    ?.find(
      (route) =>
        fixedQueryMatches(route.template, query) &&
        route.requiredQuery.every((name) => query.some((field) => field.name === name)) &&
        route.requiredHeaders.every((name) => headers[name] !== undefined) &&
        named.every((name) => route.knownQuery.has(name)),
    )?.operation
}

type Scope = 'service' | 'bucket' | 'object'

interface S3Route {
  readonly operation: OperationModel
  readonly template: UriTemplate
  readonly requiredQuery: readonly string[]
  readonly requiredHeaders: readonly string[]
  readonly knownQuery: ReadonlySet<string>
}

interface S3Routes {
  /** Keyed `GET bucket`; the routes with the most conditions first. */
  readonly routes: ReadonlyMap<string, readonly S3Route[]>
  /** Parameters that select an operation. */
  readonly subresources: ReadonlySet<string>
}

const compiled = new WeakMap<ServiceModel, S3Routes>()

function routesOf(service: ServiceModel): S3Routes {
  const known = compiled.get(service)
  if (known) return known
  const routes = compileRoutes(service)
  compiled.set(service, routes)
  return routes
}

/**
 * Operations of S3 Express's own endpoint, which has the same URIs as S3's. Named, for the model has nothing that tells them
 * apart.
 */
const EXPRESS_OPERATIONS: ReadonlySet<string> = new Set(['ListDirectoryBuckets'])

function compileRoutes(service: ServiceModel): S3Routes {
  const scoped = Map.groupBy(
    [...service.operations.values()].flatMap((operation) => compileRoute(operation) ?? []),
    ({ operation, template }) => `${operation.http?.method} ${templateScope(operation, template)}`,
  )
  const all = [...scoped.values()].flat()
  for (const list of scoped.values()) list.sort((a, b) => conditionCount(b) - conditionCount(a))
  return { routes: scoped, subresources: new Set(all.flatMap(selectingParameters)) }
}

/** `?acl`; `uploadId`, where the URI itself has nothing. Not the ids of subresources, which other requests may carry. */
function selectingParameters({ template, requiredQuery }: S3Route): readonly string[] {
  if (template.fixedQuery.length === 0) return requiredQuery
  return template.fixedQuery.flatMap(([name, value]) => (value === undefined ? [name] : []))
}

function compileRoute(operation: OperationModel): S3Route | undefined {
  if (!operation.http || EXPRESS_OPERATIONS.has(operation.name)) return undefined
  const template = parseUriTemplate(operation.http.uri)
  const required = operation.input.members.filter((member) => member.isRequired)
  return {
    operation,
    template,
    requiredQuery: required.flatMap((member) => locationName(member, 'query')),
    requiredHeaders: required.flatMap((member) => locationName(member, 'header')),
    knownQuery: new Set([
      ...template.fixedQuery.map(([name]) => name),
      ...operation.input.members.flatMap((member) => locationName(member, 'query')),
    ]),
  }
}

function locationName({ location }: Member, kind: 'query' | 'header'): string[] {
  return location.kind === kind ? [location.name] : []
}

function conditionCount({ template, requiredQuery, requiredHeaders }: S3Route): number {
  return template.fixedQuery.length + requiredQuery.length + requiredHeaders.length
}

function scopeOf({ bucket, key }: S3Address): Scope {
  if (bucket === undefined) return 'service'
  return key === '' ? 'bucket' : 'object'
}

/** S3's URIs leave the bucket out; it is a label all the same. */
function templateScope(operation: OperationModel, template: UriTemplate): Scope {
  if (template.segments.length > 0) return 'object'
  return operation.input.members.some((member) => member.location.kind === 'label') ? 'bucket' : 'service'
}
