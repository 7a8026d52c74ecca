import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A way to a server on this machine that can be cut and mended, as a network does. */
export class Wire {
  readonly #target: { readonly host: string; readonly port: number }
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null
  #port = 0

  constructor(host: string, port: number) {
    this.#target = { host, port }
  }

  get port(): number {
    return this.#port
  }

  /** Connections are taken, on the same port as before. */
  async mend(): Promise<void> {
    const server = createServer((socket) => this.#pass(socket))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Every connection is broken and new ones are refused. */
  async cut(): Promise<void> {
    const server = this.#server
    this.#server = null
    const closed = server && new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #pass(socket: Socket): void {
    const onward = connect(this.#target)
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }
}
