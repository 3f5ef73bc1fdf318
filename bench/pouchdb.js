// node pouchdb.js DOCUMENTS DIRECTORY: stores the documents of an NDJSON file as PouchDB is meant to be given many.
import {readFileSync} from 'node:fs'
import PouchDB from 'pouchdb'

const [file, directory] = process.argv.slice(2)
const db = new PouchDB(directory)
const documents = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => {
    const document = JSON.parse(line)
    return {...document, _id: String(document.id)}
  })
for (let start = 0; start < documents.length; start += 1000) {
  const results = await db.bulkDocs(documents.slice(start, start + 1000))
  const refused = results.find(({ok}) => !ok)
  if (refused !== undefined) throw new Error(JSON.stringify(refused))
}
await db.close()
