import { once } from 'node:events'
import { get as httpsGet } from 'node:https'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AwsError } from '../aws/aws-error.ts'
import type { HttpResponse } from '../aws/http-message.ts'
import { issueCertificate } from '../oidc/testing/certificate-authority.ts'
import { type HttpListener, listen } from './http.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { exchange } from './testing/server-fixture.ts'

const LIMIT = 1_000
const MIB = 1024 * 1024

interface TestListener extends HttpListener {
  readonly failures: unknown[]
  /** Opens a connection, sends text, and gathers what comes back. */
  open(text: string): Promise<Conversation>
}

interface Conversation {
  readonly socket: Socket
  received(): string
  /** Resolves when what was received matches. */
  until(pattern: RegExp): Promise<string>
  readonly closed: Promise<unknown>
}

async function start(
  answer: (incoming: IncomingRequest) => Promise<HttpResponse>,
  isBehindTls = false,
): Promise<TestListener> {
  const failures: unknown[] = []
  const failed = (error: unknown) => failures.push(error)
  const listener = await listen({ host: '127.0.0.1', port: 0, tls: undefined, isBehindTls, failed }, answer)
  onTestFinished(() => listener.stop(0))
  return { ...listener, failures, open: (text) => converse(listener.port, text) }
}

async function converse(port: number, text: string): Promise<Conversation> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  await once(socket, 'connect')
  socket.write(text)
  return {
    socket,
    closed,
    received: () => received,
    async until(pattern) {
      for (let waited = 0; waited < 5_000; waited += 5) {
        if (pattern.test(received)) return received
        await sleep(5)
      }
      throw new Error(`Did not receive ${pattern}, but ${JSON.stringify(received)}`)
    },
  }
}

/** Answers with what was read of the body. */
async function echo(incoming: IncomingRequest): Promise<HttpResponse> {
  try {
    const body = await incoming.readBody(LIMIT)
    return { status: 200, headers: {}, body: `${body.length} bytes` }
  } catch (error) {
    if (error instanceof AwsError) return { status: error.status, headers: {}, body: error.code }
    throw error
  }
}

const refuse = async (): Promise<HttpResponse> => ({ status: 403, headers: {}, body: 'refused' })

const post = (length: number, body: string, more = '') =>
  `POST / HTTP/1.1\r\nhost: a\r\n${more}content-length: ${length}\r\n\r\n${body}`
const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'

describe('the head of a request', () => {
  async function headOf(text: string, isBehindTls = false) {
    const heads: IncomingRequest['head'][] = []
    const listener = await start(async ({ head }) => {
      heads.push(head)
      return { status: 200, headers: {}, body: undefined }
    }, isBehindTls)
    await (await listener.open(text)).until(/200 OK/)
    return heads[0]
  }

  test('is as it was sent: nothing decoded, headers that repeat joined', async () => {
    const text = 'PUT /a%2Fb//c?x=%20&&y HTTP/1.1\r\nHost: Name:1\r\nX-Two: 1\r\nx-two:  2 \r\n\r\n'
    expect(await headOf(text)).toMatchObject({
      ...{ method: 'PUT', path: '/a%2Fb//c', query: 'x=%20&&y', sourceAddress: '127.0.0.1', isSecure: false },
      headers: { host: 'Name:1', 'x-two': '1,2' },
    })
  })

  test.each([
    ['http://name.example/a?b=1', '/a', 'b=1'],
    ['HTTPS://name.example', '/', ''],
    ['http://name.example?b', '/', 'b'],
    ['*', '/', ''],
  ])('a target %s is the path %s and the query %j', async (target, path, query) => {
    expect(await headOf(`OPTIONS ${target} HTTP/1.1\r\nhost: a\r\n\r\n`)).toMatchObject({ path, query })
  })

  test('a proxy that ends TLS makes it secure, and its headers do not', async () => {
    const text = 'GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-proto: https\r\nx-forwarded-for: 10.0.0.1\r\n\r\n'
    expect(await headOf(text)).toMatchObject({ isSecure: false, sourceAddress: '127.0.0.1' })
    expect(await headOf(text, true)).toMatchObject({ isSecure: true })
  })
})

describe('limits', () => {
  test('headers of more than 32 KiB are 431', async () => {
    const listener = await start(echo)
    const withHeader = (bytes: number) => listener.open(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'v'.repeat(bytes)}\r\n\r\n`)
    await (await withHeader(32_000)).until(/200 OK/)
    await (await withHeader(33_000)).until(/431 /)
  })

  test('a body is taken up to the limit', async () => {
    const listener = await start(echo)
    await (await listener.open(post(LIMIT, 'x'.repeat(LIMIT)))).until(/1000 bytes/)
  })

  test('a longer one is 413 by what it announces, before a byte is read, and the connection lives', async () => {
    const listener = await start(echo)
    const conversation = await listener.open(post(LIMIT + 1, ''))
    expect(await conversation.until(/RequestEntityTooLarge/)).toMatch(/^HTTP\/1.1 413 (?!.*connection: close)/s)
    conversation.socket.write('x'.repeat(LIMIT + 1) + post(2, 'ab'))
    await conversation.until(/2 bytes/)
  })

  test('a longer one in chunks is 413 too, and the client sees it', async () => {
    const listener = await start(echo)
    const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`
    const head = 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'
    await (await listener.open(`${head}${chunk(LIMIT)}0\r\n\r\n`)).until(/1000 bytes/)
    const conversation = await listener.open(head + chunk(LIMIT) + chunk(1))
    expect(await conversation.until(/RequestEntityTooLarge/)).toMatch(/connection: close/i)
  })

  test('a streamed body that is refused in the middle does not hide its answer', async () => {
    const listener = await start(async (incoming) => {
      for await (const _chunk of incoming.streamBody()) break
      return refuse()
    })
    const conversation = await listener.open(post(8 * MIB, ''))
    for (let sent = 0; sent < 8; sent++) conversation.socket.write('x'.repeat(MIB))
    await conversation.closed
    expect(conversation.received()).toMatch(/refused$/)
  })

  test('a large body that is refused unread does not hide its answer, and ends the connection', async () => {
    const listener = await start(refuse)
    const size = 8 * MIB
    const conversation = await listener.open(post(size, ''))
    for (let sent = 0; sent < size; sent += MIB) conversation.socket.write('x'.repeat(MIB))
    await conversation.closed
    expect(conversation.received()).toMatch(/^HTTP\/1.1 403 .*connection: close.*refused$/is)
  })

  test('a client that never sends the rest of a refused body is let go', async () => {
    const listener = await start(refuse)
    const conversation = await listener.open(post(8 * MIB, 'x'))
    const started = performance.now()
    await conversation.closed
    expect(performance.now() - started).toBeLessThan(4_000)
    expect(conversation.received()).toMatch(/refused$/)
  })
})

describe('a client that waits for 100 Continue', () => {
  const EXPECTING = post(3, '', 'expect: 100-continue\r\n')

  test('is told once, when its body is wanted', async () => {
    const listener = await start(echo)
    const conversation = await listener.open(EXPECTING)
    await conversation.until(/^HTTP\/1.1 100 Continue\r\n\r\n$/)
    conversation.socket.write('abc')
    expect(await conversation.until(/3 bytes/)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200/)
  })

  test('is not asked for a body that is refused', async () => {
    const listener = await start(async (incoming) => {
      incoming.streamBody()
      return refuse()
    })
    expect(await (await listener.open(EXPECTING)).until(/refused/)).not.toMatch('100 Continue')
  })
})

describe('answers', () => {
  test('have the length of what they carry, and none where they carry nothing', async () => {
    const answers: HttpResponse[] = [
      { status: 200, headers: {}, body: 'äö' },
      { status: 200, headers: {}, body: undefined },
      { status: 204, headers: {}, body: undefined },
      { status: 200, headers: {}, body: Buffer.from('bytes') },
    ]
    const listener = await start(async () => answers.shift() ?? refuse())
    const lengths = []
    for (let index = 0; index < 4; index++) {
      const { headers, body } = await exchange(listener.port, {})
      lengths.push([headers['content-length'], body])
    }
    expect(lengths).toEqual([
      ['4', 'äö'],
      ['0', ''],
      [undefined, ''],
      ['5', 'bytes'],
    ])
  })

  test('to HEAD have no body, but its length', async () => {
    const stream = Readable.from([Buffer.from('abc')])
    const answers: HttpResponse[] = [
      { status: 200, headers: {}, body: 'abc' },
      { status: 200, headers: { 'content-length': '3' }, body: stream },
    ]
    const listener = await start(async () => answers.shift() ?? refuse())
    for (let index = 0; index < 2; index++) {
      const { headers, body } = await exchange(listener.port, { method: 'HEAD' })
      expect([headers['content-length'], body]).toEqual(['3', ''])
    }
    expect(stream.destroyed).toBe(true)
  })

  test('that break in the middle are cut, and the cause is told', async () => {
    async function* broken() {
      yield Buffer.from('begin')
      throw new Error('the disk is gone')
    }
    const listener = await start(async () => ({ status: 200, headers: { 'content-length': '9' }, body: broken() }))
    await expect(exchange(listener.port, {})).rejects.toThrow()
    expect(listener.failures).toEqual([expect.objectContaining({ message: 'the disk is gone' })])
  })

  test('that a client does not wait for are not the server’s failure', async () => {
    const body = Readable.from(
      (async function* () {
        for (;;) yield Buffer.alloc(MIB)
      })(),
    )
    const listener = await start(async () => ({ status: 200, headers: {}, body }))
    const conversation = await listener.open(GET)
    await conversation.until(/200 OK/)
    conversation.socket.destroy()
    await new Promise((resolve) => body.on('error', () => {}).on('close', resolve))
    await sleep(50)
    expect(listener.failures).toEqual([])
  })

  test('a client that goes away in the middle of its body is an incomplete body', async () => {
    const errors: unknown[] = []
    const listener = await start(async (incoming) => {
      await incoming.readBody(LIMIT).catch((error) => errors.push(error))
      return refuse()
    })
    const conversation = await listener.open(post(10, 'abc'))
    await sleep(50)
    conversation.socket.destroy()
    await expect.poll(() => errors).toEqual([expect.objectContaining({ code: 'IncompleteBody', status: 400 })])
    expect(listener.failures).toEqual([])
  })
})

describe('stopping', () => {
  test('lets a running request finish, closes idle connections, and takes no new ones', async () => {
    const gate = Promise.withResolvers<void>()
    const listener = await start(async () => {
      await gate.promise
      return { status: 200, headers: {}, body: 'done' }
    })
    const idle = await listener.open('')
    const running = await listener.open(GET)
    await sleep(50)
    const stopped = listener.stop(5_000)
    await idle.closed
    await expect(exchange(listener.port, {})).rejects.toThrow()
    gate.resolve()
    await stopped
    await running.closed
    expect(running.received()).toMatch(/connection: close.*done$/is)
  })

  test('ends a connection that is kept alive with its next answer', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let calls = 0
    const listener = await start(async () => {
      await gates[calls++]?.promise
      return { status: 200, headers: {}, body: `answer ${calls}` }
    })
    const conversation = await listener.open(GET + GET)
    await sleep(50)
    const stopped = listener.stop(5_000)
    for (const { resolve } of gates) resolve()
    await stopped
    await conversation.closed
    expect(conversation.received().match(/200 OK/g)).toHaveLength(1)
  })

  test('cuts what takes longer than its grace', async () => {
    const listener = await start(() => new Promise(() => {}))
    const conversation = await listener.open(GET)
    await sleep(50)
    const started = performance.now()
    await listener.stop(100)
    await conversation.closed
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  test('waits until an answer has left, not only until it was written', async () => {
    const size = 64 * MIB
    const listener = await start(async () => ({ status: 200, headers: {}, body: Buffer.alloc(size, 'x') }))
    const answer = exchange(listener.port, {})
    await sleep(20)
    await listener.stop(10_000)
    expect((await answer).body).toHaveLength(size)
  })
})

describe('over TLS', () => {
  async function startTls() {
    const heads: IncomingRequest['head'][] = []
    const { pem: cert, keyPem: key } = await issueCertificate('localhost', { dnsNames: ['localhost'] })
    const options = { host: '127.0.0.1', port: 0, tls: { cert, key }, isBehindTls: false, failed: () => {} }
    const listener = await listen(options, async ({ head }) => {
      heads.push(head)
      return { status: 200, headers: {}, body: 'secure' }
    })
    onTestFinished(() => listener.stop(0))
    return { listener, heads }
  }

  test('a request is secure, and says by which version', async () => {
    const { listener, heads } = await startTls()
    const sent = httpsGet({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false, agent: false })
    const [response] = await once(sent, 'response')
    expect(response.statusCode).toBe(200)
    expect(heads).toMatchObject([{ isSecure: true, tlsVersion: '1.3' }])
    response.resume()
  })

  test('stopping does not wait for a handshake that never ends', async () => {
    const { listener } = await startTls()
    const { closed } = await converse(listener.port, 'x')
    await sleep(50)
    await listener.stop(1_000)
    await closed
  })
})
