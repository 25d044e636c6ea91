import { z } from 'zod';

/** A server for the client's ICE, in the form of WebRTC's `RTCIceServer`. */
export const iceServerSchema = z.object({
  urls: z.array(z.string()),
  username: z.string().optional(),
  credential: z.string().optional(),
});
export type IceServer = z.infer<typeof iceServerSchema>;

/** What `GET /v1/realtime/ice_servers` answers; in `session.created` and beside a client secret it is called `visavis`. */
export const iceServersSchema = z.object({
  ice_servers: z.array(iceServerSchema),
  /** Until when the credentials open something new, in seconds since 1970; null: they do not end, or there are none. */
  ice_servers_expire_at: z.int().nullable(),
});
export type IceServers = z.infer<typeof iceServersSchema>;
