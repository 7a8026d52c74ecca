/** Whole numbers from -1 up, each list in as few bytes a number as its largest needs: 1, 2 or 4. */
export interface PackedInts {
  /** Bytes a number and how many numbers, list by list. */
  readonly layout: readonly (readonly [width: number, length: number])[]
  readonly bytes: Uint8Array
}

const alignment = 4
const padded = (bytes: number) => Math.ceil(bytes / alignment) * alignment

export function packInts(lists: readonly Int32Array[]): PackedInts {
  const layout = lists.map((list) => [widthOf(list), list.length] as const)
  const bytes = new Uint8Array(layout.reduce((sum, [width, n]) => sum + padded(width * n), 0))
  let offset = 0
  lists.forEach((list, index) => {
    const [width, length] = layout[index] as readonly [number, number]
    const view = viewOf(bytes, { offset, width, length })
    // One is added, so that -1 for "none" needs no sign.
    for (let at = 0; at < length; at += 1) view[at] = (list[at] as number) + 1
    offset += padded(width * length)
  })
  return { layout, bytes }
}

/** The lists again; numbers of those that `maps` has a map for are looked up in it, -1 stays. */
export function unpackInts(
  { layout, bytes }: PackedInts,
  maps: readonly (Int32Array | null)[],
): Int32Array[] {
  // Views need an aligned beginning, which bytes out of a larger buffer may not have.
  const aligned = bytes.byteOffset % alignment === 0 ? bytes : bytes.slice()
  let offset = 0
  return layout.map(([width, length], index) => {
    const list = new Int32Array(length)
    // Copied as they are first: a loop that meets views of every width is four times as slow.
    list.set(viewOf(aligned, { offset, width, length }))
    offset += padded(width * length)
    const map = maps[index]
    if (map) lookUp(list, map)
    else for (let at = 0; at < length; at += 1) list[at] = (list[at] as number) - 1
    return list
  })
}

function lookUp(list: Int32Array, map: Int32Array): void {
  for (let at = 0; at < list.length; at += 1) {
    const stored = list[at] as number
    list[at] = stored === 0 ? -1 : (map[stored - 1] as number)
  }
}

function widthOf(list: Int32Array): number {
  let largest = 0
  for (let at = 0; at < list.length; at += 1) {
    if ((list[at] as number) >= largest) largest = (list[at] as number) + 1
  }
  return largest <= 0xff ? 1 : largest <= 0xffff ? 2 : 4
}

function viewOf(
  bytes: Uint8Array,
  { offset, width, length }: { offset: number; width: number; length: number },
): Uint8Array | Uint16Array | Uint32Array {
  const from = bytes.byteOffset + offset
  if (width === 1) return new Uint8Array(bytes.buffer, from, length)
  return width === 2
    ? new Uint16Array(bytes.buffer, from, length)
    : new Uint32Array(bytes.buffer, from, length)
}
