import { Roster, type Person, type RosterChange } from './roster.js';
import type { Section } from './sections.js';

const anna = (facts: Partial<Person> = {}): Person => ({
  sid: 'PA_1',
  identity: 'anna',
  name: 'Anna',
  gone: false,
  tracks: [],
  ...facts,
});
const camera = (muted = false) => ({ sid: 'TR_1', source: 'camera' as const, muted });
const section = (trackSid: string, codec: Section['codec'] = 'vp8'): Section => ({
  mid: '1',
  trackSid,
  codec,
  ssrc: 1,
});
const told = (changes: readonly RosterChange[]) =>
  changes.map((change) => {
    if (change.type === 'joined') return `${change.participant.name} joined`;
    if (change.type === 'left') return `${change.id} left`;
    return `${change.trackSid} ${change.type === 'track' ? change.source : 'ended'}`;
  });

describe('Roster', () => {
  it('tells a track once it is both published and sent', () => {
    const roster = new Roster();
    expect(told(roster.sections([section('TR_1')]))).toEqual([]);
    expect(told(roster.people([anna({ tracks: [camera()] })]))).toEqual(['Anna joined', 'TR_1 camera']);
    expect(told(roster.sections([]))).toEqual(['TR_1 ended']);
  });

  it('takes what is muted for switched off', () => {
    const roster = new Roster();
    roster.sections([section('TR_1')]);
    roster.people([anna({ tracks: [camera()] })]);
    expect(told(roster.people([anna({ tracks: [camera(true)] })]))).toEqual(['TR_1 ended']);
    expect(told(roster.people([anna({ tracks: [camera()] })]))).toEqual(['TR_1 camera']);
  });

  it('tells tracks to have ended before who sent them leaves', () => {
    const roster = new Roster();
    roster.sections([section('TR_1')]);
    roster.people([anna({ tracks: [camera()] })]);
    expect(told(roster.people([anna({ gone: true })]))).toEqual(['TR_1 ended', 'PA_1 left']);
    expect(told(roster.people([anna({ gone: true })]))).toEqual([]);
  });

  it('takes whoever comes back under an identity for somebody else', () => {
    const roster = new Roster();
    roster.people([anna()]);
    expect(told(roster.people([anna({ sid: 'PA_2' })]))).toEqual(['PA_1 left', 'Anna joined']);
    // The end of the first comes late.
    expect(told(roster.people([anna({ gone: true })]))).toEqual([]);
    expect(roster.idOf('anna')).toBe('PA_2');
    expect(roster.identityOf('PA_2')).toBe('anna');
  });

  it('leaves out what is no camera, microphone or screen, or is not sent as such', () => {
    const roster = new Roster();
    roster.sections([section('TR_1', 'opus'), section('TR_2', 'opus')]);
    const tracks = [camera(), { sid: 'TR_2', source: null, muted: false }];
    expect(told(roster.people([anna({ tracks, name: '' })]))).toEqual(['anna joined']);
  });
});
