import { SqliteConnection } from './connection.ts'

interface SchemaRow {
  readonly type: string
  readonly sql: string
}

/** The schema that the file really has: tables with what belongs to them, by name, as SQLite stored the text. */
export function dumpSchema(path: string): string {
  const connection = new SqliteConnection(path, 'read')
  try {
    const rows = connection.all<SchemaRow>(
      `SELECT type, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
       ORDER BY tbl_name, CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name`,
    )
    return rows.map(({ type, sql }) => `${type === 'table' ? '\n' : ''}${sql};\n`).join('')
  } finally {
    connection.close()
  }
}
