import {giveUp} from './budget.ts'
import type {BuiltIn} from './call.ts'
import {context} from './call-text.ts'
import type {Closure} from './scope.ts'

/** The functions that take a number. https://docs.jsonata.org/numeric-functions */
export const numberFunctions: Readonly<Record<string, BuiltIn>> = {
  abs: ofNumber(Math.abs),
  floor: ofNumber(Math.floor),
  ceil: ofNumber(Math.ceil),
  sqrt: ofNumber(value => (value < 0 ? giveUp() : Math.sqrt(value))),
  power: args => {
    const [base, exponent] = args as [Closure, Closure]
    if (args.length !== 2) return undefined
    return input => {
      const one = numberOrNothing(base(input))
      const other = exponent(input)
      if (typeof other !== 'number') return giveUp()
      if (one === undefined) return undefined
      const result = one ** other
      return Number.isFinite(result) ? result : giveUp()
    }
  },
  round: ([value = context, digits, ...more]) => {
    if (more.length > 0) return undefined
    return input => {
      const number = numberOrNothing(value(input))
      const precision = digits === undefined ? undefined : numberOrNothing(digits(input))
      return number === undefined ? undefined : round(number, precision)
    }
  },
  number: ([value = context, ...more]) => (more.length > 0 ? undefined : input => toNumber(value(input))),
}

function ofNumber(make: (value: number) => number): BuiltIn {
  return ([value = context, ...more]) => {
    if (more.length > 0) return undefined
    return input => {
      const number = numberOrNothing(value(input))
      return number === undefined ? undefined : make(number)
    }
  }
}

function numberOrNothing(value: unknown): number | undefined {
  return value === undefined || typeof value === 'number' ? value : giveUp()
}

/** Half goes to the even neighbour. The decimal point is moved in the text of the number, as multiplying would round. */
function round(value: number, precision: number | undefined): number {
  const moved = precision ? movePoint(value, precision) : value
  let result = Math.round(moved)
  if (Math.abs(result - moved) === 0.5 && Math.abs(result % 2) === 1) result--
  if (precision) result = movePoint(result, -precision)
  return result === 0 ? 0 : result
}

function movePoint(value: number, places: number): number {
  const [digits, exponent] = value.toString().split('e')
  return Number(`${digits}e${exponent === undefined ? places : Number(exponent) + places}`)
}

function toNumber(value: unknown): number | undefined {
  if (value === undefined || typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string' || !/^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$/.test(value)) return giveUp()
  const number = Number.parseFloat(value)
  return Number.isFinite(number) ? number : giveUp()
}
