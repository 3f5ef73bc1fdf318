/** Whether stdout is a terminal that wants colour. https://no-color.org/ */
export function wantsColor(flag: boolean): boolean {
  return flag && process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
}
