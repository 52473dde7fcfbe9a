import { Controller, Get, Inject, Redirect } from '@nestjs/common'
import { Open } from './open.ts'

/** Injection token of the OpenAPI document. */
export const openApiToken = Symbol('OpenAPI document')

@Controller()
export class DocsController {
  constructor(@Inject(openApiToken) readonly document: object) {}

  @Get('api/openapi.json')
  @Open()
  openApi() {
    return this.document
  }

  /** Whoever opens the printed address in a browser lands on the documentation. */
  @Get()
  @Open()
  @Redirect('/docs')
  home() {
    return undefined
  }
}
