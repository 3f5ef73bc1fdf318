import type {Random} from '../../support.ts'

/**
 * Random expressions and documents for each other. A field's first letters say what it holds most of the time, and an
 * expression mostly asks of it what goes with that: expressions that fail everywhere would test nothing but failures.
 */
export class Generator {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** JSON text of an object, sometimes with what `JSON.stringify` never writes: duplicate keys, 1e400, -0. */
  document(): string {
    return this.#object(2, true)
  }

  /** May fail to parse, rarely. */
  expression(): string {
    return this.#any(4)
  }

  /** Comparisons of fields with constants, mostly, joined by `and`. */
  condition(): string {
    const parts = [this.#comparison()]
    while (this.#random.chance(0.6)) parts.push(this.#comparison())
    return parts.join(' and ')
  }

  #comparison(): string {
    if (this.#random.chance(0.2)) return `(${this.#truth(1)})`
    const field = this.#pick(['n', 's', 'f', 'x', 'o.n', 'o.s', 'o.o.n', 'l.n', '$.n', '$$.s', 'v', '(n)', 'y', 'l'])
    const op = this.#pick(['=', '=', '!=', '<', '<=', '>', '>='])
    const constant = this.#pick(['0', '1', '2', '-1', '"a"', '"ab"', '""', 'true', 'false', 'null', '"é"'])
    const other = this.#pick(['n1', 's1', 'f', 'x1', 'o.n', 'o.s', 'l.n', '$.n', 'v'])
    const against = this.#random.chance(0.8) ? constant : other
    const made = this.#random.chance(0.8) ? `${field} ${op} ${against}` : `${against} ${op} ${field}`
    return this.#pick([made, made, made, `(${made})`, `(${made} or ${field} = ${constant})`, `${field} in [1, "a"]`])
  }

  #object(depth: number, full: boolean): string {
    const names = full ? allFields : allFields.filter(() => this.#random.chance(0.25))
    const fields = names
      .filter(() => this.#random.chance(0.85))
      .map(name => `${JSON.stringify(name)}:${this.#fieldValue(name, depth - 1)}`)
    while (this.#random.chance(0.15)) fields.push(`${JSON.stringify(this.#pick(trapKeys))}:${this.#trapValue(depth)}`)
    return `{${fields.join(',')}}`
  }

  #trapValue(depth: number): string {
    return this.#random.chance(0.5) ? 'true' : this.#json(depth - 1)
  }

  #fieldValue(name: string, depth: number): string {
    if (depth <= 0 || this.#random.chance(0.12)) return this.#json(depth)
    switch (name[0]) {
      case 'n':
        return this.#pick(numbers)
      case 's':
        return JSON.stringify(this.#pick(texts))
      case 'f':
        return this.#pick(['true', 'false'])
      case 'o':
        return this.#object(depth, false)
      case 'l':
        return this.#array(() => this.#object(depth, false))
      case 'v':
        return this.#array(() => this.#pick(numbers))
      case 'w':
        return this.#array(() => JSON.stringify(this.#pick(texts)))
      default:
        return this.#json(depth)
    }
  }

  #json(depth: number): string {
    const kinds = [
      () => this.#pick(numbers),
      () => JSON.stringify(this.#pick(texts)),
      () => this.#pick(['true', 'false', 'null', '[]', '{}', '[[]]', '""', '1e400']),
    ]
    if (depth > 0) {
      kinds.push(
        () => this.#object(depth, false),
        () => this.#array(() => this.#json(depth - 1)),
        () => this.#array(() => this.#array(() => this.#json(depth - 1))),
        () => `[[${this.#array(() => this.#object(depth, false))}]]`,
      )
    }
    return this.#pick(kinds)()
  }

  #array(item: () => string): string {
    const length = this.#pick([0, 1, 1, 2, 2, 3, 4])
    return `[${Array.from({length}, item).join(',')}]`
  }

  #any(depth: number): string {
    const make = this.#pick([
      () => this.#number(depth),
      () => this.#text(depth),
      () => this.#truth(depth),
      () => this.#truth(depth),
      () => this.#path(depth),
      () => this.#path(depth),
      () => this.#list(depth),
      () => this.#constructed(depth),
      () => this.#odd(depth),
      () => this.#call(depth),
      () => this.#call(depth),
      () => this.#iterated(depth),
    ])
    const made = make()
    if (this.#random.chance(0.03)) return `${made}[]`
    return made
  }

  #number(depth: number): string {
    if (depth <= 0) return this.#pick([...literals, 'n', 'n1', 'o.n', '$count(l)', '$.n'])
    const inner = () => (this.#random.chance(0.9) ? this.#number(depth - 1) : this.#any(depth - 1))
    return this.#pick([
      () => `${inner()} ${this.#pick(['+', '-', '*', '/', '%'])} ${inner()}`,
      () => `-${this.#pick(['n', 'n1', '(n)', '3', 'o.n'])}`,
      () => `$${this.#pick(['abs', 'floor', 'ceil', 'sqrt', 'round', 'number'])}(${inner()})`,
      () => `$${this.#pick(['round', 'power'])}(${inner()}, ${this.#pick(['2', '-1', '0', '1.5', '-2', 'n'])})`,
      () => `$${this.#pick(['sum', 'max', 'min', 'average', 'count'])}(${this.#numbers(depth - 1)})`,
      () => `$${this.#pick(['length', 'number'])}(${this.#text(depth - 1)})`,
      () => `$count(${this.#list(depth - 1)})`,
      () => `(${inner()})`,
      () => this.#pick(['n', 'n1', 'o.n', 'o.o.n1', 'l.n', 'v[0]', 'v[-1]', 'l[0].n']),
      () => this.#condition(depth, inner),
    ])()
  }

  #numbers(depth: number): string {
    return this.#pick([
      () => 'v',
      () => 'l.n',
      () => 'l.v',
      () => 'v[$ > 1]',
      () => 'o.v',
      () => `[${this.#number(depth - 1)}, ${this.#number(depth - 1)}]`,
      () => `[${this.#bound()}..${this.#bound()}]`,
      () => `l.(${this.#number(depth - 1)})`,
      () => this.#list(depth - 1),
    ])()
  }

  #text(depth: number): string {
    if (depth <= 0) return this.#pick(['s', 's1', 'o.s', '"a"', '""', '"ab c"', "'é'", '"😀x"', 'w[0]', '$type(x)'])
    const inner = () => (this.#random.chance(0.9) ? this.#text(depth - 1) : this.#any(depth - 1))
    return this.#pick([
      () => `${inner()} & ${inner()}`,
      () => `${inner()} & ${this.#any(depth - 1)}`,
      () => `$${this.#pick(['uppercase', 'lowercase', 'trim', 'string'])}(${inner()})`,
      () =>
        `${this.#path(0)}.$${this.#pick(['uppercase', 'lowercase', 'trim', 'string', 'length', 'number', 'type'])}()`,
      () => `$string(${this.#any(depth - 1)})`,
      () => `$substring(${inner()}, ${this.#pick(['0', '1', '-2', '5', 'n', '-100'])})`,
      () => `$substring(${inner()}, ${this.#pick(['0', '1', '-3', '-1'])}, ${this.#pick(['0', '1', '2', '-1', 'n'])})`,
      () => `$${this.#pick(['substringBefore', 'substringAfter'])}(${inner()}, ${inner()})`,
      () => `$join(${this.#pick(['w', 'l.s', 'o.w', 'w[$ != ""]', '["a", s]'])}${this.#pick(['', ', "-"', ', s'])})`,
      () => `$type(${this.#any(depth - 1)})`,
      () => this.#condition(depth, inner),
      () => `(${inner()})`,
      () => `${inner()} ~> $${this.#pick(['uppercase', 'trim', 'length', 'string', 'type'])}()`,
    ])()
  }

  #truth(depth: number): string {
    if (depth <= 0) return this.#pick(['f', 'f1', 'true', 'false', 'o.f', 'n', 's', '$exists(x)', 'null', '$not(f)'])
    const inner = () => this.#truth(depth - 1)
    const order = ['<', '<=', '>', '>=']
    return this.#pick([
      () => `${inner()} ${this.#pick(['and', 'or'])} ${inner()}`,
      () => `${this.#number(depth - 1)} ${this.#pick(order)} ${this.#number(depth - 1)}`,
      () => `${this.#text(depth - 1)} ${this.#pick(order)} ${this.#text(depth - 1)}`,
      () => `${this.#any(depth - 1)} ${this.#pick(['=', '!='])} ${this.#any(depth - 1)}`,
      () =>
        `${this.#path(0)} ${this.#pick(['=', '!='])} ${this.#pick([...literals, '"a"', 'true', 'null', '[]', '{}'])}`,
      () => `${this.#any(depth - 1)} in ${this.#list(depth - 1)}`,
      () => `n in [${this.#pick(literals)}, ${this.#pick(literals)}, n1]`,
      () => `s in ["a", "b", ${this.#text(depth - 1)}]`,
      () => `$${this.#pick(['exists', 'boolean', 'not'])}(${this.#any(depth - 1)})`,
      () => `$contains(${this.#text(depth - 1)}, ${this.#text(depth - 1)})`,
      () => `(${inner()})`,
      () => this.#condition(depth, inner),
    ])()
  }

  /** A call of a built-in function with what it takes, or nearly so. */
  #call(depth: number): string {
    const [name, kinds] = this.#pick(calls)
    const args = [...kinds].map(kind => this.#argument(kind, depth))
    if (this.#random.chance(0.1)) args.pop()
    if (this.#random.chance(0.03)) args.push(this.#any(0))
    const call = `$${name}(${args.join(', ')})`
    if (this.#random.chance(0.05)) return `${this.#any(0)} ~> ${call}`
    return this.#random.chance(0.05) ? `${this.#path(0)}.${call}` : call
  }

  /** A call of a function that is written there. */
  #iterated(depth: number): string {
    const over = this.#pick(['l', 'l', 'v', 'w', 'o', 'x', 's', 'missing', 'l.v', '[1, 2, 3]', 'l.n'])
    const [name, all] = this.#pick([
      ['map', ['$a', '$b', '$c']],
      ['filter', ['$a', '$b', '$c']],
      ['single', ['$a', '$b']],
      ['reduce', ['$a', '$b', '$c', '$d']],
      ['each', ['$a', '$b', '$c']],
      ['sift', ['$a', '$b', '$c']],
    ] as [string, string[]][])
    const parameters = all.slice(0, name === 'reduce' ? 2 + this.#random.below(3) : this.#random.below(all.length + 1))
    const body = this.#pick([
      () =>
        this.#pick([
          '$a.n',
          '$a',
          '$b',
          '$a.n > 1',
          '$a > 1',
          '$a.s & n',
          '$a + $b',
          '$count($c)',
          '$b & $a.s',
          '$append($a, $b)',
        ]),
      () =>
        this.#pick(['$a.n * 2', '[$a, $b]', '{"k": $a}', '$a.($b)', '($v := $a; $v)', '$a = $$.n', 'n', '$', '$a.l.n']),
      () => this.#call(0).replace(/\b(?:s|n|l|x|v|w|o)\b/, '$a'),
      () => `$a ? ${this.#call(0).replace(/\b(?:s|n|l|x|v|w|o)\b/, '$a')} : $a.n`,
      () => `(${this.#any(0)}; ${this.#call(0)})`,
      () => `$filter($a.l, function($e) { $e.n = $a.n })`,
      () => this.#any(Math.min(depth - 1, 2)),
    ])()
    const initial =
      name === 'reduce' && this.#random.chance(0.4) ? `, ${this.#pick(['0', '[]', '""', 'missing', 'o'])}` : ''
    const call = `$${name}(${over}, function(${parameters.join(', ')}) { ${body} }${initial})`
    return this.#random.chance(0.1) ? `l.(${call})` : call
  }

  #argument(kind: string, depth: number): string {
    if (this.#random.chance(0.08)) return this.#any(Math.min(depth - 1, 1))
    const choices: Record<string, readonly string[]> = {
      t: ['s', 's1', 'o.s', 'w[0]', '"a b"', '"ab"', '"😀a"', '"12"', '"-1.5e2"', '"007"', '"0x1F"', 'missing'],
      p: ['"a"', '"b"', '" "', '""', 's', '"😀"', '"ab"'],
      n: ['n', 'n1', '0', '1', '-1', '2', '-2', '3', '1.5', '2.5', '-0.5', '1e-7', 'o.n', 'missing'],
      b: ['f', 'true', 'false'],
      v: ['v', 'l.n', 'l.v', '[1, 2]', '[]', 'n', 'missing', 'o.v'],
      w: ['w', 'l.s', '["a", "b"]', '[]', 's', 'missing'],
      o: ['o', 'o1', 'l', '$', '{"a": 1}', '[{"a": 1}, {"b": 2}]', '[{"a": 1}, {"a": 2}]', 'missing'],
      d: ['[1, 1]', '[n, n1, n]', 'l.n', 'l.s', 'l.f', '[[1], [1]]', '[{"a": n}, {"a": n}]', 'w', 'x', 'l.(1)'],
      x: ['x', 'y', 'o', 'l', 'v', 'f', 'n', 's', 'null', 'missing', 'l.o', '[]', '{}', '$', 'o.o'],
    }
    return this.#pick(choices[kind] as readonly string[])
  }

  #condition(depth: number, inner: () => string): string {
    return this.#pick([
      () => `(${this.#truth(depth - 1)} ? ${inner()} : ${inner()})`,
      () => `(${this.#truth(depth - 1)} ? ${inner()})`,
      () => `(${inner()} ?: ${inner()})`,
      () => `(${inner()} ?? ${inner()})`,
    ])()
  }

  #path(depth: number): string {
    const steps = [this.#pick([...allFields, ...allFields, '$', '$$', '*', '**', '`a b`', '__proto__', 'constructor'])]
    while (this.#random.chance(0.5)) steps.push(this.#step(depth))
    return steps.map(step => step + this.#behind(depth)).join('.')
  }

  #step(depth: number): string {
    if (this.#random.chance(0.75)) return this.#pick(allFields)
    return this.#pick([
      () => '*',
      () => '**',
      () => '$',
      () => '"quoted"',
      () => `(${this.#any(depth - 1)})`,
      () => `[${this.#any(depth - 1)}]`,
      () => `[${this.#any(depth - 1)}, ${this.#any(depth - 1)}]`,
      () => `{"k": ${this.#any(depth - 1)}}`,
      () => `$string(${this.#any(depth - 1)})`,
      () => `$lookup($, ${this.#text(0)})`,
    ])()
  }

  #behind(depth: number): string {
    if (this.#random.chance(0.7)) return ''
    return this.#pick([
      () => `[${this.#truth(Math.min(depth - 1, 1))}]`,
      () => `[${this.#pick(['0', '1', '-1', '2', '1.7', '-5'])}]`,
      () => `[${this.#number(Math.min(depth - 1, 1))}]`,
      () => `[${this.#any(Math.min(depth - 1, 1))}]`,
      () => '[[0..1]]',
      () => '[n > 1]',
      () => '[s = "a"][0]',
      () => '[]',
      () => `^(${this.#pick(['n', '>n', 's, >n', '$', '>$', 'n, s', 'o.n'])})`,
    ])()
  }

  #list(depth: number): string {
    if (depth <= 0) return this.#pick(['l', 'v', 'w', 'o.l', 'l.v', 'l.o', 'x', 'l.l.n', '[]', '[1, 2]', 'w[0]'])
    const inner = () => this.#list(depth - 1)
    return this.#pick([
      () => this.#path(depth),
      () => `${inner()}[${this.#truth(depth - 1)}]`,
      () => `l[${this.#truth(depth - 1)}].${this.#pick(allFields)}`,
      () => `l.(${this.#any(depth - 1)})`,
      () => `$append(${inner()}, ${this.#any(depth - 1)})`,
      () => `$${this.#pick(['keys', 'reverse', 'distinct'])}(${this.#any(depth - 1)})`,
      () =>
        `$split(${this.#text(depth - 1)}, ${this.#pick(['""', '" "', '"a"', 's'])}${this.#pick(['', ', 2', ', n'])})`,
      () => `[${this.#any(depth - 1)}, ${this.#any(depth - 1)}]`,
      () => `[${inner()}]`,
      () => `[${this.#bound()}..${this.#bound()}]`,
      () => `l^(${this.#pick(['n', '>n', 's', '>s, n', 'x', 'o.n, >s'])})`,
      () => `($v := ${inner()}; $v)`,
      () => `(${inner()})[0]`,
      () => `${inner()}[]`,
    ])()
  }

  /** Not any number: the official evaluator does not end a range that begins past 2^53. */
  #bound(): string {
    return this.#pick(['0', '1', '3', '-1', '5', '1.5', '$count(l)', 'n % 5', '$length(s)', 's', 'missing'])
  }

  #constructed(depth: number): string {
    const inner = () => this.#any(depth - 1)
    const key = () =>
      this.#pick(['"k"', '"a"', '"b"', '"2"', '"1"', 's', '"__proto__"', '"_jsonata_lambda"', this.#text(0)])
    return this.#pick([
      () => `{${key()}: ${inner()}, ${key()}: ${inner()}}`,
      () => '{}',
      () => `{"a": ${inner()}}.a`,
      () =>
        `${this.#pick(['l', 'o', 'l.l', '$', 'v', 'x'])}{${this.#pick(['s', 's1', '$string(n)', '"k"'])}: ${inner()}}`,
      () => `l{s: $sum(n), "all": $count($)}`,
      () => `l{"k": ${this.#pick(['$$.n', '$.n', 'n', '$$.l.n', '$count($$.l)'])}}`,
      () => `l.{"s": s, "n": ${inner()}}`,
      () => `$merge([${this.#pick(['o', 'l', '{"a": 1}'])}, {"b": ${inner()}}])`,
      () => `$merge(${inner()})`,
      () => `[${inner()}]`,
      () => `[[${inner()}], ${inner()}]`,
    ])()
  }

  /** Variables, and the rest of the language, most of which is not compiled. */
  #odd(depth: number): string {
    const inner = () => this.#any(depth - 1)
    return this.#pick([
      () => `($v := ${inner()}; $v = ${inner()})`,
      () => `($v := ${inner()}; $w := ${inner()}; [$v, $w])`,
      () => `($v := ${this.#number(depth - 1)}; $v + $v)`,
      () => `($v := n; l[n = $v].s)`,
      () => `($v := 1; ($v := 2; $v) + $v)`,
      () => `(f ? $v := 1; $v)`,
      () => `l.($v := n; $v * 2)`,
      () => `($v := l; $v[0].n)`,
      () => `(${inner()}; ${inner()})`,
      () => `()`,
      () => `l.$$.n`,
      () => `$map(l, function($i) { $i.n })`,
      () => `$filter(v, function($i) { $i > 1 })`,
      () => `$reduce(v, function($a, $b) { $a + $b })`,
      () => `$lookup(${this.#pick(['o', 'l', 'x', '$'])}, ${this.#text(depth - 1)})`,
      () => `$sort(v)`,
      () => `${this.#path(0)}#$i.${this.#placed(depth)}`,
      () => `l@$e.($e.n)`,
      () => `l.n.%.s`,
      () =>
        `$contains(${this.#text(depth - 1)}, ${this.#pick(['/[a-c]+/', '/^A/i', '/a.b/', '/(a|b)+$/', '/\\s/', '/^$/m'])})`,
      () => `w[$contains(/a|é/)]`,
      () => `x ~> $count()`,
      () => `${inner()} ~> $string()`,
      () => `$sum`,
      () => `$nothing`,
      () => `"${this.#pick(['a', 'b'])}"[0]`,
      () => `[1, 2, 3][${this.#number(0)}]`,
      () => `$`,
      () => `$$`,
    ])()
  }

  /** What may be behind `#$i`. */
  #placed(depth: number): string {
    return this.#pick([
      () => '$i',
      () => '($i & s)',
      () => '[$i, n]',
      () => '{"i": $i, "v": $}',
      () => 'v[$i]',
      () => '($$.v)[$i]',
      () => '$map(v, function($e) { $e + $i })',
      () => `(${this.#any(depth - 1)} = $i)`,
      () => `${this.#pick(allFields)}#$${this.#pick(['i', 'j'])}.[$i, $j]`,
      () => `${this.#path(0)}[]`,
      () => this.#path(0),
    ])()
  }

  #pick<T>(items: readonly T[]): T {
    return this.#random.pick(items)
  }
}

/** Functions and the kinds of their arguments; see #argument. */
const calls: readonly [string, string][] = [
  ...['uppercase', 'lowercase', 'length', 'trim'].map((name): [string, string] => [name, 't']),
  ...['substringBefore', 'substringAfter', 'contains', 'split'].map((name): [string, string] => [name, 'tp']),
  ['substring', 'tn'],
  ['substring', 'tnn'],
  ['split', 'tpn'],
  ['join', 'w'],
  ['join', 'wp'],
  ...['abs', 'floor', 'ceil', 'sqrt', 'round'].map((name): [string, string] => [name, 'n']),
  ...['round', 'power'].map((name): [string, string] => [name, 'nn']),
  ...['t', 'n', 'b'].map((kind): [string, string] => ['number', kind]),
  ...['sum', 'max', 'min', 'average', 'count'].map((name): [string, string] => [name, 'v']),
  ...['count', 'reverse', 'keys', 'exists', 'type', 'boolean', 'not', 'string', 'distinct'].map(
    (name): [string, string] => [name, 'x'],
  ),
  ['distinct', 'd'],
  ['reverse', 'd'],
  ['count', 'd'],
  ['append', 'xx'],
  ['append', 'dd'],
  ['merge', 'o'],
  ['keys', 'o'],
  ['lookup', 'op'],
  ['lookup', 'xt'],
]

const allFields = ['n', 'n1', 's', 's1', 'f', 'f1', 'o', 'o1', 'l', 'l1', 'v', 'w', 'x', 'y']

const trapKeys = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'length',
  'sequence',
  'keepSingleton',
  'outerWrapper',
  'tupleStream',
  'cons',
  '_jsonata_function',
  '_jsonata_lambda',
  'then',
  'toJSON',
  'next',
  '1',
  '2',
  'a b',
  'n',
  's',
  'l',
]

const numbers = [
  '0',
  '1',
  '1',
  '2',
  '3',
  '-1',
  '-0',
  '0.5',
  '1.5',
  '1e21',
  '0.1',
  '9007199254740993',
  '1e-7',
  '123.456789012345678',
]
const texts = ['', 'a', 'b', 'ab', 'a b', ' a  b ', 'é', '😀', '😀a😀', '1', '1.5', '-3', '0x10', '\ud800', 'A', '\n']
const literals = ['0', '1', '2', '-1', '0.5', '1.5', '1e3', '3']
