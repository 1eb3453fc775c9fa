/**
 * Everything that a page does not wait for, fetched as one file when a monitor is first used: requests with an
 * answer, the device's facts, who notices hangs and losses, and the steering of models that `load()` loads.
 */

import type { Adapter } from '../core/adapter.js';
import type { Page } from '../core/page.js';
import type { Snapshot } from '../core/snapshot.js';
import type { Device, Window } from '../generated/report.js';
import type { Traces } from '../trace/trace.js';
import { guardBeacons } from './beacons.js';
import { checkpoints } from './checkpoint.js';
import { outputChecks } from './checks.js';
import { breadcrumbs } from './crumbs.js';
import { createDelivery, type Delivery } from './delivery.js';
import { deviceFacts, whenIdle } from './device.js';
import { hangWatch } from './hang_watch.js';
import { jsonOf } from './json.js';
import { ageOfKept } from './kept_times.js';
import { kernelSamples } from './kernel_sample.js';
import { killedBefore } from './killed.js';
import { type Live, liveRecord } from './live.js';
import { isMadeLocally } from './local.js';
import { lossWatch } from './loss_watch.js';
import { memorySignal } from './memory_signal.js';
import type { Offline } from './offline.js';
import { keepOneClock } from './one_clock.js';
import { isIntegrity } from './opening.js';
import { packByBytes } from './packing.js';
import { leaveOutPageTime } from './page_time.js';
import { problemWatch } from './problems.js';
import { createRecovery } from './recovery.js';
import { refusal } from './refusal.js';
import { countRepeats } from './repeats.js';
import { safeLoad } from './safe_load.js';
import { type SleepWatch, sleepWatch } from './sleep.js';
import { softwareWatch } from './software.js';
import { createSteering, type Steering } from './steering.js';
import { traceAsked } from './trace_asked.js';
import { deliveryTrouble } from './trouble.js';
import { sendUrgentSoon } from './urgent.js';
import { versionsTold } from './versions.js';

export interface Later extends Delivery, Pick<Steering, '_load'>, Pick<SleepWatch, '_slept'> {
  /** The device's facts as known by now. */
  _device(): Device;
  /** Somebody waits for a result. */
  _waiting(): void;
  /** An adapter's model came under observation. */
  _watchLoss(adapter: Adapter): void;
  /** What was measured, for a live display. */
  _live(): Live & Pick<Snapshot, 'problems' | 'leaks'>;
}

const optsOut = (): unknown =>
  (globalThis.navigator as { globalPrivacyControl?: boolean })?.globalPrivacyControl;

/** Starts all that. Options that make no sense are told on the console, and then nothing is measured. */
export function startLater(page: Page): Later {
  const { host, fault, _outbox: outbox, _waits: waits, _watches: watches } = page;
  keepOneClock(host);
  packByBytes(outbox);
  countRepeats(outbox);
  const learnVersion = versionsTold(page); // outside of the former: a repeat is of the same versions
  page._memorySignal = memorySignal;
  outbox._body = ({ report }) => jsonOf({ ...report, sent_at: host.epoch() });
  // Only there: elsewhere a relative URL is the page's own affair, of its `base` for example.
  if (globalThis.location?.protocol === 'blob:' && /^\/|^$/.test(page._endpoint)) {
    page._endpoint = location.origin + page._endpoint;
    page._url = location.origin + page._url;
  }
  page._dev ||= page._options.dev === undefined && isMadeLocally();
  let sampled = true;
  const { _onConfig: onConfig } = page;
  page._onConfig = (facts, report) => {
    sampled = report;
    onConfig(facts, report);
  };
  const { _errorName: errorName } = page;
  page._errorName = (error) => (isIntegrity(error) ? 'IntegrityError' : errorName(error));
  const wrong = page._alive && refusal(page._options);
  if (wrong) {
    console.warn(`inferfleet measures nothing: ${wrong}`);
    page._onConfig({}, false);
  }
  const alive = page._alive && !wrong;
  if (alive) guardBeacons(page);
  const facts = alive ? deviceFacts(host, fault, page._options.worker !== false) : undefined;
  const device = facts ?? (() => ({}));
  if (facts) page._listeners.add({ event: 'window', listener: ({ backend }: Window) => facts._ran(backend) });
  const crumbs = breadcrumbs(page);
  const steering = createSteering(page, alive, device, killedBefore(page, crumbs._id), crumbs);
  crumbs._watch();
  const tellLost = createRecovery(page, steering);
  const losses = lossWatch(watches, waits, page._raise, fault, tellLost);
  page._listeners.add({ event: 'incident', listener: losses._noted });
  const sleep = sleepWatch(host, waits, (subject) => {
    const watched = [...watches.values()].find(({ watch }) => watch._subject === subject);
    return watched?.watch._results ?? 0;
  });
  const watchHangs = hangWatch(host, waits, losses._hung, page._unseen, page._options.hangMs);
  const checks = outputChecks(page, steering, tellLost);
  checks();
  const sampleKernels = kernelSamples(page);
  sampleKernels();
  const leaveOut = leaveOutPageTime(page, sleep.held);
  const software = softwareWatch(host, watches, device, page._raise, fault);
  if (watches.size) software();
  sendUrgentSoon(page);
  const trouble = deliveryTrouble(host, page._url);
  const problems = problemWatch(
    page,
    {
      trouble,
      off() {
        if (wrong) return `nothing is measured: ${wrong}`;
        if (page._options.globalPrivacyControl !== 'ignore' && optsOut())
          return 'nothing is measured: the browser sends Global Privacy Control (see the option globalPrivacyControl)';
        if (!sampled)
          return 'nothing is measured: this session is not in the sample (sampleRate, or the share that the collector says), or the app’s kill switch is on';
        // One that was closed watches nothing, and is nobody's problem.
        return watches.size ? 'nothing is measured: consent is not given' : undefined;
      },
    },
    alive && page._dev ? (line) => console.warn(`inferfleet: ${line}.`) : undefined,
  );
  const live = liveRecord(page, steering._chosen);
  let lookForLeaks = (): void => undefined;
  if (alive && page._dev)
    import('./leak_hint.js')
      .then(({ leakHints }) => {
        lookForLeaks = leakHints(page);
      })
      .catch(fault);
  let traces: Traces | undefined;
  const asked = traceAsked(page);
  if (alive && asked)
    import('../trace/trace.js')
      .then(({ traceLeaks }) => {
        traces = traceLeaks(page, asked);
      })
      .catch(fault);
  let offline: Offline | undefined;
  const delivery = createDelivery({
    host,
    outbox,
    url: page._url,
    onConfigEtag: steering._refresh,
    fault,
    trouble,
    keep() {
      // It was not delivered: a busy page may end before it is idle.
      if (outbox._queue[0]?._attempted) keepReports();
      return offline?._keep() ?? Promise.resolve();
    },
  });
  let keeps = false;
  const keepReports = () => {
    if (!keeps) startKeeping().catch(fault);
    keeps = true;
  };
  async function startKeeping(): Promise<void> {
    if (page._enabled()) {
      const { startOffline } = await import('./offline.js');
      offline = startOffline(page, delivery._send, checkpoints, ageOfKept);
    } else if (optsOut()) {
      const { forgetReports } = await import('./forget.js');
      forgetReports(page._options.app); // of a time before the visitor said no
    }
  }

  if (alive) (host.idle ?? whenIdle)(keepReports);
  return {
    _device: device,
    _waiting() {
      watchHangs();
      sleep._waiting();
    },
    _slept: sleep._slept,
    _watchLoss(adapter) {
      losses._add(adapter);
      learnVersion(adapter);
      software();
      lookForLeaks();
      traces?.look();
      checks();
      crumbs._watch();
      sampleKernels();
      leaveOut();
    },
    _live: () => ({ ...live(), problems: problems(), leaks: traces?.live() }),
    _load: safeLoad(page, steering),
    ...delivery,
    /** Traces last, when they are ready: a page that leaves after a flush has told all that was known of its leaks. */
    async _send() {
      await delivery._send();
      if (!traces) return;
      await traces.told();
      outbox._pack();
      await delivery._send();
    },
  };
}
