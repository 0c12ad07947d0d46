import { type Form, formValue } from './form.ts'
import type { OperationModel, ServiceModel } from './service-model.ts'
import { compareSpecificity, matchPath, parseUriTemplate, type UriTemplate } from './uri-template.ts'

interface RestMatch {
  readonly operation: OperationModel
  readonly labels: ReadonlyMap<string, string>
}

/**
 * Finds a rest-json operation by method and path, the most specific URI first.
 * @throws URIError for a path that is not percent-encoded UTF-8
 */
export function matchRestOperation(service: ServiceModel, method: string, path: string): RestMatch | undefined {
  for (const { operation, template } of routesOf(service).get(method) ?? []) {
    const labels = matchPath(template, path)
    if (labels) return { operation, labels }
  }
  return undefined
}

interface Route {
  readonly operation: OperationModel
  readonly template: UriTemplate
}

type Routes = ReadonlyMap<string, readonly Route[]>

const compiled = new WeakMap<ServiceModel, Routes>()

function routesOf(service: ServiceModel): Routes {
  const known = compiled.get(service)
  if (known) return known
  const routes = Map.groupBy(restRoutes(service), ({ operation }) => operation.http?.method ?? '')
  for (const list of routes.values()) list.sort((a, b) => compareSpecificity(a.template, b.template))
  compiled.set(service, routes)
  return routes
}

function restRoutes(service: ServiceModel): Route[] {
  return [...service.operations.values()].flatMap((operation) =>
    operation.http ? [{ operation, template: parseUriTemplate(operation.http.uri) }] : [],
  )
}

/** Exported for the S3 router, which reads the same templates. */
export function fixedQueryMatches(template: UriTemplate, query: Form): boolean {
  return template.fixedQuery.every(([name, value]) => {
    const given = formValue(query, name)
    return given !== undefined && (value === undefined || given === value)
  })
}
