/** Words by which users take back, by language; matched at the start of what they say. */
export const openingCues: Readonly<Record<string, readonly string[]>> = {
  en: [
    'no',
    'nope',
    'not what',
    'wrong',
    'that is wrong',
    "that's wrong",
    "that's not",
    'that is not',
    'i said',
    'i meant',
    'i asked',
    'instead',
    'stop',
    'undo',
    'revert',
    "don't",
    'do not',
    'actually',
    'wait',
    'why did you',
    'you forgot',
    'you missed',
    'you should have',
    "you shouldn't",
    'this is wrong',
    'still not',
    'still wrong',
  ],
  de: [
    'nein',
    'falsch',
    'stopp',
    'halt',
    'nicht so',
    'ich meinte',
    'ich sagte',
    'stattdessen',
    'rückgängig',
    'das ist falsch',
  ],
  fr: ['non', 'arrête', 'annule', "ce n'est pas", "j'ai dit", 'plutôt', 'faux'],
  es: ['no,', 'incorrecto', 'para,', 'deshaz', 'dije', 'en lugar de', 'mal'],
  ja: ['いや', '違う', '違います', 'ちがう', 'やめて', '戻して', 'そうじゃ'],
}

/** What a user forbids, wherever it stands in the turn. */
export const prohibition =
  /(?:^|[.!?\n,;]\s*|\bplease\s+)(?:don't|do not|never|stop)\s+([a-z]+ing|[a-z]+)\b[^.!?\n]{0,120}/i

/**
 * What says by itself that something is wrong, was missed or has to go back; a list for each language, looked
 * for in the first sentences only. English was read off 150 labelled turns (bench/labels).
 */
export const objections: Readonly<Record<string, readonly RegExp[]>> = {
  en: [
    // No, and what to do instead: "no revert those changes", "no, that is …".
    /^(?:no|nope|nah)\b[,.!: ]{1,3}(?:please )?(?:revert|remove|undo|delete|drop|leave|put|stop|don't|do not|not|that's (?:not|wrong)|that is (?:not|wrong)|it's (?:not|the)|it is not|this is|you|i (?:did|said|meant|mean)|we (?:need|don't)|wait)\b/,
    /\b(?:revert|undo|remove|take out|roll back) (?:that|this|those|these|it|your|the changes?|the last)\b[^.?]{0,40}\b(?:again|changes?|back|commit)\b/,
    /^(?:please )?(?:revert|undo) (?:that|this|those|these|it|your|the)\b/,
    /\blet's (?:please )?not\b/,
    /\b(?:that|this|it|which|logic|comment|test|code|number|output|result)s? (?:is|are|was|were|does|do)(?: not|n't) (?:really |entirely |quite |actually |yet )?(?:correct|right|accurate|true|expected|what i|what we|how|make sense|the case|needed|necessary|work)\b/,
    /\b(?:that|this|it|which|logic|comments?|tests?|code|function|field|error|message|numbers?|output|result|answer|strategy|state|docs?|documentation|struct|check|fix|we|you)\b(?: [\w./:]+){0,3} (?:is|are|was|were) (?:still |simply |clearly |just |also |now )?(?:wrong|incorrect|inaccurate|misleading|outdated|broken|inefficient|unreachable|a bug|undercounted|overcounted|double-counted|missing)\b/,
    /\b(?:causing|causes|cause|leading to|leads to|leading)\b[^.?]{0,80}\b(?:under|over|double-|mis)?(?:counted|count|inflated?|hang|fail(?:ures?)?|crash|errors?|leaks?|diagnose|debug)\b/,
    /\b(?:has|have|is) a (?:performance |security |logic |concurrency )?(?:issue|problem|bug|race)\b/,
    /\b(?:instead of|rather than) duplicating\b/,
    /\b(?:did|didn't) (?:we|you) (?:miss|forget|skip|overlook)\b|\byou (?:missed|forgot|skipped|overlooked|ignored|broke|removed|deleted|misunderstood)\b/,
    /\b(?:my point is|that's not what|that is not what|not what i (?:meant|asked|said|wanted)|i (?:already )?(?:said|asked)(?: for| to| you)?\b|i did(?: not|n't) (?:ask|say|want|mean))/,
    /\bwhy (?:aren't|isn't|don't|didn't|did|are|can't) we\b[^.?]{0,60}\b(?:using|use|just|instead|not|that|this|real|need)\b|\bwhy (?:aren't|didn't|did|are) you\b[^.?]{0,60}\b(?:using|use|just|instead|not|that|this|real|need)\b/,
    /\bi (?:can't|cannot|don't|do not|couldn't) (?:see|find) (?:any|it|that|this|the)\b[^.]{0,80}\b(?:so|means|not|where)\b/,
    /\bi (?:doubt|disagree|don't agree|don't like|do not like|don't think (?:that's|that is|this is|it's|it is|we need|we should))\b/,
    /\bnot expected that\b/,
    /^(?:yeah|yes|ok|okay|hmm|well|right|sure)?,? ?but (?:it|that|this|they|you|we|the [a-z]+) (?:should|shouldn't|must|is not|isn't|needs? to)\b/,
    /^(?:ok|okay|hmm|well|yeah)?,? ?but\b[^.?]{0,120}\bwhy (?:aren't|isn't|don't|not)\b/,
    /^(?:ok|okay|hmm|well|yeah)?,? ?but\b[^.?]{0,120}\b(?:lost|gone|messed up|broken|couldn't we)\b/,
    /\bi(?:'m| am| was)? (?:definitely|absolutely|certain|pretty sure|sure|did)\b.{0,300}\b(?:double-check|check (?:that |it |this )?again|look again|check again)\b/,
  ],
}

/** Whoever says so takes back their own words, or starts work that was agreed on. */
export const ownFault =
  /\b(?:mixed up|my mistake|my bad|my fault|maybe i (?:made|was|got)|i might(?:'ve| have)|i must(?:'ve| have)|i was (?:wrong|mistaken)|sorry for the confusion|apologies for the confusion|second thoughts?|changed my mind|change of plans|damn|bullshit)\b|^implement the following plan\b/i
