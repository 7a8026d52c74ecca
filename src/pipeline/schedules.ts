import type { Context } from './context.ts'
export async function fireDueSchedules(_context: Context): Promise<void> {}
