/** Who may write memory may read it. */
export const reading = ['memory:read', 'memory:write'] as const
export const writing = ['memory:write'] as const

export type View = 'basic' | 'full'

/** Contents of 100 KiB each: twenty are what one answer may hold, whatever was asked for. */
const mostWithContent = 20

export const pageSize = ({ view, limit }: { readonly view: View; readonly limit: number }) =>
  view === 'full' ? Math.min(limit, mostWithContent) : limit
