import { z } from 'zod';

/** Counts by label. */
const countsSchema = z.record(z.string(), z.int());

/** Body of `GET /health`. */
export const healthSchema = z.object({
  /** `ready` only when every part is. `draining`: calls go on, and no new ones are taken. */
  status: z.enum(['ready', 'not_ready', 'draining']),
  parts: z.record(z.string(), z.object({ ok: z.boolean(), reason: z.string().optional() })),
  /** Calls that are open, and those of them whose client's network has gone: they are kept until it comes back, or its time is over. */
  calls: z.object({ open: z.int(), detached: z.int() }),
  /** What went wrong since the start: counts by kind and label; only what there was. */
  troubles: z.record(z.string(), countsSchema),
});
