export interface Cost {
  /** How many parts match a number of times that is not fixed. */
  readonly repeats: number
  /** In how many ways choices can be made together: `(a|b)(c|d|e)` is 6. */
  readonly choices: number
  /** Whether such a part is within another, or a choice or a reference may be tried in as many ways: exponential. */
  readonly isNested: boolean
}

/** Whether it may take more than some milliseconds. */
export function mayTakeLong({repeats, choices, isNested}: Cost, text: string): boolean {
  if (isNested) return text.length > 12
  // Each repeat may begin and end at each place of the text.
  return choices * (text.length + 1) ** (repeats + 1) > 1e7
}

/** An estimate that is far on the safe side. Reads the pattern without its meaning: escapes, classes, groups and what repeats them. */
export function estimate(source: string): Cost {
  const tokens = source.matchAll(
    /\\k<|\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<[^>]*>))?|\)|\||[*+?]\??|\{\d+(?:,\d*)?\}\??|./gsu,
  )
  let repeats = 0
  let choices = 1
  let isNested = false
  // The groups that are open: how many ways there are through each by choice, and whether it can match in more than one.
  const open = [{ways: 1, varies: false}]
  // Whether the group that was closed last can.
  let closed = false
  for (const [token] of tokens) {
    const top = open.at(-1) as {ways: number; varies: boolean}
    if (token.startsWith('(')) open.push({ways: 1, varies: false})
    else if (token === ')' && open.length > 1) {
      open.pop()
      choices *= top.ways
      closed = top.varies
      ;(open.at(-1) as typeof top).varies ||= closed
      continue
    } else if (token === '|') {
      top.ways++
      top.varies = true
    } else if (/^\\(?:[1-9]|k<)/.test(token)) isNested = true
    // What can match in more than one way, in a row, can in all combinations of them.
    else if (closed && token.startsWith('{')) isNested = true
    else if (isRepeat(token)) {
      repeats++
      if (closed) isNested = true
      top.varies = true
    }
    closed = false
  }
  return {repeats, choices: choices * (open[0]?.ways ?? 1), isNested}
}

/** `a{3}` always matches in one way. */
function isRepeat(token: string): boolean {
  return /^[*+?]/.test(token) || (/^\{\d+(?:,\d*)?\}/.test(token) && !/^\{(\d+)(?:,\1)?\}/.test(token))
}
