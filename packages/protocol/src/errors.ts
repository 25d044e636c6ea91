import { z } from 'zod';

/** Body of an HTTP error. */
export const httpErrorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    code: z.string(),
    param: z.string().nullable(),
  }),
});
export type HttpError = z.infer<typeof httpErrorSchema>;

/** An error on the data channel; the session goes on. `error.event_id` is that of the client event which caused it. */
export const errorEventSchema = z.object({
  type: z.literal('error'),
  event_id: z.string(),
  error: z.object({
    type: z.string(),
    code: z.string(),
    message: z.string(),
    param: z.string().nullable(),
    event_id: z.string().nullable(),
  }),
});
export type ErrorEvent = z.infer<typeof errorEventSchema>;
