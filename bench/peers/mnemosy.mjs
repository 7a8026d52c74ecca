// Drives mnemosy-ai@1.0.1 (no model): its own functions, vectors from a hashing bag of words, and a loopback
// stand-in for the vector store that its merge and contradiction functions talk to.
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const entry = 'node_modules/mnemosy-ai/dist/cognitive/index.js'
const peer = await import(pathToFileURL(join(process.env.PEERS_DIR, entry)).href)
const input = JSON.parse(await read(process.stdin))

async function read(stream) {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

const size = 512
function vector(text) {
  const values = new Array(size).fill(0)
  for (const token of text.toLowerCase().match(/[a-z0-9_]+/g) ?? []) {
    let hash = 2166136261
    for (const letter of token) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619)
    values[(hash >>> 0) % size] += 1
  }
  return values
}

if (input.errors) {
  const memories = input.errors.map(({ text }, at) => ({
    id: String(at),
    text,
    vector: vector(text),
    domain: 'technical',
  }))
  const began = performance.now()
  const patterns = peer.detectRecurringErrors(memories)
  const seconds = (performance.now() - began) / 1000
  const groups = patterns.map(({ evidenceIds }) => evidenceIds.map(Number))
  console.log(JSON.stringify({ groups, seconds, rss: process.memoryUsage.rss() }))
} else {
  let points = []
  const server = createServer(async (request, response) => {
    await read(request)
    const found = request.url.endsWith('/scroll') ? { result: { points } } : { result: {}, status: 'ok' }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(found))
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}`
  const began = performance.now()
  const verdicts = []
  for (const { a, b } of input.pairs) {
    points = [a, b].map((text, id) => ({ id, vector: vector(text), payload: { text } }))
    const { merged } = await peer.mergeNearDuplicates(url, 'c', 10)
    const { flagged } = await peer.findContradictions(url, 'c', 10)
    verdicts.push({ merged: merged > 0, flagged: flagged > 0 })
  }
  const seconds = (performance.now() - began) / 1000
  server.close()
  console.log(JSON.stringify({ verdicts, seconds, rss: process.memoryUsage.rss() }))
}
