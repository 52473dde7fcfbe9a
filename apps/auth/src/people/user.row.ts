import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A person, who may belong to several workspaces. */
@Entity({ schema: 'auth', name: 'users' })
export class UserRow {
  @PrimaryColumn('uuid')
  id!: string

  @Column('text')
  email!: string

  @Column('text', { nullable: true })
  name!: string | null

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date
}
