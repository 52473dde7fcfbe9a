import { Injectable } from '@nestjs/common'
import { type EntityManager, In } from 'typeorm'
import { v7 as uuidv7 } from 'uuid'
import { UserRow } from './user.row.ts'

export interface Person {
  readonly email: string
  readonly name?: string | undefined
}

/** People, told apart by their e-mail address without regard to case. */
@Injectable()
export class PeopleStore {
  /** Who has this address, now at the latest. As the service: a tenant does not see who is not yet of its workspace. */
  async findOrCreate(rows: EntityManager, { email, name }: Person, at: Date): Promise<UserRow> {
    await rows.query(
      `insert into auth.users (id, email, name, created_at) values ($1, $2, $3, $4) on conflict (lower(email)) do nothing`,
      [uuidv7(), email, name ?? null, at],
    )
    return rows
      .createQueryBuilder(UserRow, 'person')
      .where('lower(person.email) = lower(:email)', { email })
      .getOneOrFail()
  }

  async ofIds(rows: EntityManager, ids: readonly string[]): Promise<Map<string, UserRow>> {
    const people = await rows.findBy(UserRow, { id: In([...ids]) })
    return new Map(people.map((person) => [person.id, person]))
  }
}
