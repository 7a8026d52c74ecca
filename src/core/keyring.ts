/** What a derived key is for: what is signed for one purpose is worth nothing for another. */
export type Purpose =
  | 'api-key'
  | 'cursor'
  | 'webhook-secret'
  | 'personal-data'
  | 'experiment'
  | 'withholding'

/** Keyed operations under keys that are derived from one secret of the installation. */
export interface Keyring {
  /** HMAC-SHA256, 64 lower-case hex digits. */
  readonly sign: (purpose: Purpose, text: string) => string
  /** Encrypted and authenticated; two calls give two texts. */
  readonly seal: (purpose: Purpose, text: string) => string
  /** Throws `forbidden` when the text was not sealed by this installation for this purpose. */
  readonly unseal: (purpose: Purpose, sealed: string) => string
  /** 256 random bits as URL-safe text. */
  readonly newSecret: () => string
}
