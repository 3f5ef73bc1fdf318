#!/usr/bin/env node
// Nothing is imported before the version is known: on an older Node the database's native code ends in a crash.
const [major] = process.versions.node.split('.').map(Number)
if (major < 22) {
  console.error(`error: litefeed needs Node 22 or later; this is ${process.version}`)
  process.exitCode = 1
} else {
  const {enableCompileCache} = await import('node:module')
  enableCompileCache()
  await import('../dist/main.js')
}
