import { Controller, Get, Inject } from '@nestjs/common'
import { type ExportPage, type ExportQuery, exportQuerySchema } from '@portitor/contracts'
import { ProblemException, Query } from '@portitor/service'
import { fromExportCursor } from './export-query.ts'
import { ExportStore } from './export.store.ts'

/** Rated events with all that prices them again, for back-tests. Operators only. */
@Controller('api/v1/analytics/rated_usages')
export class ExportController {
  constructor(@Inject(ExportStore) private readonly usages: ExportStore) {}

  @Get()
  async read(@Query(exportQuerySchema) query: ExportQuery): Promise<ExportPage> {
    if (Date.parse(query.from) >= Date.parse(query.to))
      throw new ProblemException(400, 'usage.empty_range', '`from` has to be before `to`.')
    const after = query.cursor === undefined ? undefined : fromExportCursor(query.cursor)
    if (query.cursor !== undefined && after === undefined)
      throw new ProblemException(
        400,
        'usage.bad_cursor',
        'The cursor is not of a list with these parameters: repeat the call that gave it, with `cursor` alone added.',
      )
    return this.usages.page(query, after)
  }
}
