import { describe } from 'vitest'
import { describeDatabase } from '../storage.conformance.ts'
import { subject } from './_place.ts'
import { createSchema, dropSchema, findServer } from './_server.ts'

const server = findServer('the storage suite on Postgres')

describe.skipIf(server === null)('on a server', () => {
  describeDatabase('Postgres', {
    ...subject,
    createPlace: () => createSchema(server as string),
    removePlace: (place) => dropSchema(server as string, place),
  })
})
