import type { Queryable } from '@portitor/postgres'
import type { OutgoingMessage } from './bus.ts'
import { isRetriable } from './retriable.ts'

/**
 * Works through entries of which some cannot be processed: what fails is undone to a savepoint, halved and tried again,
 * until the poison event stands alone and becomes a dead letter. The rest of the batch goes its way.
 */
export async function isolatePoison<Entry>(
  tx: Queryable,
  entries: readonly Entry[],
  work: (entries: readonly Entry[]) => Promise<OutgoingMessage[]>,
  deadLetter: (entry: Entry, error: Error) => OutgoingMessage | Promise<OutgoingMessage>,
): Promise<OutgoingMessage[]> {
  await tx.query('savepoint poison')
  try {
    const messages = await work(entries)
    await tx.query('release savepoint poison')
    return messages
  } catch (error) {
    if (isRetriable(error)) throw error
    await tx.query('rollback to savepoint poison')
    await tx.query('release savepoint poison')
    if (entries.length === 1) return [await deadLetter(entries[0]!, error as Error)]
    const middle = entries.length >> 1
    const first = await isolatePoison(tx, entries.slice(0, middle), work, deadLetter)
    const second = await isolatePoison(tx, entries.slice(middle), work, deadLetter)
    return first.concat(second)
  }
}
