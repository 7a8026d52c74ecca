import { describeDatabase } from '../storage.conformance.ts'
import { subject } from './_place.ts'

describeDatabase('SQLite', subject)
