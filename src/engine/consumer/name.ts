import {LitefeedError, shown} from '../error.ts'

/** Throws MISUSE for what cannot be the name of a consumer. */
export function checkConsumerName(name: unknown): void {
  if (typeof name !== 'string' || name === '' || !name.isWellFormed() || /\p{Cc}/u.test(name))
    throw new LitefeedError('MISUSE', `a consumer cannot have the name ${shown(name)}`)
}
