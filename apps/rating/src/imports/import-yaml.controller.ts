import { Controller, Inject, Post } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { bookPathSchema, type ImportYamlAnswer, type YamlBook, yamlBookSchema } from '@portitor/contracts'
import { isUtf8Charset, parseMediaType } from '@portitor/metering'
import { Database } from '@portitor/postgres'
import { Caller, parse, Path, ProblemException, RawRequest } from '@portitor/service'
import type { z } from 'zod'
import { BOOK_CHANGES, type BookChanges } from '../catalog/book-changes.ts'
import { refusalOf } from '../catalog/book-refusal.ts'
import { BooksStore } from '../catalog/books.store.ts'
import { lockCatalog } from '../catalog/catalog-head.store.ts'
import { diffPage } from '../catalog/diff-page.ts'
import type { ReadYaml } from './read-yaml.ts'
import { yamlBook } from './yaml-book.ts'
import { YamlReader } from './yaml-reader.ts'

const changesMax = 500

/** The common YAML of prices into a draft. Operators only; it is checked like any draft and published like any draft. */
@Controller('/api/v1/pricing/books')
export class ImportYamlController {
  readonly #yaml = new YamlReader()

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(BooksStore) private readonly books: BooksStore,
    @Inject(BOOK_CHANGES) private readonly changes: BookChanges,
  ) {}

  @Post(':book/import_yaml')
  async importYaml(
    @Caller() caller: Caller,
    @Path(bookPathSchema) { book }: z.infer<typeof bookPathSchema>,
    @RawRequest() request: RawRequest,
  ): Promise<ImportYamlAnswer> {
    const yaml = toBook(await this.#yaml.read(readBody(request)))
    const answer = await this.database.transaction(async (tx) => {
      await lockCatalog(tx)
      const published = await this.books.newestPublished(tx, book)
      if (published === undefined)
        throw new ProblemException(404, 'book.version_not_found', `The ${book} book has no published version.`)
      const made = yamlBook(yaml, published.content, new Date().toISOString())
      if ('problems' in made) throw refusalOf('request.invalid', made.problems)
      const { content, ignored } = made
      const note = `Imported from ${content.source}`
      const draft = await this.changes.makeDraft(tx, caller, 'book.imported_yaml', book, { note, content })
      return {
        draft,
        diff: diffPage(published, { ...draft, content }, { start: 0, limit: changesMax }),
        ignored: [...ignored],
      }
    })
    this.bus.committed()
    return answer
  }
}

function readBody({ headers, body }: RawRequest): string {
  const media = parseMediaType(headers['content-type'] ?? '')
  if (media.type !== 'application/yaml' || !isUtf8Charset(media.charset))
    throw new ProblemException(
      415,
      'request.unsupported_media_type',
      'Send the file as YAML in UTF-8, with content-type: application/yaml.',
    )
  return textOf(body)
}

function toBook(read: ReadYaml): YamlBook {
  if ('malformed' in read)
    throw new ProblemException(400, 'request.malformed_yaml', `The body is not YAML of this form: ${read.malformed}.`)
  return parse(yamlBookSchema, read.value, 'body')
}

function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new ProblemException(400, 'request.not_utf8', 'The body is not valid UTF-8.')
  }
}
