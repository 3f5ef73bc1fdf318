import type {Plugin} from 'rolldown'

/**
 * Makes oclif quick to start. It is published as CommonJS in which every import is a constant of its own,
 * `const ux_1 = require("./ux")`: each use of the constant becomes the call, so that a module is loaded when it is first used. A
 * command that prints no help needs neither templates nor colours. And it sorts its commands, whose names are ASCII, by
 * `localeCompare`, for which Node loads the rules of all languages.
 */
export function quickOclif(): Plugin {
  return {
    name: 'quick-oclif',
    transform: {
      filter: {id: /\/node_modules\/@oclif\/core\/lib\/.*\.js$/},
      handler(code) {
        const imports = [
          ...code.matchAll(/^const (\w+_\d+) = ((?:__importDefault\(|__importStar\()?require\("[^"]+"\)\)?);$/gm),
        ]
        const lazy = imports.reduce(
          (text, [statement, name, call]) =>
            text.replace(statement, '').replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `(${call})`),
          code,
        )
        return lazy.replaceAll(/\b([\w.]+)\.localeCompare\(([\w.]+)\)/g, '($1 < $2 ? -1 : Number($1 > $2))')
      },
    },
  }
}
