import type {Plugin} from 'rolldown'

/**
 * Makes the modules of oclif load their imports when they are first used, not when they are loaded themselves: a command that
 * prints no help needs neither its templates nor its colours. oclif is published as CommonJS in which every import is a
 * constant of its own, `const ux_1 = require("./ux")`; each use of the constant becomes the call.
 */
export function lazyRequires(): Plugin {
  return {
    name: 'lazy-requires',
    transform: {
      filter: {id: /\/node_modules\/@oclif\/core\/lib\/.*\.js$/},
      handler(code) {
        const imports = [
          ...code.matchAll(/^const (\w+_\d+) = ((?:__importDefault\(|__importStar\()?require\("[^"]+"\)\)?);$/gm),
        ]
        return imports.reduce(
          (text, [statement, name, call]) =>
            text.replace(statement, '').replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `(${call})`),
          code,
        )
      },
    },
  }
}
