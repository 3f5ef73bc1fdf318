// Stands in for the package `debug` in the bundle: oclif's own traces are of no use to litefeed's users, and the package
// loads Node's terminal and network modules at every start.
const silent = Object.assign(() => {}, {enabled: false, namespace: '', extend: () => silent})
module.exports = Object.assign(() => silent, {enable() {}, disable() {}, enabled: () => false})
