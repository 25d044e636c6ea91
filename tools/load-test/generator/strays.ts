/** What the clients' own WebRTC throws into nowhere, when a call is gone, does not end the tool: such a call's record tells what it saw. */
export function outliveStrays(): void {
  process.on('unhandledRejection', (error) => {
    if (!(error instanceof Error) || !error.stack?.includes('werift')) throw error;
  });
}
