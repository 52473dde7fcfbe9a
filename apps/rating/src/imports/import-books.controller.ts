import { Controller, Inject, Post, Res } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import type { ImportBooksAnswer } from '@portitor/contracts'
import { Caller } from '@portitor/service'
import { ImportProviderPricesJob } from './import-provider-prices.job.ts'
import { auditVersions } from '../versions/audit-versions.ts'
import { actorOf } from '../versions/version-actor.ts'

/** The price package imported on demand. Operators only. */
@Controller('/api/v1/pricing/books')
export class ImportBooksController {
  constructor(
    @Inject(Bus) private readonly bus: Bus,
    @Inject(ImportProviderPricesJob) private readonly importer: ImportProviderPricesJob,
  ) {}

  @Post('import')
  async import(
    @Caller() caller: Caller,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<ImportBooksAnswer> {
    const answer = await this.importer.importDrafts(new Date(), {
      author: actorOf(caller),
      imported: (tx, drafts) => auditVersions(tx, this.bus, caller, 'book.imported', drafts),
    })
    this.bus.committed()
    reply.status(answer.drafts.length > 0 ? 201 : 200)
    return answer
  }
}
