import { describe } from 'vitest'
import { describeDatabase } from '../storage.conformance.ts'
import { subject } from './_place.ts'
import { createEmptyPlace, createPlace, dropPlace, findServer } from './_server.ts'

const server = findServer('the storage suite on Postgres')

describe.skipIf(server === null)('on a server', () => {
  describeDatabase('Postgres', {
    ...subject,
    createPlace: () => createPlace(server as string),
    createEmptyPlace: () => createEmptyPlace(server as string),
    removePlace: (place) => dropPlace(server as string, place),
  })
})
