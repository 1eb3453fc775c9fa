/** Fetches the lazy parts before the tests: their clocks stand still, and a first import takes real time. */

import '../src/later/forget.js';
import '../src/later/graphics.js';
import '../src/later/later.js';
import '../src/later/race.js';
import '../src/later/signature.js';
import '../src/ort/backends.js';
import '../src/ort/calls.js';
import '../src/tfjs/backends.js';
import '../src/tfjs/kernel_time.js';
