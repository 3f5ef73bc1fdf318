// Stands in for `better-sqlite3/lib/binding.js` in the bundle. The package's thirteen files of JavaScript are bundled, which
// saves some 6 ms of looking for them at every start; its native code stays where npm has put it, and the package finds it.
const {dirname, join} = require('node:path')
exports.getBinding = given =>
  require(join(dirname(require.resolve('better-sqlite3/package.json')), 'lib/binding.js')).getBinding(given)
