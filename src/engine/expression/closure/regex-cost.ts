export interface Cost {
  /** How many parts match a number of times that is not fixed. */
  readonly repeats: number
  /** Whether such a part is within another, or a choice or a reference may be tried in as many ways: exponential. */
  readonly isNested: boolean
}

/** Whether it may take more than some milliseconds. */
export function mayTakeLong({repeats, isNested}: Cost, text: string): boolean {
  if (isNested) return text.length > 12
  // Each repeat may begin and end at each place of the text.
  return (text.length + 1) ** (repeats + 1) > 1e7
}

/** An estimate that is far on the safe side. Reads the pattern without its meaning: escapes, classes, groups and what repeats them. */
export function estimate(source: string): Cost {
  const tokens = source.matchAll(
    /\\k<|\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<[^>]*>))?|\)|\||[*+?]\??|\{\d+(?:,\d*)?\}\??|./gsu,
  )
  let repeats = 0
  let isNested = false
  // Whether the group that is open, and the one that was closed last, can match in more than one way.
  const open: boolean[] = [false]
  let closed = false
  for (const [token] of tokens) {
    const top = open.length - 1
    if (token.startsWith('(')) open.push(false)
    else if (token === ')') {
      closed = open.pop() ?? false
      open[open.length - 1] ||= closed
      continue
    } else if (token === '|') open[top] = true
    else if (/^\\(?:[1-9]|k<)/.test(token)) isNested = true
    else if (isRepeat(token)) {
      repeats++
      if (closed) isNested = true
      open[top] = true
    }
    closed = false
  }
  return {repeats, isNested}
}

/** `a{3}` always matches in one way. */
function isRepeat(token: string): boolean {
  return /^[*+?]/.test(token) || (/^\{\d+(?:,\d*)?\}/.test(token) && !/^\{(\d+)(?:,\1)?\}/.test(token))
}
