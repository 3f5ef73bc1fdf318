// Stands in for the package `wsl-utils` in the bundle: oclif asks it what to call the platform in `--version`, and it loads
// Node's modules for child processes and network at every start.
export const isWsl = false
export const powerShellPath = () => 'powershell.exe'
