import type { Command } from 'commander'
import { OUTPUT_OPTION, type OutputFormat, parseOutputFormat, print } from '../output.ts'
import type { ReportForm } from '../tour/report.ts'
import type { StepResult } from '../tour/step.ts'
import type { TourServer } from '../tour/tour-server.ts'
import { EXIT } from '../usage-error.ts'

const COLUMNS_DEFAULT = 80
const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** Signals that come together are one. */
const REPEATED_SIGNAL_MS = 1_000

export function addTourCommand(program: Command): void {
  program
    .command('tour')
    .description("take the document's whole procedure step by step, and show what is allowed and what is denied")
    .option('--private', 'on a server of its own, even where one runs')
    .option(...OUTPUT_OPTION, 'table')
    .action(async (flags: { readonly private?: boolean; readonly output: string }) => {
      const format = parseOutputFormat(flags.output)
      const isPassed = await untilInterrupted((signal) => tour(flags.private ?? false, format, signal))
      process.exitCode = isPassed ? EXIT.done : EXIT.checks
    })
}

/** Returns whether every step was answered as it should be. */
async function tour(isPrivate: boolean, format: OutputFormat, signal: AbortSignal): Promise<boolean> {
  // Loaded here: the SDK's clients would slow every other command down.
  const { openPrivateServer, openTourServer } = await import('../tour/tour-server.ts')
  const server = isPrivate ? await openPrivateServer() : await openTourServer(process.env)
  try {
    const results = await takeSteps(server, format, signal)
    return results.every(({ isAsExpected }) => isAsExpected)
  } finally {
    await server.close()
  }
}

async function takeSteps(
  { connection, isPrivate }: TourServer,
  format: OutputFormat,
  signal: AbortSignal,
): Promise<readonly StepResult[]> {
  const { renderHead, renderStep, renderSummary } = await import('../tour/report.ts')
  const { runTour } = await import('../tour/run.ts')
  const { openTour } = await import('../tour/tour.ts')
  const { TOUR_STEPS } = await import('../tour/steps.ts')
  const head = { url: connection.url, isPrivate }
  if (format !== 'table') {
    const steps = await runTour(openTour(connection), TOUR_STEPS, () => {}, signal)
    const passed = steps.every(({ isAsExpected }) => isAsExpected)
    print({ value: { ...head, passed, steps }, table: [], names: steps.map(({ title }) => title) }, format)
    return steps
  }
  const form = reportForm()
  process.stdout.write(renderHead(head, form))
  let before: StepResult | undefined
  const tell = (result: StepResult) => {
    process.stdout.write(renderStep(result, before, form))
    before = result
  }
  const results = await runTour(openTour(connection), TOUR_STEPS, tell, signal)
  process.stdout.write(renderSummary(results, form))
  return results
}

/** Ctrl-C ends the steps, not the clean-up; a second one, a second later, ends the program. */
async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController()
  let firstAt = Number.POSITIVE_INFINITY
  const interrupt = () => {
    // An older Node hands over to ours and forwards the signal that the terminal has sent to both.
    if (performance.now() - firstAt > REPEATED_SIGNAL_MS) process.exit(EXIT.failed)
    if (!interrupted.signal.aborted) firstAt = performance.now()
    interrupted.abort()
  }
  for (const signal of SIGNALS) process.on(signal, interrupt)
  try {
    return await work(interrupted.signal)
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt)
  }
}

/** Colours only on a terminal, and not where `NO_COLOR` asks for none (no-color.org: any text but the empty one). */
function reportForm(): ReportForm {
  const { isTTY, columns } = process.stdout
  return { columns: columns ?? COLUMNS_DEFAULT, isColoured: isTTY === true && !process.env.NO_COLOR }
}
