import type { JudgedChange } from '../policy/decision.ts'
import { isInstructionLike, scoreInstruction } from '../trust/instruction-like.ts'
import { findPersonalData } from '../trust/personal-data.ts'
import { findSecretShapes } from '../trust/secret-shapes.ts'
import { isBelow, type Taint } from '../trust/taint.ts'

/** What the detectors of core/trust find in the lines that a change adds. */
export function scanText(text: string, taint: Taint): JudgedChange['scans'] {
  return {
    secrets: [...new Set(findSecretShapes(text).map(({ rule }) => rule))],
    personalData: [...new Set(findPersonalData(text))],
    instructions: isBelow(taint, 'user') ? findInstructions(text) : [],
  }
}

/** Words of others stand in quotation marks or in code; what stands around them is ours. */
const quoted = /“([^”]*)”|"([^"\n]*)"|`([^`\n]*)`|^\s*>(.*)$/gm

function findInstructions(text: string): string[] {
  const pieces = [...text.matchAll(quoted)].map((match) => match.slice(1).find(Boolean) ?? '')
  const signs = pieces.filter(isInstructionLike).flatMap((piece) => scoreInstruction(piece).signs)
  return [...new Set(signs)]
}
