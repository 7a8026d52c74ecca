const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** Characters by a fixed rule, made here so that no scanner takes this file for a leak. */
function make(length: number, alphabet: string, seed: number): string {
  let state = seed * 7_919 + length * 104_729 + 13
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return alphabet[(state >> 8) % alphabet.length]
  }).join('')
}

/** One of each kind: its name, and a text with the secret in it between the markers. */
export function makeSecrets(): {
  readonly kind: string
  readonly secret: string
  readonly text: string
}[] {
  let seed = 1
  const any = (length: number) => `${make(length - 3, letters, seed++)}a7Z`
  const hex = (length: number) => make(length, '0123456789abcdef', seed++)
  const digits = (length: number) => make(length, '123456789', seed++)
  const base32 = (length: number) => make(length, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', seed++)
  const pem = (name: string) =>
    `-----BEGIN ${name}-----\n${any(64)}\n${any(64)}\n${any(40)}\n-----END ${name}-----`
  const plain: Record<string, string> = {
    'aws key id': `AKIA${base32(16)}`,
    'github personal': `ghp_${any(36)}`,
    'github oauth': `gho_${any(36)}`,
    'github app': `ghs_${any(36)}`,
    'github refresh': `ghr_${any(36)}`,
    'github fine-grained': `github_pat_${any(22)}_${any(59)}`,
    gitlab: `glpat-${any(20)}`,
    'slack bot': `xoxb-${digits(12)}-${digits(12)}-${any(24)}`,
    'slack app': `xapp-1-A${base32(10)}-${digits(13)}-${hex(64)}`,
    'openai project': `sk-proj-${any(74)}T3BlbkFJ${any(73)}`,
    anthropic: `sk-ant-api03-${any(93)}AA`,
    npm: `npm_${any(36)}`,
    sendgrid: `SG.${any(22)}.${any(43)}`,
    'stripe live': `sk_live_${any(24)}`,
    'stripe restricted': `rk_live_${any(24)}`,
    'webhook secret': `whsec_${any(32)}`,
    'google api': `AIza${any(35)}`,
    'google oauth': `GOCSPX-${any(28)}`,
    'google token': `ya29.${any(60)}`,
    'rsa key': pem('RSA PRIVATE KEY'),
    'ssh key': pem('OPENSSH PRIVATE KEY'),
    'pgp key': pem('PGP PRIVATE KEY BLOCK'),
    jwt: `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${any(43)}`,
    twilio: `SK${hex(32)}`,
    mailgun: `key-${hex(32)}`,
    mailchimp: `${hex(32)}-us12`,
    huggingface: `hf_${any(34)}`,
    digitalocean: `dop_v1_${hex(64)}`,
    shopify: `shpat_${hex(32)}`,
    linear: `lin_api_${any(40)}`,
    figma: `figd_${any(40)}`,
    notion: `ntn_${any(43)}`,
    databricks: `dapi${hex(32)}`,
    pypi: `pypi-AgEIcHlwaS5vcmc${any(80)}`,
    rubygems: `rubygems_${hex(48)}`,
    docker: `dckr_pat_${any(27)}`,
    vault: `hvs.${any(90)}`,
    telegram: `${digits(10)}:AA${any(33)}`,
    grafana: `glsa_${any(32)}_${hex(8)}`,
    heroku: `HRKU-${any(60)}`,
    postman: `PMAK-${hex(24)}-${hex(34)}`,
    newrelic: `NRAK-${base32(27)}`,
    replicate: `r8_${any(37)}`,
    doppler: `dp.pt.${any(43)}`,
    lucidream: `sk-lucid-${any(43)}`,
  }
  const inside: readonly (readonly [
    kind: string,
    before: string,
    secret: string,
    after: string,
  ])[] = [
    ['aws secret', 'aws_secret_access_key = ', any(40), ''],
    ['postgres url', 'postgres://app:', any(20), '@db.acme.com:5432/prod'],
    ['redis url', 'redis://:', any(20), '@cache.acme.com:6379'],
    [
      'slack webhook',
      'https://hooks.slack.com/services/',
      `T${base32(8)}/B${base32(10)}/${any(24)}`,
      '',
    ],
    ['discord webhook', `https://discord.com/api/webhooks/${digits(18)}/`, any(68), ''],
    ['azure signature', 'https://x.blob.core.windows.net/c?sv=2022-11-02&sig=', any(43), '%3D'],
    ['azure account key', 'AccountKey=', `${any(86)}==`, ''],
    ['bearer token', 'Authorization: Bearer ', any(40), ''],
    ['password literal', 'password = "', any(16), '"'],
    ['environment variable', 'CLOUDFLARE_API_TOKEN=', any(40), ''],
  ]
  return [
    ...Object.entries(plain).map(([kind, secret]) => ({
      kind,
      secret,
      text: `it is ${secret} now`,
    })),
    ...inside.map(([kind, before, secret, after]) => ({
      kind,
      secret,
      text: `it is ${before}${secret}${after} now`,
    })),
  ]
}
