import { SqliteConnection } from './connection.ts'

interface SchemaRow {
  readonly type: string
  readonly sql: string
}

const head =
  '-- The schema after all migrations. Written by scripts/generate.ts; not edited by hand.\n'

/** The schema that the file really has, as generated/schema.sqlite.sql: tables with what belongs to them, by name. */
export function dumpSchema(path: string): string {
  const connection = new SqliteConnection(path, 'read')
  try {
    const rows = connection.all<SchemaRow>(
      `SELECT type, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
       ORDER BY tbl_name, CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name`,
    )
    const statements = rows.map(({ type, sql }) => `${type === 'table' ? '\n' : ''}${sql};\n`)
    return head + statements.join('')
  } finally {
    connection.close()
  }
}
