import type { GraphModel } from '@tensorflow/tfjs';
import { type Detection, detect } from 'face-detection-example/detector';
import { loadPhoto } from 'face-detection-example/photo';
import { useEffect, useState } from 'react';
import { FACE } from './face.js';
import { monitor } from './monitor.js';
import { useModel } from './useModel.js';

const PREDICTIONS = 10;

export function FaceDetector() {
  const face = useModel(FACE);
  const [detection, setDetection] = useState<Detection>();
  const [count, setCount] = useState(0);
  const [trouble, setTrouble] = useState('');

  useEffect(() => {
    if (!face) return;
    let running = true;
    async function run(model: GraphModel) {
      const photo = await loadPhoto('/photo/astronaut.jpg');
      for (let made = 1; running && made <= PREDICTIONS; made++) {
        setDetection(await detect(model, photo, false));
        setCount(made);
      }
      if (running) await monitor.flush(); // so that you need not wait a minute to see a report
    }
    run(face.model).catch((error) => setTrouble(String(error)));
    return () => {
      running = false;
    };
  }, [face]);

  if (!face) return <p role="status">Loading the model…</p>;
  return (
    <>
      <figure>
        <img src="/photo/astronaut.jpg" alt="Portrait of an astronaut" />
        {detection?.faces.map(({ box, score }) => (
          <div
            key={score}
            className="face"
            style={{
              left: `${100 * box.x}%`,
              top: `${100 * box.y}%`,
              width: `${100 * box.width}%`,
              height: `${100 * box.height}%`,
            }}
          />
        ))}
      </figure>
      <p role="status">
        {detection?.faces.length ?? 0} face found, {count} predictions on {face.backend} ({face.source}){' '}
        {trouble}
      </p>
    </>
  );
}
