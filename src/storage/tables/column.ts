/** JSON text, which keeps every string exactly. */
export type Json = string
/** RFC 3339 text in UTC. */
export type Timestamp = string
