/** A piece of SQL text. `name` is what an identifier, quoted or not, stands for. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'sign'
  readonly text: string
  readonly name: string
}

/** Takes SQL apart as SQLite's tokenizer does, without spaces and comments. https://sqlite.org/lang_keywords.html */
export function tokens(sql: string): readonly Token[] {
  const found: Token[] = []
  for (const [text] of sql.matchAll(pattern)) {
    const first = text.charAt(0)
    if (/^\s/.test(first) || text.startsWith('--') || text.startsWith('/*')) continue
    if (first === '"' || first === '`') {
      const name = text.slice(1, -1).replaceAll(first + first, first)
      found.push({kind: 'quoted', text, name})
    } else if (first === '[') found.push({kind: 'quoted', text, name: text.slice(1, -1)})
    else if (/^[xX]?'/.test(text)) found.push({kind: 'string', text, name: ''})
    else if (/^[\d.]*\d/.test(text)) found.push({kind: 'number', text, name: ''})
    else if (/^[\w$\u0080-\uffff]/.test(first)) found.push({kind: 'word', text, name: text})
    else found.push({kind: 'sign', text, name: ''})
  }
  return found
}

/** Whether two names are one to SQLite, which folds the case of ASCII letters alone. */
export function sameName(one: string, other: string): boolean {
  return foldName(one) === foldName(other)
}

export function foldName(name: string): string {
  return name.replace(/[A-Z]/g, letter => letter.toLowerCase())
}

const pattern =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[xX]?'(?:[^']|'')*'|(?:0[xX][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\|\||->>|->|<<|>>|<=|>=|<>|==|!=|[\s\S]/g
