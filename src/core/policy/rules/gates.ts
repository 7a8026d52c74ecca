import { alwaysLoaded } from './always-loaded.ts'
import { citations } from './citations.ts'
import { commands } from './commands.ts'
import { contrast } from './contrast.ts'
import { counterEvidence } from './counter-evidence.ts'
import { critics } from './critics.ts'
import { format } from './format.ts'
import { freshness } from './freshness.ts'
import type { Gate } from './gate.ts'
import { links } from './links.ts'
import { minimums } from './minimums.ts'
import { openProposals } from './open-proposals.ts'
import { patterns } from './patterns.ts'
import { perDream } from './per-dream.ts'
import { perFile } from './per-file.ts'
import { perStore } from './per-store.ts'
import { perWindow } from './per-window.ts'
import { protectedText } from './protected-text.ts'
import { rolloutGates } from './rollout.ts'
import { scans } from './scans.ts'
import { schedule } from './schedule.ts'
import { scopeAllow, scopeDefault, scopeDeny } from './scope.ts'
import { trust } from './trust.ts'
import { unicode } from './unicode.ts'

/** Every gate that a policy can follow in `enforce` and only record in `audit`. Their order does not matter. */
export const gates: readonly Gate[] = [
  scopeDeny,
  scopeAllow,
  scopeDefault,
  protectedText,
  ...perDream,
  ...perWindow,
  ...perFile,
  ...perStore,
  ...alwaysLoaded,
  openProposals,
  ...citations,
  ...minimums,
  ...contrast,
  ...counterEvidence,
  ...trust,
  freshness,
  ...scans,
  unicode,
  links,
  commands,
  patterns,
  ...format,
  critics,
  ...schedule,
  ...rolloutGates,
]
