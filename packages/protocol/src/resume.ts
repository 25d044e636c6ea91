import { z } from 'zod';
import { greetingPartSchema } from './greeting.js';

/** How a client comes back to its call. */
export const resumeTicketSchema = z.object({
  /** Good once, for who opened the call. Each connection is given its own. */
  token: z.string(),
  /** How long (ms) the call is kept once its connection is known to be lost. */
  window_ms: z.int(),
});
export type ResumeTicket = z.infer<typeof resumeTicketSchema>;

/** What became of a call that its client has come back to. */
export const resumedSchema = z.object({
  /** Events behind the client's `last_event_id` that follow now. */
  replayed: z.int(),
  /** Events before those that are kept no more: what they told has to be asked for. */
  missed: z.int(),
  /** Messages of the client's that were taken, over all connections of the call: what it sent after those has not come. */
  received: z.int(),
});
export type Resumed = z.infer<typeof resumedSchema>;

/** What a client asks for that comes back, beside its offer. */
export const resumeRequestSchema = z.strictObject({
  token: z.string().min(1).max(256),
  /** Of the last event that it has; left out: it has none. */
  last_event_id: z.string().max(256).nullish(),
});
export type ResumeRequest = z.infer<typeof resumeRequestSchema>;

/** The field `visavis` of `session.created` and `session.updated`. */
export const sessionExtrasSchema = greetingPartSchema.extend({
  resume: resumeTicketSchema.optional(),
  resumed: resumedSchema.optional(),
});
export type SessionExtras = z.infer<typeof sessionExtrasSchema>;
