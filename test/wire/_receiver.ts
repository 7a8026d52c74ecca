import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Received {
  readonly headers: Record<string, string>
  readonly body: string
}

/** A receiver on a loopback port that answers with what `answers` says, then with 200. */
export class Receiver {
  readonly received: Received[] = []
  readonly answers: { status: number; headers?: Record<string, string> }[] = []
  readonly #server: Server
  url = ''

  constructor() {
    this.#server = createServer(async (request, response) => {
      this.received.push({ headers: plain(request), body: await read(request) })
      const { status, headers } = this.answers.shift() ?? { status: 200 }
      response.writeHead(status, headers).end('thanks')
    })
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

const plain = (request: IncomingMessage) =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))

async function read(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
