/**
 * Prints lines, those of one turn of the event loop in one write: what a busy server has to say is several lines a message,
 * and a write to a pipe is a system call that it waits for.
 */

/** `atEnd` is given what prints the rest when the process ends. */
export function linePrinter(
  write: (text: string) => void,
  atEnd: (print: () => void) => void = (print) => void process.once('exit', print),
): (line: string) => void {
  let lines = ''
  const print = () => {
    if (lines === '') return
    const text = lines
    lines = ''
    write(text)
  }
  atEnd(print)
  return (line) => {
    if (lines === '') setImmediate(print)
    lines += `${line}\n`
  }
}
