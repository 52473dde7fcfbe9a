export { bodyBytesMax, parseJson, readJson } from './body.ts'
export { bootService, type Service, type ServiceOptions } from './boot.ts'
export { Caller } from './caller.decorator.ts'
export { ConfigError, readConfig } from './config.ts'
export { HealthRegistry, type HealthCheck } from './health.ts'
export { answerKept, fingerprint, keyOwner, readIdempotencyKey } from './idempotency-key.ts'
export { createLog, Log, logLevels, type LogLevel } from './log.ts'
export { Open } from './open.ts'
export { parse } from './parse.ts'
export { Peers, type PeerAnswer, type PeerUrls, type ServiceName } from './peers.ts'
export { ProblemException } from './problem-details.ts'
export { JsonBody, Path, Query, RawRequest } from './request.decorator.ts'
export { compareRoutes, type Route } from './routes.ts'
export { runMain } from './run-main.ts'
export {
  defaultPorts,
  operatorKeySchema,
  peerUrls,
  peerVariables,
  portSchema,
  serviceVariables,
} from './service-variables.ts'
export { OptionalWorkspaceId, WorkspaceId } from './workspace.decorator.ts'
export { storeVariables } from './store-variables.ts'
