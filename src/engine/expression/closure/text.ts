import {giveUp, spend} from './budget.ts'
import {refuseFunctions} from './value.ts'

/** What `$string` and `&` make of a value. */
export function toText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return String(shortened(value))
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      return value === null ? 'null' : bounded(JSON.stringify(value, replacer))
    default:
      return giveUp()
  }
}

/** Strings longer than this are not built here. */
export function bounded(text: string): string {
  if (text.length > 1_000_000) giveUp()
  return text
}

/** Whether the text has no characters of two code units, so that its length and its parts are those of JavaScript. */
export function isFlat(text: string): boolean {
  return !/[\ud800-\udfff]/.test(text)
}

/** Numbers come with 15 digits, as there. Those that are not finite are an error there. */
function shortened(value: number): number {
  if (!Number.isFinite(value)) giveUp()
  return Number.isInteger(value) ? value : Number(value.toPrecision(15))
}

function replacer(_key: string, value: unknown): unknown {
  spend(1)
  if (typeof value === 'number') return shortened(value)
  refuseFunctions(value)
  return value
}
