import {
  type FunctionNode,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import type { Language } from '../kysely-over.ts'

export const postgresLanguage: Language = {
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (kysely) => new PostgresIntrospector(kysely),
  createQueryCompiler: () => new QueryCompiler(),
}

/** Functions that both databases have, under different names. */
const names: Readonly<Record<string, string>> = { json_each: 'json_array_elements_text' }

class QueryCompiler extends PostgresQueryCompiler {
  protected override visitFunction(node: FunctionNode): void {
    super.visitFunction({ ...node, func: names[node.func] ?? node.func })
  }
}
