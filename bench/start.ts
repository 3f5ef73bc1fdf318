import {interleave, litefeed, type Row, seconds} from './support.ts'

/** A command from start to end, against a Node that does nothing. */
export async function start(directory: string): Promise<Row[]> {
  const db = ['--db', 'start.db']
  const cwd = directory
  await seconds(litefeed('insert', 'docs', '{"id":1}', ...db), {cwd})
  let id = 1
  const [node, insert, get] = (await interleave(21, [
    () => seconds([process.execPath, '-e', '0']),
    () => seconds(litefeed('insert', 'docs', `{"id":${++id}}`, ...db), {cwd}),
    () => seconds(litefeed('get', 'docs', '1', ...db), {cwd}),
  ])) as [number, number, number]
  const row = (measure: string, time: number, target: string): Row => ({
    measure,
    ours: `${(time * 1000).toFixed(0)} ms`,
    baseline: `node -e 0: ${(node * 1000).toFixed(0)} ms`,
    ratio: (time / node).toFixed(2),
    target,
  })
  return [
    row('insert one document, start to end (less is better)', insert, '3'),
    row('get one document, start to end (less is better)', get, '2.5'),
  ]
}
