// A receiver with nothing around it: reads the body, computes the HMAC that the header claims, answers. Its own process.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

const secret = Buffer.from(process.env.BARE_SECRET ?? '', 'base64')

/** GitHub signs the body, Standard Webhooks the id, the time and the body. */
function isSigned(request: IncomingMessage, body: Buffer): boolean {
  const { headers } = request
  const github = headers['x-hub-signature-256']
  const hmac = createHmac('sha256', secret)
  if (typeof github === 'string') {
    return isSame(github, `sha256=${hmac.update(body).digest('hex')}`)
  }
  hmac.update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`).update(body)
  return isSame(String(headers['webhook-signature']), `v1,${hmac.digest('base64')}`)
}

const isSame = (claimed: string, right: string) =>
  claimed.length === right.length && timingSafeEqual(Buffer.from(claimed), Buffer.from(right))

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.statusCode = isSigned(request, Buffer.concat(chunks)) ? 202 : 401
    response.setHeader('content-type', 'application/json')
    response.end('{"type":"webhook_receipt","id":"none","state":"received"}')
  })
})
server.listen(0, '127.0.0.1', () => {
  console.error(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
