/** A secret that is told by its own form; `rule` names it in the placeholder. */
export interface SecretMatch {
  readonly rule: string
  readonly start: number
  readonly end: number
}

/**
 * Forms that the scanner's recommended rules do not know, or only in part; each is what the service publishes of
 * its own tokens, or an assignment of a literal. Every pattern is linear, and is
 * tried only where its needle stands. A named group `secret` is what goes;
 * without one all of it does.
 */
const shapes: readonly (readonly [rule: string, needle: string, pattern: RegExp])[] = [
  [
    'private-key',
    'PRIVATE KEY',
    /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----[\s\S]{20,10000}?-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g,
  ],
  ['jwt', 'eyJ', /\beyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{16,1000}/g],
  ['aws-key-id', '', /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/g],
  [
    'aws-secret',
    '',
    /\baws_?(?:secret_?)?(?:access_?)?key(?:_id)?["']?\s{0,3}[:=]\s{0,3}["']?(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
  ],
  ['openai', 'sk-', /\bsk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,250}/g],
  ['anthropic', 'sk-ant-', /\bsk-ant-[a-z0-9]{2,10}-[A-Za-z0-9_-]{20,200}/g],
  ['slack-app', 'xapp-', /\bxapp-\d-[A-Z0-9]{5,20}-\d{5,20}-[a-f0-9]{20,128}\b/g],
  ['webhook-secret', 'whsec_', /\bwhsec_[A-Za-z0-9+/=]{16,128}/g],
  ['google-api', 'AIza', /\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/g],
  ['google-oauth', 'GOCSPX-', /\bGOCSPX-[A-Za-z0-9_-]{28}(?![A-Za-z0-9_-])/g],
  ['google-token', 'ya29.', /\bya29\.[A-Za-z0-9_-]{20,500}/g],
  [
    'url-password',
    '://',
    /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'<>]{0,100}:(?<secret>[^\s/@"'<>$`{}]{6,200})@[\w.-]{1,253}/gi,
  ],
  ['twilio', '', /\b(?:SK|AC)[a-f0-9]{32}\b/g],
  ['mailgun', 'key-', /\bkey-[a-f0-9]{32}\b/g],
  ['mailchimp', '-us', /\b[a-f0-9]{32}-us\d{1,2}\b/g],
  ['huggingface', 'hf_', /\bhf_[A-Za-z]{30,40}\b|\bhf_[A-Za-z0-9]{34}\b/g],
  ['digitalocean', '_v1_', /\bdo[opr]_v1_[a-f0-9]{64}\b/g],
  ['notion', 'ntn_', /\bntn_[A-Za-z0-9]{40,60}\b/g],
  ['notion', 'secret_', /\bsecret_[A-Za-z0-9]{43}\b/g],
  ['pypi', 'pypi-AgE', /\bpypi-AgE[A-Za-z0-9_-]{40,500}/g],
  ['rubygems', 'rubygems_', /\brubygems_[a-f0-9]{48}\b/g],
  ['azure-account-key', 'AccountKey=', /\bAccountKey=(?<secret>[A-Za-z0-9+/]{86}==)/g],
  ['azure-signature', 'sig=', /[?&]sig=(?<secret>[A-Za-z0-9%]{40,120})/g],
  [
    'discord-webhook',
    '/api/webhooks/',
    /\bdiscord(?:app)?\.com\/api\/webhooks\/\d{15,22}\/(?<secret>[A-Za-z0-9_-]{50,100})/g,
  ],
  ['telegram', ':AA', /\b\d{8,10}:AA[A-Za-z0-9_-]{32,36}(?![A-Za-z0-9_-])/g],
  ['heroku', 'HRKU-', /\bHRKU-[A-Za-z0-9_-]{30,80}/g],
  ['postman', 'PMAK-', /\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b/g],
  ['1password', 'ops_eyJ', /\bops_eyJ[A-Za-z0-9_-]{100,2000}/g],
  ['age', 'AGE-SECRET-KEY-1', /\bAGE-SECRET-KEY-1[A-Z0-9]{58}\b/g],
  ['newrelic', 'NRAK-', /\bNRAK-[A-Z0-9]{27}\b/g],
  ['replicate', 'r8_', /\br8_[A-Za-z0-9]{37}\b/g],
  ['perplexity', 'pplx-', /\bpplx-[A-Za-z0-9]{40,60}\b/g],
  ['square', 'sq0', /\bsq0(?:csp|atp)-[A-Za-z0-9_-]{22,60}/g],
  ['atlassian', 'ATATT3xFfGF0', /\bATATT3xFfGF0[A-Za-z0-9_=-]{100,300}/g],
  ['doppler', 'dp.', /\bdp\.(?:pt|st|ct|scim|audit)\.[A-Za-z0-9_.-]{40,60}/g],
  ['vercel', 'vercel_blob_rw_', /\bvercel_blob_rw_[A-Za-z0-9]{10,30}_[A-Za-z0-9]{20,60}/g],
  ['lucidream', 'sk-lucid-', /\bsk-lucid-[A-Za-z0-9_-]{24,200}/g],
  [
    'bearer',
    'Bearer',
    /\bBearer\s{1,3}(?<secret>(?=[A-Za-z._~+/-]{0,200}\d)[A-Za-z0-9._~+/-]{20,2000}=*)/g,
  ],
  [
    'assigned',
    '',
    /(?:password|passwd|pwd|secret|token|api_?key|access_?key|auth_?key)\\?["']?\s{0,3}(?:[:=]|=>)\s{0,3}\\?["'](?<secret>(?=[^"'\s]{0,200}\d)(?=[^"'\s]{0,200}[A-Za-z])[^"'\s<>${}\\]{8,200})\\?["']/gi,
  ],
  [
    'assigned',
    '',
    /(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY)=(?<secret>(?=\S{0,200}\d)(?=\S{0,200}[A-Za-z])[^\s"'<>${}]{16,200})/g,
  ],
]

/** In order, overlapping ones too. */
export function findSecretShapes(text: string): SecretMatch[] {
  return shapes

    .filter(([, needle]) => text.includes(needle))
    .flatMap(([rule, , pattern]) =>
      [...text.matchAll(pattern)].map((match) => {
        const secret = match.groups?.secret
        const start = match.index + (secret === undefined ? 0 : match[0].lastIndexOf(secret))
        return { rule, start, end: start + (secret ?? match[0]).length }
      }),
    )
    .toSorted((a, b) => a.start - b.start || b.end - a.end)
}
