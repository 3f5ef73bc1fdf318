import type {Drift} from './health.ts'

/** A drift in words. */
export function describeDrift(drift: Drift): string {
  switch (drift.kind) {
    case 'migrating':
      return 'its triggers are lifted for a migration'
    case 'no-table':
      return 'the table is gone'
    case 'renamed':
      return `the table is called ${drift.to} now`
    case 'not-trackable':
      return `the table can no longer be tracked: ${drift.reason}`
    case 'columns':
      return `its columns have changed: ${changes(drift)}`
    case 'key':
      return `its key has changed: it was ${drift.was.join(', ') || 'the rowid'}, and is ${drift.is.join(', ') || 'the rowid'}`
    case 'unique':
      return `its unique keys have changed: ${changes(drift)}`
    case 'missing':
      return `not all that records it is there: ${drift.names.join(', ')}`
    case 'altered':
      return `what records it has been altered: ${drift.names.join(', ')}`
    case 'order':
      return `triggers of the application are in the wrong place: ${drift.names.join(', ')}`
  }
}

function changes({added, gone}: {readonly added: readonly string[]; readonly gone: readonly string[]}): string {
  const parts = [
    added.length > 0 ? `new are ${added.join(', ')}` : '',
    gone.length > 0 ? `gone are ${gone.join(', ')}` : '',
  ]
  return parts.filter(part => part !== '').join('; ')
}
