import { z } from 'zod';
import { iceServersSchema } from './ice-servers.js';

/** The call is recorded by the gateway, for its operator: sound, pictures and messages. An application should tell its user. */
export const captureNoticeSchema = z.object({
  /** After so many minutes the recording ends, if the call does not end before. */
  max_minutes: z.number().positive(),
});
export type CaptureNotice = z.infer<typeof captureNoticeSchema>;

/** What `session.created` says beside the session, each part only where there is something to say. */
export const greetingPartSchema = z.object({
  ...iceServersSchema.partial().shape,
  capture: captureNoticeSchema.optional(),
});
export type GreetingPart = z.infer<typeof greetingPartSchema>;
