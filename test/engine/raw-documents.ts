import type {Random} from '../support.ts'

/** Documents as other programs spell them, and conditions that ask for what is in them. */
export class RawDocuments {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** JSON, as text or as the bytes that a careless program binds. */
  document(): string | Buffer {
    if (this.#random.chance(0.06)) return this.#pick(oddDocuments)
    const names = [...new Set(fields)].filter(() => this.#random.chance(0.6))
    while (this.#random.chance(0.07)) names.push(this.#pick(fields))
    const space = () => (this.#random.chance(0.1) ? this.#pick([' ', '\n', '\t ']) : '')
    const parts = names.map(name => `${space()}${this.#name(name)}${space()}:${space()}${this.#value(name)}`)
    const text = `${this.#random.chance(0.02) ? ' ' : ''}{${parts.join(',')}}`
    return this.#random.chance(0.05) ? Buffer.from(text) : text
  }

  /** Over a document, or over an event. */
  condition(ofEvent: boolean): string {
    const parts = [this.#part(ofEvent)]
    while (this.#random.chance(0.5)) parts.push(this.#part(ofEvent))
    return parts.join(' and ')
  }

  #part(ofEvent: boolean): string {
    if (this.#random.chance(0.15)) return this.#other(ofEvent)
    if (ofEvent && this.#random.chance(0.15)) return this.#pick(eventParts)
    const name = this.#pick(fields)
    const within = this.#random.chance(0.15) ? this.#pick(['.n', '.n', '.s', '.s.n']) : ''
    const field = this.#field(name, ofEvent) + within
    const op = this.#pick(['=', '=', '=', '!=', '<', '<=', '>', '>='])
    if (this.#random.chance(0.15))
      return `${field} ${op} ${this.#field(this.#pick([name, this.#pick(fields)]), ofEvent)}`
    const constant = this.#constant(name)
    return this.#random.chance(0.8) ? `${field} ${op} ${constant}` : `${constant} ${op} ${field}`
  }

  #other(ofEvent: boolean): string {
    const field = this.#field(this.#pick(fields), ofEvent)
    const constant = this.#constant(this.#pick(fields))
    return this.#pick([
      `$exists(${field})`,
      `(${field} = ${constant} or ${field} != ${this.#constant('n')})`,
      `$contains(${field}, "a")`,
      `${field} + 1 > 2`,
      `${field}`,
      `${field}.n = ${constant}`,
      `${field} in [1, "a", 7]`,
    ])
  }

  #field(name: string, ofEvent: boolean): string {
    const quoted = /^\w+$/.test(name) ? name : `\`${name}\``
    return ofEvent ? `${this.#pick(['new_val', 'new_val', 'old_val'])}.${quoted}` : quoted
  }

  #name(name: string): string {
    if (this.#random.chance(0.99)) return JSON.stringify(name)
    return `"${[...name].map(character => (character !== '"' && this.#random.chance(0.5) ? character : escaped(character))).join('')}"`
  }

  #value(name: string): string {
    if (this.#random.chance(0.25)) return this.#pick([...numbers, ...texts, ...others])
    return this.#pick(name.startsWith('n') ? numbers : name.startsWith('s') ? texts : [...numbers, ...texts, ...others])
  }

  #constant(name: string): string {
    if (this.#random.chance(0.15)) return this.#pick([...constants, 'true', 'false', 'null'])
    return this.#pick(name.startsWith('s') ? textConstants : constants)
  }

  #pick<T>(items: readonly T[]): T {
    return this.#random.pick(items)
  }
}

const fields = [
  'n',
  'n',
  'n',
  'n1',
  's',
  's',
  'x',
  'y.z',
  'é',
  '__proto__',
  'constructor',
  'a*[b]',
  'na me',
  'q"r',
  'u\ufffd',
]

const small = [
  '7',
  '7.0',
  '70e-1',
  '0.7E+1',
  '6.99999999999999999999',
  '7.000000000000001',
  '6.999999999999999',
  '8',
  '-7',
]
/** As many digits, fewer and more, on both sides of a bound. */
const plain = [
  '6',
  '9',
  '10',
  '19',
  '42',
  '70',
  '79',
  '99',
  '100',
  '699',
  '700',
  '-8',
  '-10',
  '-69',
  '-70',
  '-100',
  '70.5',
  '9e1',
]
const numbers = [
  ...small,
  ...small,
  ...plain,
  ...[
    '0',
    '-0',
    '0.0',
    '1e-400',
    '5e-324',
    '-1e-320',
    '1',
    '1.5',
    '1.50',
    '0.1',
    '0.10000000000000000555',
    '0.30000000000000004',
  ],
  ...[
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '9007199254740990.5',
    '9223372036854775808',
    '1e400',
    '-1e400',
  ],
  ...[
    '123456789012345678901234567890',
    '8.5e307',
    `1${'0'.repeat(400)}`,
    `1${'0'.repeat(400)}e-400`,
    `0.${'0'.repeat(300)}7e301`,
  ],
  ...['2.2250738585072014e-308', '2.2250738585072011e-308', '1795389670700', '1.7953896707e12', '-9223372036854775808'],
  ...[
    '0.52647338110642266659',
    '0.5264733811064227',
    '0.1000000000000000055511151231257827',
    '179769313486231580793728971405301e276',
    '1e23',
    '8.41e21',
    '9.5367431640625e-7',
  ],
]
const texts = [
  ...[
    '"a"',
    '"b"',
    '"ab"',
    '""',
    '"A"',
    '"7"',
    '"\\u0061"',
    '"a\\u0000"',
    '"\\n"',
    '"\\/"',
    '"\\"n\\""',
    '"n\\":7"',
    '"é"',
    '"😀"',
  ],
  ...['"\\ud83d\\ude00"', '"\\ud83d"', '"\uffee"', '"\ufffd"', '"true"', '"null"', '"{\\"n\\":7}"', '"[7]"'],
]
const others = [
  'true',
  'false',
  'null',
  '[]',
  '[7]',
  '["a"]',
  '[7,8]',
  '[[7]]',
  '{}',
  '{"n":7}',
  '{"n":[7],"s":"a"}',
  '[{"n":7}]',
  '[{"n":[7]}, {"n" : [ ]}]',
  '{"s":[{"n": [7]},{"n":[]}],"n":7.0}',
  '{"n":7,"n":8}',
]

const constants = [
  ...['10', '19', '42', '70', '70.5', '99', '100', '-10', '-70'],
  ...[
    '7',
    '7',
    '7',
    '0.5264733811064227',
    '0.5264733811064226',
    '7.5',
    '6.999999999999999',
    '7.000000000000001',
    '0',
    '1',
    '1.5',
    '0.1',
    '0.30000000000000004',
    '-7',
  ],
  ...[
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '1795389670700',
    '1e300',
    '8.41e21',
    '1e23',
    '1e-300',
    '5e-324',
  ],
]
const textConstants = [
  ...[
    '"a"',
    '"a"',
    '"b"',
    '"ab"',
    '""',
    '"7"',
    '"é"',
    '"😀"',
    '"\\n"',
    '"/"',
    '"\\"n\\""',
    '"\\u0000"',
    '"\\ufffd"',
    '"\\uffee"',
  ],
  ...['"{\\"n\\":7}"', '"[7]"', '"true"', '"null"', '"~"', '" "'],
]

const eventParts = [
  ...[
    'table = "a"',
    'table = "A"',
    'table != "a"',
    'table > "a"',
    'type = "add"',
    'type = "change"',
    'type != "remove"',
    'type = 1',
  ],
  ...[
    'seq > 50',
    'seq <= 20.5',
    'seq = 7',
    'seq != 7',
    'seq = "7"',
    'seq > "7"',
    'ts_ms > 1',
    'ts_ms = 1',
    'key = 7',
    'key > 3',
  ],
  ...[
    'old_val = null',
    'old_val != null',
    'new_val = null',
    'new_val != null',
    'new_val > 1',
    'new_val = 7',
    'none = 1',
    'doc.n = 7',
  ],
]

/** What is no object, or has bytes that are no UTF-8. */
const oddDocuments: readonly (string | Buffer)[] = [
  ...[
    'null',
    '7',
    '"n"',
    '[]',
    '[{"n":[7]}]',
    '[{"n":7}]',
    '[{"n":7},{"n":8}]',
    '{}',
    ' {"n":7}',
    '[[{"n":7}]]',
    'true',
  ],
  ...[Buffer.from('{"s":"\xff","n":7}', 'latin1'), Buffer.from('{"u\xff":7,"s":"\xed\xa0\x80"}', 'latin1')],
  ...[Buffer.from('{"n":7,"n\xc1\xae":8}', 'latin1'), `{"n":0.${'0'.repeat(110_000)}7e110001}`],
]

function escaped(character: string): string {
  return character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
