/** The line of the expression where an error is, with a caret under the place. */
export function pointAt(text: string, position: number | undefined, token: string | undefined): string {
  const atEnd = position === undefined || token === '(end)'
  const place = atEnd ? text.length : Math.max(0, position - (token?.length ?? 1))
  const lineStart = text.lastIndexOf('\n', place - 1) + 1
  const lineEnd = text.indexOf('\n', place)
  const line = text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd)
  return `${line}\n${' '.repeat(place - lineStart)}^`
}
