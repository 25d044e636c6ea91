import { scriptedCall, settle } from './index.js';

// Real: the call, with all of its logic. Made up: the gateway, by a script; the screen.

describe('a screen', () => {
  it('is shared beside the camera, and leaves it on when it ends', async () => {
    const { call, sent, media } = await scriptedCall({ camera: true });
    const told: boolean[] = [];
    call.on('screen', ({ on }) => told.push(on));
    await call.shareScreen();
    expect([media.camera, media.screen]).toEqual([true, true]);
    expect(sent.at(-1)).toMatchObject({ session: { visavis: { video: { screen: true } } } });
    const redacted = call.once('redacted');
    await call.stopSharing({ redact: true });
    await redacted;
    expect(sent.at(-1)).toMatchObject({
      session: { visavis: { video: { screen: false }, camera_off: 'redact' } },
    });
    expect([media.camera, media.screen, call.isCameraOn, told]).toEqual([true, null, true, [true, false]]);
  });

  it('stays when the camera goes off beside it', async () => {
    const { call, sent, media } = await scriptedCall({ camera: true, screen: true });
    await call.cameraOff();
    expect(sent.at(-1)).toMatchObject({ session: { visavis: { video: { camera: false } } } });
    expect([media.camera, media.screen]).toEqual([null, true]);
  });

  it('that the person ends by the browser is shared no more', async () => {
    const { call, person, media } = await scriptedCall({ screen: true });
    const gone = call.once('error');
    person.unplugs('screen');
    expect((await gone).code).toBe('track_ended');
    await settle();
    expect(media.screen).toBeNull();
  });
});
