#!/usr/bin/env node
// CommonJS, here and in dist/cli: Node starts it noticeably faster than modules. Nothing is loaded before the version is
// known: on an older Node the database's native code ends in a crash.
const [major] = process.versions.node.split('.').map(Number)
if (major < 22) {
  console.error(`error: litefeed needs Node 22 or later; this is ${process.version}`)
  process.exitCode = 1
} else {
  require('node:module').enableCompileCache()
  require('../dist/cli/main.cjs')
}
