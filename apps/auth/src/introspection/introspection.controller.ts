import { Controller, HttpCode, Inject, Post } from '@nestjs/common'
import { type Introspect, type Introspection, introspectSchema } from '@portitor/contracts'
import { JsonBody } from '@portitor/service'
import { CredentialIdentifier } from './credential-identifier.ts'
import { toCredentialRefusal } from './credential-refusals.ts'
import { Guessing } from './guessing.ts'
import { RefusedCredentialsJob } from './refused-credentials.job.ts'

/** What guards ask about a credential that they do not remember (I-2). */
@Controller('api/v1/auth/introspect')
export class IntrospectionController {
  readonly #guessing = new Guessing()

  constructor(
    @Inject(CredentialIdentifier) readonly identifier: CredentialIdentifier,
    @Inject(RefusedCredentialsJob) readonly refusals: RefusedCredentialsJob,
  ) {}

  @Post()
  @HttpCode(200)
  async introspect(@JsonBody(introspectSchema) { credential, address }: Introspect): Promise<Introspection> {
    const now = new Date()
    const judged = await this.identifier.identify(credential, now)
    if ('principal' in judged) return judged
    const refused = toCredentialRefusal(judged.refused, this.#guessing.failed(address, now.getTime()))
    this.refusals.refused(address, refused.code)
    return { refused }
  }
}
