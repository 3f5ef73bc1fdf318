/** Runs a command without a shell, with our stdin, stdout and stderr. Returns what went wrong, if something did. */
export async function runCommand(
  [file = '', ...args]: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const {execa} = await import('execa')
  const result = await execa(file, args, {stdio: 'inherit', reject: false, cancelSignal: signal})
  // Of a program that is not there the system's words follow in a second line.
  return result.failed ? result.shortMessage?.split('\n')[0] : undefined
}
