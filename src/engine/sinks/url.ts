import {LitefeedError} from '../error.ts'

/** The URL of a receiver. Throws MISUSE, without showing the password that it may have. */
export function parseUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw new LitefeedError('MISUSE', `${withoutLogin(text)} is no URL`, {
    hint: 'in a user or password, characters such as @, : and / have to be percent-encoded: %40, %3A, %2F',
  })
}

/** A URL as it may be shown, whatever else is wrong with it. */
export function withoutLogin(text: string): string {
  return text.replace(/\/\/.*@/s, '//***@')
}
