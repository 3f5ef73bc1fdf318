// node pouchdb.js DOCUMENTS DIRECTORY COUNT: stores the documents of an NDJSON file, so many in a call.
import {readFileSync} from 'node:fs'
import PouchDB from 'pouchdb'

const [file, directory, count] = process.argv.slice(2)
const size = Number(count)
const db = new PouchDB(directory)
const documents = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => {
    const document = JSON.parse(line)
    return {...document, _id: String(document.id)}
  })
for (let start = 0; start < documents.length; start += size) {
  const results = await db.bulkDocs(documents.slice(start, start + size))
  const refused = results.find(({ok}) => !ok)
  if (refused !== undefined) throw new Error(JSON.stringify(refused))
}
await db.close()
