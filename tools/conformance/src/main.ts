import { help, parseArguments } from './parse-arguments.ts'
import { FileProblem, readVectors } from './read-vectors.ts'
import { reportText } from './report-text.ts'
import { runVectors } from './run-vectors.ts'

process.exitCode = main()

function main(): number {
  const given = parseArguments(process.argv.slice(2))
  if ('help' in given) {
    process.stdout.write(help)
    return 0
  }
  if ('problem' in given) {
    process.stderr.write(`${given.problem}\n\nnpm run conformance:pricing -- --help shows all options.\n`)
    return 2
  }
  try {
    const report = runVectors(readVectors(given.file))
    process.stdout.write(given.json ? `${JSON.stringify(report)}\n` : reportText(report))
    return report.failed === 0 ? 0 : 1
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error
    process.stderr.write(`${error.message}\n`)
    return 2
  }
}
