import { z } from 'zod'

/** Nano-units of a currency (1 USD = 10⁹) as decimal text: JSON numbers would lose the last digits. */
export const nanosSchema = z.string().regex(/^-?\d{1,38}$/)
/** A quantity of a meter as decimal text: at most 18 digits, at most 9 of them after the point (M-10). */
export const quantitySchema = z.string().regex(/^\d{1,18}(\.\d{1,9})?$/)
/** An instant as RFC 3339 text in UTC with milliseconds, of the years that every store knows. */
export const instantSchema = z.iso
  .datetime({ offset: true })
  .refine((text) => !/^(0000|9999)-/.test(text), 'an instant of the years 1 to 9998')
export const workspaceIdSchema = z.uuid()
export const currencySchema = z.string().regex(/^[A-Z]{3}$/)
