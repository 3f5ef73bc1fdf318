import {Fragment, fragment} from './fragment.ts'
import {mayBeAnother} from './glob.ts'
import {isPlainPath} from './order-key.ts'
import {hasRoomForLongExponent, isOnlyNumber, isOnWrongSide, type Order, spelledNumber} from './spelled-order.ts'
import {type Constant, isNotSpelled, isNotSpelledWithin, isSpelled} from './spelling.ts'

/** A field that SQL cannot look at, but the text says something of it. */
export interface SpelledField {
  /** Whether it is certain from the text alone that the field is not this: 1 or 0. Undefined where it does not say. */
  isNot(value: Constant): Fragment | undefined
}

/** A field that SQL can look at. */
export interface Field {
  /** Of a number the number, of a string the string, NULL of one that is missing; of others anything. */
  readonly value: Fragment
  /** As json_type says it: 'integer', 'real', 'text', 'true', 'false', 'null', 'array', 'object', or NULL when it is missing. */
  readonly type: Fragment
  /**
   * Whether JSON.parse finds the same: 1 or 0. To be sure of a missing field takes an object, and of a fraction a document
   * without room for a number whose exponent SQLite cuts off (`0.000…1e110001`). Costs as much as to find the field, so it is
   * for what would be left out.
   */
  readonly isSure: Fragment
  /** The same of a field that is a whole number, which costs less. */
  readonly isSureWhole: Fragment
  /** Whether it is certain from the text alone that the field is not this: 1 or 0. Undefined where only a look at the field can say. */
  isNot?(value: Constant): Fragment | undefined
  /** Whether the text says that it most likely is this, for those that are not certain: 1 or 0. */
  isLikely?(value: Constant): Fragment | undefined
  /** The same of a number for which an order does not hold. */
  isNotInOrder?(op: Order, bound: number): Fragment | undefined
  /** Its number, by the text alone, with the last bit in doubt; and whether the text says that there is one: 1 or 0. */
  readonly spelled?: {readonly number: Fragment; readonly isNumber: Fragment}
}

export function isField(field: Field | SpelledField): field is Field {
  return 'type' in field
}

/** The field of an event, over the columns of the log. Undefined for one that SQL cannot look at. */
export function eventField([first = '', ...rest]: readonly string[]): Field | SpelledField | undefined {
  if (rest.length === 0) return columns.get(first)
  return first === 'old_val' || first === 'new_val' ? documentField(first, rest) : undefined
}

/**
 * The field of a document, whose text is this piece of SQL. Undefined for one that SQL cannot look at. One within another is only
 * looked for in the text: JSONata looks into lists on the way, and SQLite does not.
 */
export function documentField(doc: string, path: readonly string[]): Field | SpelledField | undefined {
  const name = path.at(-1) ?? ''
  if (!isPlainPath([name]) || name.includes('\ufffd') || name.length > longestName) return undefined
  const text = new Fragment(doc, [])
  return path.length === 1 ? fieldOf(text, name) : {isNot: value => isNotSpelledWithin(text, name, value)}
}

function fieldOf(text: Fragment, name: string): Field {
  const path = `$."${name}"`
  return {
    value: fragment`json_extract(${text}, ${path})`,
    type: fragment`json_type(${text}, ${path})`,
    isSure: fragment`(${mayBeAnother(text, name)} OR NOT ${text} GLOB '{*' OR ${hasRoomForLongExponent(text)}) IS NOT TRUE`,
    isSureWhole: fragment`(${mayBeAnother(text, name)}) IS NOT TRUE`,
    isNot: value => isNotSpelled(text, name, value),
    isLikely: value => isSpelled(text, name, value),
    isNotInOrder: (op, bound) => isOnWrongSide(text, name, op, bound),
    spelled: {number: spelledNumber(text, name), isNumber: isOnlyNumber(text, name)},
  }
}

const always = new Fragment('1', [])

const columns: ReadonlyMap<string, Field> = new Map([
  ['seq', column('seq')],
  ['ts_ms', column('ts_ms')],
  ['table', column('tbl')],
  ['type', column(`CASE WHEN old_val IS NULL THEN 'add' WHEN new_val IS NULL THEN 'remove' ELSE 'change' END`)],
  ['old_val', side('old_val')],
  ['new_val', side('new_val')],
])

function column(sql: string): Field {
  return {
    value: new Fragment(`(${sql})`, []),
    type: new Fragment(`typeof(${sql})`, []),
    isSure: always,
    isSureWhole: always,
  }
}

/** A side as a whole, which is null or, as a document, no constant. */
function side(name: string): Field {
  const isSure = new Fragment(`(NOT ${name} GLOB '{*') IS NOT TRUE`, [])
  return {
    value: new Fragment('NULL', []),
    type: new Fragment(`CASE WHEN ${name} IS NULL THEN 'null' ELSE 'object' END`, []),
    isSure,
    isSureWhole: isSure,
  }
}

/** SQLite refuses patterns of more than 50,000 bytes. */
const longestName = 1000
