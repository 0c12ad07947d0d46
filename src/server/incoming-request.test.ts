import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { AwsError } from '../aws/aws-error.ts'
import { incomingRequest, type RequestHead } from './incoming-request.ts'

const LIMIT_BYTES = 10

/** Sends bytes to a real server, ends them, and returns what the server made of them. */
async function received(bytes: string): Promise<{ head: RequestHead; body: string; answer: string }> {
  const outcome = Promise.withResolvers<{ head: RequestHead; body: string }>()
  const onRequest = async (message: IncomingMessage, response: ServerResponse) => {
    const { head, readBody } = incomingRequest(message, response, false)
    const body = await readBody(LIMIT_BYTES).then(
      (read) => Buffer.from(read).toString(),
      (error) => (error instanceof AwsError ? error.code : String(error)),
    )
    outcome.resolve({ head, body })
    response.writeHead(200, { connection: 'close' }).end('answered')
  }
  // Node itself would tell every client to go on.
  const server = createServer(onRequest).on('checkContinue', onRequest)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.end(bytes)
  const [told, answer] = await Promise.all([outcome.promise, text(socket).catch(() => '')])
  await new Promise((resolve) => server.close(resolve))
  return { ...told, answer }
}

const post = (headers: string, body: string) => `POST /path?query HTTP/1.1\r\nHost: a.test\r\n${headers}\r\n${body}`
const chunk = (content: string) => `${content.length.toString(16)}\r\n${content}\r\n`
const CHUNKED = 'Transfer-Encoding: chunked\r\n'

test('a body as long as the limit is read, whole or in chunks', async () => {
  expect((await received(post('Content-Length: 10\r\n', '0123456789'))).body).toBe('0123456789')
  expect((await received(post(CHUNKED, `${chunk('01234')}${chunk('56789')}0\r\n\r\n`))).body).toBe('0123456789')
})

test('no body is an empty one', async () => {
  expect((await received('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')).body).toBe('')
})

test('a body longer than the limit is refused, by its announced length or when it gets there, and the client is answered', async () => {
  const announced = await received(post('Content-Length: 11\r\n', '0123456789a'))
  expect(announced).toMatchObject({ body: 'RequestEntityTooLarge', answer: expect.stringContaining('answered') })
  const arrived = await received(post(CHUNKED, `${chunk('0123456789')}${chunk('a')}0\r\n\r\n`))
  expect(arrived).toMatchObject({ body: 'RequestEntityTooLarge', answer: expect.stringContaining('answered') })
})

test('a body that ends early is incomplete', async () => {
  expect((await received(post('Content-Length: 10\r\n', '01234'))).body).toBe('IncompleteBody')
})

test('a client that waits for it is told to send its body', async () => {
  const { body, answer } = await received(post('Content-Length: 2\r\nExpect: 100-continue\r\n', 'ab'))
  expect(body).toBe('ab')
  expect(answer).toMatch(/^HTTP\/1\.1 100 Continue/)
})

test('headers have lower-case names and trimmed values, and repeated ones are joined in their order', async () => {
  const { head } = await received(post('X-One:   a b \r\nx-one: c\r\nX-Empty:\r\n__proto__: p\r\n', ''))
  expect(head).toMatchObject({ method: 'POST', path: '/path', query: 'query', sourceAddress: '127.0.0.1' })
  expect(head.headers).toEqual({ host: 'a.test', 'x-one': 'a b,c', 'x-empty': '' })
})
