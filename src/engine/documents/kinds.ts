import {LitefeedError, shown} from '../error.ts'
import type {SetOptions} from './set.ts'

/** What each option is: whether a value is one, and in words what it is. */
export type Kinds<Options> = {readonly [name in keyof Options]-?: Kind}
type Kind = readonly [isOne: (value: unknown) => boolean, what: string]

/** Of a program in JavaScript each may be anything, and what is not understood must not mean everything. Throws MISUSE. */
export function checkKinds<Options extends object>(options: Options, kinds: Kinds<Options>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    const kind = Object.hasOwn(kinds, name) ? kinds[name as keyof Options] : undefined
    if (kind === undefined) throw new LitefeedError('MISUSE', `there is no option \`${name}\``)
    if (!kind[0](value)) throw new LitefeedError('MISUSE', `\`${name}\` is ${kind[1]}, and ${shown(value)} is not`)
  }
}

export const isNumber = (value: unknown) => typeof value === 'number'
const isString = (value: unknown) => typeof value === 'string'
const areStrings = (value: unknown) => Array.isArray(value) && value.every(isString)

export const expression: Kind = [isString, 'a JSONata expression']
export const field: Kind = [isString, 'a field']
export const names: Kind = [areStrings, 'a list of names']
export const number: Kind = [isNumber, 'a number']
export const yesOrNo: Kind = [value => typeof value === 'boolean', 'true or false']
export const signal: Kind = [value => value instanceof AbortSignal, 'an AbortSignal']
export const onError: Kind = oneOf('skip', 'fail')

const fields: Kind = [areStrings, 'a list of fields']

export function oneOf(...words: readonly string[]): Kind {
  return [value => words.includes(value as string), words.join(' or ')]
}

export const setKinds: Kinds<SetOptions> = {where: expression, pluck: fields, without: fields, select: expression}
