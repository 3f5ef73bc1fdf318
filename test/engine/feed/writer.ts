// A process that writes among so many documents of a database until its stdin ends. It says when it has begun.
import {setTimeout as pause} from 'node:timers/promises'
import {open} from '../../../src/engine/store.ts'
import {writeAmong} from './crowd.ts'

const [file = '', count] = process.argv.slice(2)
let going = true
let begun = false
process.stdin.resume().on('end', () => {
  going = false
})
await using store = await open(file)
while (going) {
  await writeAmong(store.table(Math.random() < 0.7 ? 't' : 'u'), Number(count), Math.random)
  if (!begun) console.log('begun')
  begun = true
  await pause(4)
}
