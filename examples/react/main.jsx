import { CallView, useCall, useCallEvent } from '@vis-a-vis/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

function App() {
  const call = useCall({ url: 'http://127.0.0.1:8080', microphone: true, camera: true });
  const level = useCallEvent(call.call, 'level', 0);
  return (
    <CallView call={call}>
      <meter aria-label="Microphone level" value={level} />
    </CallView>
  );
}

createRoot(document.getElementById('app')).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
