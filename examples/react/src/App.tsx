import { useState } from 'react';
import { FaceDetector } from './FaceDetector.js';

export function App() {
  const [shown, setShown] = useState(true);
  return (
    <main>
      <h1>Inferfleet in React</h1>
      <button type="button" onClick={() => setShown(!shown)}>
        {shown ? 'Unmount' : 'Mount'} the detector
      </button>
      {shown && <FaceDetector />}
    </main>
  );
}
