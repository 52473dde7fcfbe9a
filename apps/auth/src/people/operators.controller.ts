import { Controller, Delete, Get, Inject, Post } from '@nestjs/common'
import {
  addOperatorSchema,
  type IdPath,
  idPathSchema,
  type Operator,
  type PageQuery,
  pageQuerySchema,
} from '@portitor/contracts'
import { Path, ProblemException, Query } from '@portitor/service'
import { Call } from '../changes/call.decorator.ts'
import { ChangesStore } from '../changes/changes.store.ts'
import { afterMoment, momentPlace, type Page, toPage } from '../changes/cursor.ts'
import { found } from '../changes/found.ts'
import { userChanged } from '../changes/identity-changed.ts'
import { toOperator } from './operator.row.ts'
import { OperatorsStore } from './operators.store.ts'
import { PeopleStore } from './people.store.ts'

/** The operator's staff: outside any workspace, over the whole system (I-1). */
@Controller('api/v1/operators')
export class OperatorsController {
  constructor(
    @Inject(OperatorsStore) readonly operators: OperatorsStore,
    @Inject(PeopleStore) readonly people: PeopleStore,
    @Inject(ChangesStore) readonly changes: ChangesStore,
  ) {}

  @Get()
  async list(@Query(pageQuerySchema) { cursor, limit }: PageQuery): Promise<Page<Operator>> {
    const after = afterMoment(cursor)
    return this.changes.read(undefined, async (rows) => {
      const page = await this.operators.page(rows, after, limit + 1)
      const people = await this.people.ofIds(
        rows,
        page.map(({ userId }) => userId),
      )
      return toPage(page, limit, momentPlace, (row) => toOperator(row, people.get(row.userId)!))
    })
  }

  @Post()
  async add(@Call() call: Call): Promise<Operator> {
    const body = call.body(addOperatorSchema)
    const undertaking = { workspaceId: undefined, action: 'operator.added', creates: body }
    return call.answer(
      await this.changes.commit(call, undertaking, async (rows) => {
        const person = await this.people.findOrCreate(rows, body, call.at)
        const row = { userId: person.id, createdAt: call.at }
        if (!(await this.operators.insert(rows, row)))
          throw new ProblemException(409, 'operator.exists', `${person.email} is of the staff already.`)
        const answer = toOperator(row, person)
        return { answer, target: `user:${person.id}`, after: answer, changed: [userChanged(person.id)] }
      }),
    )
  }

  @Delete(':id')
  async remove(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Operator> {
    const undertaking = { workspaceId: undefined, action: 'operator.removed' }
    return call.answer(
      await this.changes.commit(call, undertaking, async (rows) => {
        const row = found('operator', await this.operators.findForChange(rows, id))
        const person = found('operator', (await this.people.ofIds(rows, [row.userId])).get(row.userId))
        await this.operators.remove(rows, row.userId)
        const answer = toOperator(row, person)
        return { answer, target: `user:${row.userId}`, before: answer, changed: [userChanged(row.userId)] }
      }),
    )
  }
}
