// What the documents show: commands and what they print.
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {expect} from 'vitest'

export const root = join(import.meta.dirname, '..')

/** A directory in which `litefeed` and `import 'litefeed'` are what an installation would give. */
export class Desk implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'litefeed-desk-'))
  readonly #env: NodeJS.ProcessEnv

  constructor(env: NodeJS.ProcessEnv = {}) {
    mkdirSync(join(this.directory, 'node_modules'))
    symlinkSync(root, join(this.directory, 'node_modules/litefeed'))
    const command = join(this.directory, 'litefeed')
    writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'bin/run.js')}' "$@"\n`)
    chmodSync(command, 0o755)
    const path = `${this.directory}:${dirname(process.execPath)}:${process.env.PATH}`
    this.#env = {...process.env, PATH: path, LITEFEED_DB: undefined, ...env}
  }

  /** Runs the commands of a document, and expects of each what the document shows. */
  async follow(text: string, least = 11): Promise<void> {
    const transcripts = [...text.matchAll(/```console\n(.*?)```/gs)].map(([, transcript]) => transcript as string)
    const commands = transcripts.join('').split(/^\$ /m).filter(Boolean)
    expect(commands.length).toBeGreaterThanOrEqual(least)
    for (const text of commands) {
      const [command, ...lines] = text.trimEnd().split('\n') as [string, ...string[]]
      if (command.includes('jq') && !hasJq) {
        console.log(`not run, since jq is not installed: ${command}`)
        continue
      }
      expect
        .soft(await this.run(command, lines.includes('^C') ? lines.length - 1 : undefined), command)
        .toEqual(lines.filter(line => line !== '^C').map(masked))
    }
  }

  /** The lines that a command prints; with `enough`, it is interrupted when it has printed so many. */
  async run(command: string, enough = Number.POSITIVE_INFINITY): Promise<string[]> {
    const child = spawn(
      'bash',
      ['-c', enough === Number.POSITIVE_INFINITY ? `{ ${command}\n} 2>&1` : `exec ${command} 2>&1`],
      {cwd: this.directory, env: this.#env},
    )
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
      if (text.split('\n').length > enough) child.kill('SIGINT')
    })
    await once(child, 'close')
    return text === '' ? [] : text.trimEnd().split('\n').map(masked)
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, {recursive: true})
  }
}

const hasJq = spawnSync('jq', ['--version']).status === 0

/** The clock is not the same twice. */
function masked(line: string): string {
  return line.replaceAll(/"ts_ms":\d+/g, '"ts_ms":0')
}
