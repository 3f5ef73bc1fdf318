import {cpSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {expect, test} from 'vitest'
import {Random, rounds, temporaryDirectory} from '../../support.ts'
import {certain, uncertainCases} from './cases.ts'
import {type Comparison, type Compile, compare, compareOne} from './differ.ts'
import {Generator} from './generate.ts'
import {astOf} from './official.ts'

const source = join(import.meta.dirname, '../../../src/engine/expression/closure')

/** What could be wrong in the compiler: the file, what is there, and what stands there by mistake. */
const faults: readonly [string, string, string][] = [
  ['value.ts', 'if (items.length === 0) return undefined', ''],
  ['value.ts', 'items.length === 1 && !items.keepSingleton', 'items.length === 1'],
  ['value.ts', 'if (keepArray) items.keepSingleton = true', ''],
  ['value.ts', '|| !Object.hasOwn(value, name)', '|| !(name in value)'],
  ['value.ts', 'if (isMarked(value)) giveUp()\n  const field', 'const field'],
  ['value.ts', 'if (Array.isArray(item)) collectFields(item, name, into)\n    else ', ''],
  ['value.ts', 'if (first === undefined) return second', ''],
  ['value.ts', 'return value !== 0 && !Number.isNaN(value)', 'return true'],
  ['value.ts', 'if (isTrue(item)) found = true', 'found = true'],
  ['value.ts', 'if (one === other) return true', 'if (one == other) return true'],
  ['value.ts', 'if (one.length !== other.length) return false', ''],
  ['value.ts', 'if (names.length !== Object.getOwnPropertyNames(other).length) return false', ''],
  ['path.ts', '(value as Items).cons) items.push(value)', 'false) items.push(value)'],
  ['path.ts', "&& first.type !== 'variable'", ''],
  ['path.ts', 'return isLast && count === 1', 'return count === 1'],
  ['path.ts', '&& (only as Items).sequence !== true ? only', '? only'],
  ['path.ts', 'if (node.keepSingletonArray) items', 'if (false) items'],
  ['path.ts', 'return value.length === 0 ? undefined : ', 'return '],
  ['places.ts', 'index in places ? places[index] : unassigned', 'places[index]'],
  ['places.ts', 'withPlace(before, named, place)', 'withPlace(before, named, 0)'],
  ['places.ts', 'if (value === undefined) return []', ''],
  ['filter.ts', 'items.length + wanted : wanted', 'wanted : wanted'],
  ['filter.ts', 'if (Array.isArray(item)) return item', ''],
  ['filter.ts', '(whole < 0 ? length + whole : whole) === index', 'whole === index'],
  ['filter.ts', 'const whole = Math.floor(wanted)', 'const whole = wanted'],
  ['filter.ts', '.tupleStream) giveUp()', '.tupleStream) void 0'],
  ['sort.ts', 'descending ? -1 : 1', 'descending ? 1 : -1'],
  ['sort.ts', 'if (one === undefined) return 1', 'if (one === undefined) return -1'],
  ['sort.ts', 'if (types.size > 1) giveUp()', ''],
  ['group.ts', 'items.length === 0 ? [undefined] : items', 'items'],
  ['group.ts', 'else if (group.pair !== pair) giveUp()', ''],
  ['group.ts', '|| isReserved(key)) giveUp()', ') giveUp()'],
  ['group.ts', '&& !(items as Items).sequence) giveUp()', ') void 0'],
  ['group.ts', 'if (value !== undefined) object[key]', 'object[key]'],
  ['group.ts', 'const result = Object.create(null)\n    for', 'const result: Record<string, unknown> = {}\n    for'],
  ['operators.ts', "one === undefined ? '' : toText(one)", 'String(one)'],
  ['operators.ts', 'if (!Array.isArray(other)) return one === other', 'if (!Array.isArray(other)) return false'],
  [
    'operators.ts',
    'if (isArray || !Array.isArray(value)) items.push(value)',
    'if (!Array.isArray(value)) items.push(value)',
  ],
  ['operators.ts', 'isTrue(left(input)) && isTrue(right(input))', 'left(input) && right(input)'],
  ['operators.ts', 'Number.isFinite(value) ? value : giveUp()', 'true ? value : giveUp()'],
  ['operators.ts', 'other !== undefined && !areEqual(one, other)', '!areEqual(one, other)'],
  ['text.ts', 'Number(value.toPrecision(15))', 'value'],
  ['text.ts', 'return !/[\\ud800-\\udfff]/.test(text)', 'return true'],
  ['wildcard.ts', 'append(items, flatten(value, [])) as Items', 'append(items, value) as Items'],
  ['compile.ts', 'for (const slot of slots) slot.value = unassigned', ''],
  ['call-text.ts', 'chars.length + start < 0 ? 0 : start', 'start'],
  ['call-text.ts', "if (length !== undefined && length <= 0) return ''", ''],
  ['call-text.ts', 'text.slice(at + chars.length)', 'text.slice(at + 1)'],
  ['call-numbers.ts', 'Math.abs(result % 2) === 1) result--', 'false) result--'],
  ['call-numbers.ts', 'return result === 0 ? 0 : result', 'return result'],
  ['call-numbers.ts', 'return value ? 1 : 0', 'return value ? 0 : 1'],
  ['call-arrays.ts', 'numbers.length === 0 ? undefined : sum', 'sum'],
  ['call-arrays.ts', 'if (!kept.some(other => areEqual(item, other))) kept', 'kept'],
  ['call-arrays.ts', '(value as Items).sequence ? newSequence() : []', '[]'],
  ['call-values.ts', "'_jsonata_lambda' in found) giveUp()", "'_jsonata_lambda' in found) void 0"],
]

// By itself, and so only in the long run: each fault takes a copy of the compiler and thousands of evaluations.
// A few of them in every run, so that this test is known to work; all of them in the long one.
test.for(process.env.LITEFEED_FUZZ === 'long' ? faults : faults.slice(0, 3))(
  'in %s a fault in %j is found',
  async ([file, right, wrong]) => {
    const copy = join(await temporaryDirectory(), 'closure')
    cpSync(source, copy, {recursive: true})
    const code = readFileSync(join(copy, file), 'utf8')
    expect(code.split(right).length - 1, 'the place is there, and but once').toBe(1)
    writeFileSync(
      join(copy, file),
      code.replace(right, () => wrong),
    )
    const {compile} = await import(pathToFileURL(join(copy, 'compile.ts')).href)
    const {wrong: found} = await compare(compile, new Generator(new Random()), rounds(1000))
    expect(found ?? (await firstWrongCase(compile))).toBeDefined()
  },
)

async function firstWrongCase(compile: Compile): Promise<object | undefined> {
  const cases = [...Object.values(certain).flat(), ...uncertainCases.map(([, ...rest]) => rest)]
  for (const [text, ...inputs] of cases) {
    const program = compile(astOf(text) as never)
    for (const json of inputs) {
      const comparison: Comparison = {expressions: 1, compiled: 1, asked: 0, answered: 0}
      if (program !== undefined) await compareOne(text, program, json, comparison)
      if (comparison.wrong !== undefined) return comparison.wrong
    }
  }
  return undefined
}
