import { z } from 'zod';
import { RoomError } from '../room.js';

export interface Jsep {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

/** What a plugin says. */
export interface PluginMessage {
  readonly data: Readonly<Record<string, unknown>>;
  readonly jsep: Jsep | null;
}

const messageSchema = z.object({
  janus: z.string(),
  transaction: z.string().optional(),
  sender: z.number().optional(),
  data: z.object({ id: z.number() }).optional().catch(undefined),
  error: z.object({ code: z.number(), reason: z.string() }).optional(),
  plugindata: z.object({ data: z.record(z.string(), z.unknown()) }).optional(),
  jsep: z.object({ type: z.enum(['offer', 'answer']), sdp: z.string() }).optional(),
});
/** A message of Janus's API. */
export type JanusMessage = z.infer<typeof messageSchema>;

/** @returns null: it is none */
export function readMessage(text: string): JanusMessage | null {
  try {
    return messageSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Of a session or a handle that was made. @throws RoomError */
export function idOf({ data }: JanusMessage): number {
  if (!data) throw new RoomError('refused', 'the Janus server gave no id');
  return data.id;
}

/** @throws RoomError `refused`, where the plugin says no */
export function pluginMessage({ plugindata, jsep }: JanusMessage): PluginMessage {
  const data = plugindata?.data ?? {};
  if (typeof data['error'] === 'string') throw new RoomError('refused', `the Janus server: ${data['error']}`);
  return { data, jsep: jsep ?? null };
}

const idSchema = z.union([z.number(), z.string()]);
/** Numbers, or strings where the server is set so. */
export type JanusId = z.infer<typeof idSchema>;

const streamSchema = z.object({
  type: z.string(),
  mid: z.string(),
  disabled: z.boolean().optional(),
  codec: z.string().optional(),
  description: z.string().optional(),
});
export type PublishedStream = z.infer<typeof streamSchema>;

const publisherSchema = z.object({
  id: idSchema,
  display: z.string().optional(),
  dummy: z.boolean().optional(),
  streams: z.array(streamSchema).optional(),
});
export type Publisher = z.infer<typeof publisherSchema>;

/** What the VideoRoom plugin tells somebody who has joined; what cannot be read is left out. */
const videoRoomSchema = z.object({
  videoroom: z.string().optional(),
  private_id: z.number().optional().catch(undefined),
  id: idSchema.optional().catch(undefined),
  publishers: z.array(publisherSchema).catch([]).optional(),
  attendees: z.array(publisherSchema).catch([]).optional(),
  joining: publisherSchema.optional().catch(undefined),
  unpublished: idSchema.optional().catch(undefined),
  leaving: idSchema.optional().catch(undefined),
  kicked: idSchema.optional().catch(undefined),
});
export type VideoRoomEvent = z.infer<typeof videoRoomSchema>;

export function readVideoRoom(data: unknown): VideoRoomEvent {
  return videoRoomSchema.parse(data);
}

const attachedSchema = z.object({
  streams: z.array(z.object({ mid: z.string(), feed_mid: z.string().optional() })),
});

/** Which section of a subscriber's offer is which stream of the publisher. */
export function readAttached(data: unknown): z.infer<typeof attachedSchema>['streams'] {
  return attachedSchema.safeParse(data).data?.streams ?? [];
}

const memberSchema = z.object({ username: z.string(), display: z.string().optional() });
const textRoomSchema = z.object({
  textroom: z.string(),
  transaction: z.string().optional(),
  error: z.string().optional(),
  username: z.string().optional(),
  display: z.string().optional(),
  from: z.string().optional(),
  text: z.string().optional(),
  participants: z.array(memberSchema).optional().catch([]),
});
export type TextRoomMessage = z.infer<typeof textRoomSchema>;

/** @returns null: it is none of the plugin's */
export function readTextRoom(text: string): TextRoomMessage | null {
  try {
    return textRoomSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
