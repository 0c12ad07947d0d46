import { Readable } from 'node:stream'
import { HttpResponse as SdkResponse } from '@smithy/core/protocols'
import { expect } from 'vitest'
import { AwsError } from '../../aws/aws-error.ts'
import type { HttpRequest, HttpResponse } from '../../aws/http-message.ts'
import { decodeInput } from '../decode.ts'
import { encodeOutput } from '../encode.ts'
import { encodeError } from '../errors.ts'
import { parseFormBody } from '../form.ts'
import { routeOperation } from '../operation-route.ts'
import type { ServiceModel } from '../service-model.ts'
import { routeForm, routeService, type ServiceRoute } from '../service-route.ts'
import { ALL_SERVICES } from './services.ts'

export const REQUEST_ID = '0a1b2c3d-0000-4000-8000-000000000000'

/** Stands in for the SDK clients' HTTP handler: decodes what they send, answers with what the test says. */
export class FakeEndpoint {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  readonly model: ServiceModel
  readonly respond: (input: Record<string, unknown>) => Readonly<Record<string, unknown>>
  routed: string | undefined
  input: Record<string, unknown> | undefined
  request: HttpRequest | undefined

  constructor(model: ServiceModel, respond: (input: Record<string, unknown>) => Readonly<Record<string, unknown>>) {
    this.model = model
    this.respond = respond
  }

  async handle(sdkRequest: SdkRequest) {
    const request = await toRequest(sdkRequest)
    this.request = request
    expect(routeWithBody(request)).toMatchObject({ kind: 'service', service: { name: this.model.name } })
    return { response: toSdkResponse(this.answer(request)) }
  }

  answer(request: HttpRequest): HttpResponse {
    try {
      const routed = routeOperation(this.model, request)
      this.routed = routed.operation.name
      this.input = decodeInput(this.model, routed, request)
      return encodeOutput(this.model, routed.operation, this.respond(this.input), REQUEST_ID)
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      return encodeError(this.model, error, REQUEST_ID, request)
    }
  }

  updateHttpClientConfig() {}

  httpHandlerConfigs() {
    return {}
  }
}

function routeWithBody(request: HttpRequest): ServiceRoute {
  const route = routeService(request, ALL_SERVICES)
  if (route.kind !== 'form' || request.body.kind !== 'bytes') return route
  return routeForm(parseFormBody(request.body.bytes), ALL_SERVICES)
}

interface SdkRequest {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>
}

async function toRequest({ method, path, query, headers, body }: SdkRequest): Promise<HttpRequest> {
  return {
    method,
    path,
    query: queryString(query ?? {}),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()])),
    body: { kind: 'bytes', bytes: await toBytes(body) },
    sourceAddress: '127.0.0.1',
    isSecure: false,
  }
}

function queryString(query: NonNullable<SdkRequest['query']>): string {
  return Object.entries(query)
    .flatMap(([name, value]) => {
      const values = Array.isArray(value) ? value : [value]
      return values.map((text) => (text === null ? encode(name) : `${encode(name)}=${encode(text)}`))
    })
    .join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
}

async function toBytes(body: SdkRequest['body']): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array()
  if (typeof body === 'string') return Buffer.from(body)
  if (body instanceof Uint8Array) return body
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function toSdkResponse({ status, headers, body }: HttpResponse): SdkResponse {
  const content = body === undefined ? [] : [body]
  return new SdkResponse({ statusCode: status, headers, body: Readable.from(content, { objectMode: false }) })
}
