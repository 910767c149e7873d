/**
 * The `facteur` command: picks the subcommand, prints one sentence for a failure, returns the exit code.
 */
import { UsageError, OperationError } from './failure.ts'
import { commands, type Command } from './commands.ts'

/** Runs the program. `argv` is without the runtime and the script. Returns the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    console.log(overview())
    return name === undefined ? 2 : 0
  }
  const command = commands[name]
  if (command === undefined) {
    console.error(`facteur: there is no command "${name}"; "facteur help" lists them.`)
    return 2
  }
  const { usage, run } = await command.load()
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(usage)
    return 0
  }
  try {
    return await run(rest)
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof OperationError)) throw error
    console.error(`facteur ${name}: ${error.message}`)
    return error.exitCode
  }
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  const line = ([name, command]: [string, Command]) => `  ${name.padEnd(width)}  ${command.summary}`
  return [
    'facteur: a mail server',
    '',
    'Commands:',
    ...Object.entries(commands).map(line),
    '',
    'facteur COMMAND --help tells more.',
  ].join('\n')
}
