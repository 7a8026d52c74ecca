/** A chart as SVG text, the same bytes for the same numbers: no fonts, no library, whole pixels. */
export interface Chart {
  readonly title: string
  /** Lines below the panels. */
  readonly caption: readonly string[]
  readonly panels: readonly Panel[]
}

export interface Panel {
  readonly title: string
  readonly units: number
  readonly from: number
  readonly to: number
  readonly ticks: readonly (readonly [value: number, label: string])[]
  /** Horizontal lines that mean something. */
  readonly marks: readonly (readonly [value: number, label: string])[]
  readonly lines: readonly Line[]
  /** Lowest and highest at each place. */
  readonly band?: readonly (readonly [at: number, low: number, high: number])[]
  /** Vertical lines with a word at the top. */
  readonly moments?: readonly (readonly [at: number, label: string])[]
}

export interface Line {
  readonly tone: Tone
  readonly points: readonly (readonly [at: number, value: number])[]
}

type Tone = keyof typeof tones

const tones = {
  quiet: 'stroke="#8aa0b4" stroke-width="1" stroke-opacity="0.5"',
  alarm: 'stroke="#c0392b" stroke-width="1.5"',
  better: 'stroke="#1f6f43" stroke-width="2"',
  worse: 'stroke="#c0392b" stroke-width="2"',
  estimate: 'stroke="#22313f" stroke-width="1.5"',
} as const

const [wide, high, left, top, gap] = [380, 240, 52, 62, 78]

export function drawChart({ title, caption, panels }: Chart): string {
  const width = left + panels.length * wide + (panels.length - 1) * gap + 24
  const below = top + high + 58
  const height = below + 18 * caption.length
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escapeText(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${left}" y="24" font-size="16" font-weight="bold">${escapeText(title)}</text>`,
    ...panels.map((panel, at) => drawPanel(panel, left + at * (wide + gap))),
    ...caption.map(
      (line, at) => `<text x="${left}" y="${below + 18 * at}">${escapeText(line)}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n')
}

function drawPanel(panel: Panel, x0: number): string {
  const x = (at: number) => Math.round(x0 + (wide * at) / panel.units)
  const inside = (value: number) => Math.min(panel.to, Math.max(panel.from, value))
  const y = (value: number) =>
    Math.round(top + high - (high * (inside(value) - panel.from)) / (panel.to - panel.from))
  // Steps from point to point: half the bytes of places.
  const path = (points: readonly (readonly [number, number])[]) => {
    let [fromX, fromY] = [0, 0]
    return points
      .map(([at, value], index) => {
        const [toX, toY] = [x(at), y(value)]
        const text = `${index === 0 ? 'M' : 'l'}${toX - fromX} ${toY - fromY}`
        ;[fromX, fromY] = [toX, toY]
        return text
      })
      .join('')
  }
  const band = panel.band ?? []
  const outline = [
    ...band.map(([at, low]) => [at, low] as const),
    ...band.toReversed().map(([at, , most]) => [at, most] as const),
  ]
  return [
    `<text x="${x0}" y="${top - 10}" font-weight="bold">${escapeText(panel.title)}</text>`,
    `<rect x="${x0}" y="${top}" width="${wide}" height="${high}" fill="none" stroke="#bbbbbb"/>`,
    ...panel.ticks.map(
      ([value, label]) =>
        `<text x="${x0 - 6}" y="${y(value) + 4}" text-anchor="end">${escapeText(label)}</text>`,
    ),
    ...[0, 0.5, 1].map(
      (share) =>
        `<text x="${x(share * panel.units)}" y="${top + high + 16}" text-anchor="middle">${Math.round(share * panel.units)}</text>`,
    ),
    `<text x="${x0 + wide / 2}" y="${top + high + 34}" text-anchor="middle">units</text>`,
    ...(band.length > 0
      ? [`<path d="${path(outline)}Z" fill="#1f6f43" fill-opacity="0.15"/>`]
      : []),
    ...(panel.moments ?? []).map(
      ([at, label]) =>
        `<path d="M${x(at)} ${top}V${top + high}" stroke="#999999" stroke-dasharray="2 3"/><text x="${x(at) + 3}" y="${top + 12}" fill="#555555">${escapeText(label)}</text>`,
    ),
    ...panel.lines.map(
      ({ tone, points }) => `<path d="${path(points)}" fill="none" ${tones[tone]}/>`,
    ),
    ...panel.marks.map(
      ([value, label]) =>
        `<path d="M${x0} ${y(value)}H${x0 + wide}" stroke="#22313f" stroke-dasharray="5 4"/><text x="${x0 + wide - 4}" y="${y(value) - 4}" text-anchor="end">${escapeText(label)}</text>`,
    ),
  ].join('\n')
}

const escapeText = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
