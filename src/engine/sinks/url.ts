import {LitefeedError} from '../error.ts'

/** The URL of a receiver. Throws MISUSE, without showing the password that it may have. */
export function parseUrl(text: string): URL {
  // Without // what looks like a login is a part of the path.
  if (!/^[^/?#]*:\/\//.test(text))
    throw new LitefeedError('MISUSE', `${withoutLogin(text)} is no URL`, {
      hint: 'what follows its scheme begins with //',
    })
  if (URL.canParse(text)) {
    const url = new URL(text)
    if (decode(url.username + url.password) !== undefined) return url
  }
  throw new LitefeedError('MISUSE', `${withoutLogin(text)} is no URL`, {
    hint: 'in a user or password, characters such as @, :, / and % have to be percent-encoded: %40, %3A, %2F, %25',
  })
}

/** A path of a URL without its percent-encoding. Throws MISUSE. */
export function decodePath(path: string): string {
  const decoded = decode(path)
  if (decoded === undefined)
    throw new LitefeedError('MISUSE', `${path} is no path of a URL`, {hint: 'a % in it has to be percent-encoded: %25'})
  return decoded
}

/** A URL as it may be shown, whatever else is wrong with it. */
export function withoutLogin(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:)?(\/*).*@/is, '$1$2***@')
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
