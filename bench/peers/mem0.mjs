// Drives mem0ai@3.3.1 with its in-memory vector store and a loopback stand-in for model and embedder: the
// stand-in repeats what it is told, so what is measured is what mem0 itself keeps, merges or drops.
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const input = JSON.parse(await read(process.stdin))

async function read(stream) {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

const size = 256
function vector(text) {
  const values = new Array(size).fill(0)
  for (const token of text.toLowerCase().match(/[a-z0-9_]+/g) ?? []) {
    let hash = 2166136261
    for (const letter of token) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619)
    values[(hash >>> 0) % size] += 1
  }
  const length = Math.hypot(...values) || 1
  return values.map((value) => value / length)
}

let said = ''
const server = createServer(async (request, response) => {
  const body = JSON.parse((await read(request)) || '{}')
  response.setHeader('content-type', 'application/json')
  if (request.url.endsWith('/embeddings')) {
    const texts = Array.isArray(body.input) ? body.input : [body.input]
    const data = texts.map((text, index) => ({ object: 'embedding', index, embedding: vector(String(text)) }))
    response.end(JSON.stringify({ object: 'list', data, model: 'stub', usage: { prompt_tokens: 0, total_tokens: 0 } }))
    return
  }
  const content = JSON.stringify({ facts: [said], memory: [{ id: '0', text: said, event: 'ADD' }] })
  response.end(
    JSON.stringify({
      id: 'x',
      object: 'chat.completion',
      created: 0,
      model: 'stub',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    }),
  )
})
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const baseURL = `http://127.0.0.1:${server.address().port}/v1`
const { Memory } = await import(
  pathToFileURL(join(process.env.PEERS_DIR, 'node_modules/mem0ai/dist/oss/index.mjs')).href
)
const memory = new Memory({
  llm: { provider: 'openai', config: { apiKey: 'x', baseURL, model: 'stub' } },
  embedder: { provider: 'openai', config: { apiKey: 'x', baseURL, url: baseURL, model: 'stub', embeddingDims: size } },
  vectorStore: { provider: 'memory', config: { collectionName: 'c', dimension: size } },
  disableHistory: true,
})
const began = performance.now()
const verdicts = []
for (const [at, { a, b }] of input.pairs.entries()) {
  const userId = `u${at}`
  for (const text of [a, b]) {
    said = text
    await memory.add([{ role: 'user', content: text }], { userId })
  }
  const { results } = await memory.getAll({ filters: { user_id: userId } })
  verdicts.push({ merged: results.length < 2, stored: results.length, flagged: null })
}
console.log(JSON.stringify({ verdicts, seconds: (performance.now() - began) / 1000, rss: process.memoryUsage.rss() }))
process.exit(0)
