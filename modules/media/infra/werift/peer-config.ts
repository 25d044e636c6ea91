import { networkInterfaces } from 'node:os';

import { RTCRtpCodecParameters, type RTCPeerConnectionConfig } from 'werift';

import type { ResolvedMediaOptions } from '../../core/options.js';

const LOOPBACK = '127.0.0.1';

/** The machine's own addresses, loopback included. */
function localAddresses(): { address: string; internal: boolean }[] {
  return Object.values(networkInterfaces()).flatMap((list) => list ?? []);
}

/** The addresses to offer: as set, or all but loopback; loopback where a machine has nothing else. */
export function iceHosts(options: ResolvedMediaOptions): readonly string[] {
  if (options.iceHosts && options.iceHosts.length > 0) return options.iceHosts;
  const own = localAddresses().filter((a) => !a.internal && !a.address.startsWith('fe80:'));
  return own.length > 0 ? own.map((a) => a.address) : [LOOPBACK];
}

/** @param ports UDP ports of this peer, or null for any */
export function peerConfig(
  options: ResolvedMediaOptions,
  hosts: readonly string[],
  ports: readonly [number, number] | null,
): RTCPeerConnectionConfig {
  return {
    // Only to be negotiable: what the client is told of formats, feedback and header extensions is in core/sdp.
    codecs: {
      audio: [new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 })],
      video: [
        new RTCRtpCodecParameters({ mimeType: 'video/VP8', clockRate: 90_000 }),
        new RTCRtpCodecParameters({ mimeType: 'video/H264', clockRate: 90_000 }),
      ],
    },
    iceServers: (options.iceServers ?? []).map((server) => ({ ...server })),
    icePortRange: ports ? [ports[0], ports[1]] : undefined,
    // werift's own list of addresses cannot be narrowed to a given one: it is switched off and ours is added.
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceAdditionalHostAddresses: [...hosts],
    iceInterfaceAddresses: bindAddress(hosts),
    maxMessageSize: options.maxMessageBytes,
  };
}

/**
 * Sockets listen on the offered address alone where that is possible: one address of this machine. A public address that a
 * router forwards cannot be bound, and werift's unhandled socket error would end the process.
 */
function bindAddress(hosts: readonly string[]): { udp4: string } | undefined {
  const [host] = hosts;
  if (hosts.length !== 1 || !host || host.includes(':')) return undefined;
  return localAddresses().some((a) => a.address === host) ? { udp4: host } : undefined;
}
