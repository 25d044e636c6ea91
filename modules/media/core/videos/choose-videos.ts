import type { VideoSource } from '#modules/contracts';

import { all, type Section } from '../sdp/description.js';

/** What sections were taken for so far in a call, by their mids. */
export type KnownSources = ReadonlyMap<string, VideoSource>;

const NOBODY: KnownSources = new Map();

/**
 * Which sections are the camera and the screen: each one at the most. The screen is one that says so (`a=content:slides`, RFC 4796), else
 * the one that was it before, else the second that sends. The camera is the one that was it, else the first.
 * @param sending sections of video that send what can be received, in the order of the offer
 * @param known so that a section stays what it was when another one comes or goes
 */
export function chooseVideos(
  sending: readonly Section[],
  known: KnownSources = NOBODY,
): Map<Section, VideoSource> {
  const was = (source: VideoSource) => (section: Section) =>
    section.mid !== null && known.get(section.mid) === source;
  const unmarked = sending.filter((section) => !contentOf(section).includes('slides'));
  const marked = sending.find((section) => !unmarked.includes(section));
  const before = marked ?? unmarked.find(was('screen'));
  const others = unmarked.filter((section) => section !== before);
  const camera = others.find(was('camera')) ?? others[0];
  // Of another content that it names, it is no screen.
  const screen = before ?? others.find((section) => section !== camera && contentOf(section).length === 0);
  const chosen = new Map<Section, VideoSource>();
  if (camera) chosen.set(camera, 'camera');
  if (screen) chosen.set(screen, 'screen');
  return chosen;
}

/** `a=content:slides,speaker`: in lower case. */
function contentOf({ attributes }: Section): string[] {
  return all(attributes, 'content').flatMap(({ value }) => value.toLowerCase().split(/\s*,\s*/));
}
