import type {Plugin} from 'rolldown'

/**
 * Makes oclif quick to start. It is published as CommonJS in which every import is a constant of its own,
 * `const ux_1 = require("./ux")`: each use of the constant becomes the call, so that a module is loaded when it is first used. And
 * it sorts its commands, whose names are ASCII, by `localeCompare`, for which Node loads the rules of all languages.
 */
export function quickOclif(): Plugin {
  return {
    name: 'quick-oclif',
    transform: {
      filter: {id: /\/node_modules\/@oclif\/core\/lib\/.*\.js$/},
      handler(code, id) {
        const [, file = ''] = /@oclif\/core\/lib\/(.*)$/.exec(id) ?? []
        const imports = [
          ...code.matchAll(
            /^(?:const|var) (\w+_\d+) = ((?:__importDefault\(|__importStar\()?require\("([^"]+)"\)\)?);$/gm,
          ),
        ]
        const lazy = imports.reduce(
          (text, [statement, name, call, from]) =>
            text
              .replace(statement, '')
              .replaceAll(
                new RegExp(`\\b${name}\\b`, 'g'),
                unused[file]?.includes(from as string) ? 'undefined' : `(${call})`,
              ),
          code,
        )
        return lazy
          .replace(whenStdoutFails, '')
          .replaceAll(/\b([\w.]+)\.localeCompare\(([\w.]+)\)/g, '($1 < $2 ? -1 : Number($1 > $2))')
      },
    },
  }
}

/**
 * What a command imports for what ours leave to `src/main.ts` and `src/terminal`: finding and describing commands, printing and
 * colouring errors. Without it a command that prints no help loads 60 kB of oclif instead of 270.
 */
const unused: Readonly<Record<string, readonly string[]>> = {
  'command.js': ['./config', './help/util', './ux'],
  'flags.js': ['./help'],
  'parser/help.js': ['../ux'],
  'errors/index.js': ['./handle'],
  'errors/errors/cli.js': ['clean-stack', 'indent-string', 'wrap-ansi'],
  'errors/errors/pretty-print.js': ['indent-string', 'wrap-ansi'],
}

/** Its listener for errors of stdout makes a stream of stdout, for which Node loads its network: 10 ms. Ours is no stream. */
const whenStdoutFails = /^process\.stdout\.on\('error'.*?^\}\);$/ms
