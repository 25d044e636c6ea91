import { z } from 'zod';
import { iceServersSchema } from './ice-servers.js';
import { sessionPatchSchema, sessionSchema } from './session.js';

/** Body of `POST /v1/realtime/client_secrets`. */
export const clientSecretRequestSchema = z.strictObject({
  expires_after: z
    .strictObject({
      anchor: z.literal('created_at').optional(),
      /** How long the secret is good. Default 600. */
      seconds: z.int().min(10).max(7200).optional(),
    })
    .nullish(),
  /** What a session opened with the secret starts from. */
  session: sessionPatchSchema.nullish(),
  visavis: z
    .strictObject({
      /** Who uses the secret may not change what `session` names. Default false: as with OpenAI, they may. */
      fixed: z.boolean().optional(),
    })
    .nullish(),
});

/** What it answers. The secret may be used until it expires, as often as one likes. */
export const clientSecretSchema = z.object({
  value: z.string(),
  /** Seconds since 1970. */
  expires_at: z.int(),
  session: sessionSchema,
  /** Servers for the ICE of whoever uses the secret, where the gateway has any. */
  visavis: iceServersSchema.optional(),
});
export type ClientSecret = z.infer<typeof clientSecretSchema>;

/** What the older `POST /v1/realtime/sessions` answers: a session, with the secret in it. */
export const sessionWithSecretSchema = sessionSchema.extend({
  client_secret: clientSecretSchema.pick({ value: true, expires_at: true }),
});
export type SessionWithSecret = z.infer<typeof sessionWithSecretSchema>;
