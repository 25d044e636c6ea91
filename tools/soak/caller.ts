import { CallError } from '@vis-a-vis/client/node';
import { perform, type Scene } from './acts.js';
import { leave, leaveUnconnected, OTHER_CHANNEL, type World } from './leave.js';
import { NEVER_CONNECTED, WIRED, type Life } from './life.js';
import { dial } from './line.js';
import { Notes, type CallRecord } from './record.js';

/**
 * Lives one call from its offer to its end.
 * @param before runs where the caller is about to leave: one that is killed reports there
 * @returns what it saw; faults are told in it, and only bugs of this tool are thrown
 */
export async function live(
  life: Life,
  world: World,
  before: (record: CallRecord, scene: Scene) => Promise<void> = () => Promise.resolve(),
): Promise<CallRecord> {
  const notes = new Notes();
  try {
    if (NEVER_CONNECTED.has(life.leaving)) await leaveUnconnected(life, notes, world);
    else await liveConnected(life, notes, { world, before });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    notes.fault(error instanceof CallError ? error.code : 'client', error.message);
  }
  return notes.record(life);
}

async function liveConnected(
  life: Life,
  notes: Notes,
  { world, before }: { world: World; before: (record: CallRecord, scene: Scene) => Promise<void> },
): Promise<void> {
  const { material } = world;
  const line = await dial({
    url: world.url,
    notes,
    video: life.camera ? material.scene : null,
    wired: WIRED.has(life.leaving),
    ...(life.leaving === 'events_closed_other_stays' && { otherChannel: OTHER_CHANNEL }),
  });
  const scene: Scene = { line, notes, material, camera: life.camera };
  try {
    if (life.camera) await line.firstPicture();
    const untilMs = performance.now() + life.durationMs;
    for (const act of life.acts) {
      if (performance.now() >= untilMs && notes.asked.length > 0) break;
      await line.silence();
      if (!(await perform(act, scene))) return;
    }
    await line.silence();
    await before(notes.record(life), scene);
    await leave({ ...scene, life, world });
  } finally {
    await line.close();
  }
}
