import { addedText } from '../facts.ts'
import { type Gate, none, stop } from './gate.ts'

/** Also without a scheme in front, as browsers and Markdown take it. */
const link =
  /(?:[a-z][a-z0-9+.-]{1,20}:)?\/\/(?:[^\s/?#@<>()[\]"'`\\]{1,255}@)?([^\s/?#:@<>()[\]"'`\\]{1,255})|\b(www\.[^\s/?#:<>()[\]"'`\\]{1,255})/giu
/** Schemes that need no host to do harm. */
const hostless = /\b(?:javascript|data|vbscript|file|blob):[^\s)]/iu

export const links: Gate = {
  rule: 'content.links',
  judge({ content }, judged) {
    const text = addedText(judged)
    const hosts = [...text.matchAll(link)].map(([, host, bare]) =>
      (host ?? bare ?? '').toLowerCase(),
    )
    const other = hosts.find((host) => !content.links.allowHosts.some((one) => isHost(one, host)))
    const value =
      other ?? (content.links.allowHosts.includes('*') ? undefined : hostless.exec(text)?.[0])
    return value === undefined
      ? none
      : stop(content.links.onOther, {
          value: `a link to ${value}`,
          limit: content.links.allowHosts.join(', ') || 'no link',
        })
  },
}

/** `*.example.com` is every host below, not `example.com` itself. */
function isHost(allowed: string, host: string): boolean {
  const wanted = allowed.toLowerCase()
  const plain = host.replace(/\.$/, '')
  if (wanted === '*') return true
  return wanted.startsWith('*.') ? plain.endsWith(wanted.slice(1)) : plain === wanted
}
