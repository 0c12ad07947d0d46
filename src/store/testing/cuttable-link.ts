import { connect, createServer, type Server, type Socket } from 'node:net'

/** A way to a server that a test can cut. */
export interface CuttableLink {
  /** The URL with this link's host and port in place of the server's. */
  readonly url: string
  /** Closes what runs over it and takes nothing further, as a server that is down. */
  cut(): void
  /** Keeps everything open and passes nothing on, as a network that drops packets. */
  freeze(): void
  mend(): void
  close(): Promise<void>
}

export async function openCuttableLink(serverUrl: string): Promise<CuttableLink> {
  const target = new URL(serverUrl)
  const sockets = new Set<Socket>()
  let state: 'whole' | 'cut' | 'frozen' = 'whole'
  const server = createServer((near) => {
    keep(near)
    if (state === 'cut') near.destroy()
    if (state !== 'whole') return
    const far = connect(Number(target.port), target.hostname)
    keep(far)
    near.on('data', (bytes) => state === 'whole' && far.write(bytes))
    far.on('data', (bytes) => state === 'whole' && near.write(bytes))
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })

  function keep(socket: Socket): void {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  }

  const destroyAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const link = new URL(serverUrl)
  link.port = String(await listen(server))
  link.hostname = '127.0.0.1'
  return {
    url: link.href,
    cut() {
      state = 'cut'
      destroyAll()
    },
    freeze() {
      state = 'frozen'
    },
    mend() {
      // What was lost on the way is lost: such connections cannot go on.
      if (state === 'frozen') destroyAll()
      state = 'whole'
    },
    async close() {
      destroyAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('No port is free')
  return address.port
}
