export { IngestionModule, type IngestionResources } from './ingestion.module.ts'
