// Run after `npm install` has changed package-lock.json: adds what `npm ci` needs and npm does not write.
// - A registry that lacks a package for another platform makes npm leave it out, and then refuse the lock file as incomplete.
// - better-sqlite3 says in its package.json that it is not to be compiled (`gypfile`); the lock file forgets that.
import {readFileSync, writeFileSync} from 'node:fs'

interface Entry {
  version: string
  optionalDependencies?: Record<string, string>
  gypfile?: boolean
}

const file = new URL('../package-lock.json', import.meta.url)
const lock: {packages: Record<string, Entry>} = JSON.parse(readFileSync(file, 'utf8'))

for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    lock.packages[`node_modules/${name}`] ??= platformPackage(name, version.replace(/^[~^]/, ''))
  }
}
const sqlite = lock.packages['node_modules/better-sqlite3']
if (sqlite !== undefined) sqlite.gypfile = false

lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([one], [other]) => (one < other ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)

function platformPackage(name: string, version: string) {
  const cpu = /-(arm64|x64|ia32|arm|s390x|ppc64|loong64|riscv64|wasm32)\b/.exec(name)?.[1]
  const os = name === 'fsevents' ? 'darwin' : /(android|darwin|freebsd|linux|openharmony|win32)/.exec(name)?.[1]
  return {
    version,
    ...(cpu && {cpu: [cpu]}),
    dev: true,
    ...(name.includes('musl') && {libc: ['musl']}),
    optional: true,
    ...(os && {os: [os]}),
  }
}
