/**
 * Reads a few fields out of a document's text without parsing the rest, about twice as fast as a parse: for the usual case,
 * a minified JSON object without objects in it and without escapes, whose fields in question are scalars. Undefined means
 * only "parse it".
 */
export type Skim = (text: string) => Record<string, unknown> | undefined

/** Undefined when the fields cannot be read so, whatever the text. */
export function skimmer(fields: ReadonlySet<string> | undefined): Skim | undefined {
  if (fields === undefined || fields.size > 4) return undefined
  // Any other character could stand between two strings, and `__proto__` is no field of its own when it is assigned.
  if ([...fields].some(name => !/^[A-Za-z_]\w*$/.test(name) || name === '__proto__')) return undefined
  const names = [...fields].map(name => ({name, quoted: `"${name}"`}))
  return text => {
    if (!isFlat(text)) return undefined
    const found: Record<string, unknown> = {}
    for (const {name, quoted} of names) {
      const at = text.indexOf(quoted)
      if (at === -1) continue
      const start = at + quoted.length
      // A string of this text is no field, and of two fields the last counts.
      if (text.charCodeAt(start) !== colon || text.includes(quoted, start)) return undefined
      const value = scalarAt(text, start + 1)
      if (value === undefined) return undefined
      found[name] = value
    }
    return found
  }
}

/** Whether each quoted word with a colon behind it is a field of the document, and none is a mark that JSONata looks for. */
function isFlat(text: string): boolean {
  return (
    text.charCodeAt(0) === openBrace &&
    !text.includes('{', 1) &&
    !text.includes('\\') &&
    !text.includes('"_jsonata_') &&
    !text.includes('"outerWrapper"') &&
    !text.includes('"tupleStream"')
  )
}

/** Undefined for arrays, and where there are spaces. */
function scalarAt(text: string, start: number): string | number | boolean | null | undefined {
  const first = text.charCodeAt(start)
  if (first === quote) return text.slice(start + 1, text.indexOf('"', start + 1))
  if (first === minus || (first >= zero && first <= nine)) return Number(text.slice(start, endOf(text, start)))
  if (text.startsWith('true', start)) return true
  if (text.startsWith('false', start)) return false
  return text.startsWith('null', start) ? null : undefined
}

function endOf(text: string, start: number): number {
  let at = start
  while (at < text.length && text.charCodeAt(at) !== comma && text.charCodeAt(at) !== closeBrace) at++
  return at
}

const [openBrace, closeBrace, colon, comma, quote, minus, zero, nine] = [123, 125, 58, 44, 34, 45, 48, 57]
