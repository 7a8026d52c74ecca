import { claudeCode } from './formats/claude-code/importer.ts'
import { intercode } from './formats/intercode/importer.ts'
import { anthropicMessages } from './formats/messages/anthropic-messages.ts'
import { openaiChat } from './formats/messages/openai-chat.ts'
import { tauBench } from './formats/tau-bench/importer.ts'
import { tau2 } from './formats/tau2/importer.ts'
import { whoAndWhen } from './formats/who-and-when/importer.ts'
import type { Importer } from './importer.ts'

/** Every format, the more specific before the more general: the first that recognises a file reads it. */
export const importers: readonly Importer[] = [
  claudeCode,
  tau2,
  tauBench,
  intercode,
  whoAndWhen,
  anthropicMessages,
  openaiChat,
]
