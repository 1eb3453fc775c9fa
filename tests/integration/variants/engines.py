"""A node_modules like an app's, whose TensorFlow.js can be made to fail by a script after a package's own."""

import json
from pathlib import Path

from tests.integration.variants.folders import ROOT

PACKAGES = ("tfjs", "tfjs-backend-wasm", "tfjs-backend-webgpu")
TFJS = ROOT / "node_modules/@tensorflow"

WRONG_WASM = """
const convolve = tf.getKernel('FusedConv2D', 'wasm');
tf.unregisterKernel('FusedConv2D', 'wasm');
tf.registerKernel({...convolve, kernelFunc: (given) =>
  convolve.kernelFunc({...given, attrs: {...given.attrs, activation: 'linear'}})});
"""
"""Finite, fast and wrong: it forgets the activation."""

HANGING_WEBGPU = """
const pool = tf.getKernel('MaxPool', 'webgpu');
tf.unregisterKernel('MaxPool', 'webgpu');
tf.registerKernel({...pool, kernelFunc: () => { for (;;); }});
"""

LOSING_WEBGL = """
const first = tf.getKernel('MaxPool', 'webgl');
tf.unregisterKernel('MaxPool', 'webgl');
tf.registerKernel({...first, kernelFunc: (given) => {
  const {gl} = tf.backend().getGPGPUContext();
  gl.getExtension('WEBGL_lose_context')?.loseContext();  // there is none once it is lost
  return first.kernelFunc(given);
}});
"""

LEAKING_CPU = """
const softmax = tf.getKernel('Softmax', 'cpu');
tf.unregisterKernel('Softmax', 'cpu');
tf.registerKernel({...softmax, kernelFunc: (given) => {
  tf.keep(tf.engine().makeTensor(new Float32Array(4), [4], 'float32'));
  return softmax.kernelFunc(given);
}});
"""


def node_modules(to: Path, **more: str) -> Path:
    """A folder with the three packages; ``more`` adds a script to one, by its name without the scope."""
    added = {name.replace("_", "-"): script for name, script in more.items()}
    for name in PACKAGES:
        package = TFJS / name
        described = json.loads((package / "package.json").read_bytes())
        made = to / "@tensorflow" / name
        made.mkdir(parents=True)
        script = (package / described["jsdelivr"]).read_text()
        (made / "bundle.js").write_text(f"{script}\n;(() => {{{added.get(name, '')}}})();\n")
        (made / "package.json").write_text(
            json.dumps({"version": described["version"], "jsdelivr": "bundle.js"})
        )
        for wasm in (package / "dist").glob("*.wasm"):
            (made / wasm.name).symlink_to(wasm)
    return to
