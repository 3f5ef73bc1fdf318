import {type Fragment, fragment} from './fragment.ts'

/**
 * Whether the document may have another field of this name, for JSON.parse takes the last one and SQLite the first; or one
 * whose name is spelled with escapes.
 */
export function mayBeAnother(doc: Fragment, name: string): Fragment {
  const twice = (end: string) => `*${globbed(end)}"*${globbed(end)}"*`
  const end = rareEnd(name)
  const isTwice = fragment`${doc} GLOB ${twice(name)}`
  const glanced = end === name ? isTwice : fragment`(${doc} GLOB ${twice(end)} AND ${isTwice})`
  return fragment`(${doc} GLOB '*\\u*' OR ${glanced})`
}

/**
 * A text from its rarest character on. GLOB looks for the first character behind a `*` in many bytes at once, much faster than
 * `instr` looks for anything, and closer wherever it stands.
 */
export function rareEnd(text: string): string {
  const characters = [...text]
  const ranks = characters.map(rarity)
  return characters.slice(ranks.indexOf(Math.max(...ranks))).join('')
}

function rarity(character: string): number {
  if (!/[\x20-\x7e]/.test(character) || '*?['.includes(character)) return -1
  const rank = common.indexOf(character)
  return rank === -1 ? common.length : rank
}

/** The most common characters of documents, and those with which test data are padded, the most common ones first. */
const common = '"x 0123456789eatoinsrlcdhumpgyfbvwk'

/** A text as a part of a pattern of GLOB. */
export function globbed(text: string): string {
  return text.replaceAll(/[*?[]/g, '[$&]')
}
