import { IDBObjectStore } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { breathe, type Life, Origin } from './page_lives.js';

const HOUR_MS = 3600_000;
let origin: Origin;

vi.setConfig({ testTimeout: 60_000 });

beforeEach(() => {
  origin = new Origin();
});
afterEach(() => vi.unstubAllGlobals());

/** Long enough for a next life to take over what it finds, and to send it. */
const AFTER_ADOPTION_MS = 20_000;

async function nextLife(): Promise<Life> {
  const life = await origin.open();
  await origin.advance(AFTER_ADOPTION_MS);
  return life;
}

describe('after a crash', () => {
  it('the next life sends what was open, but for the tail since the last checkpoint', async () => {
    const life = await origin.open();
    life.predict(7);
    await origin.advance(12_000);
    life.predict(2); // after the last beat
    life.crash();
    const next = await nextLife();
    expect(origin.predictions()).toBe(7);
    next.hide();
    await breathe();
    expect(await origin.kept()).toEqual([]);
  });

  it('nothing is counted twice when the same page had sent meanwhile', async () => {
    const life = await origin.open();
    life.predict(7);
    await origin.advance(6_000);
    life.predict(3);
    await life.monitor.flush();
    await breathe();
    expect(origin.predictions()).toBe(10);
    life.predict(5);
    await origin.advance(6_000);
    life.crash();
    await nextLife();
    expect(origin.predictions()).toBe(15);
    expect(origin.duplicates).toBe(0);
  });

  it('what only its answer was lost of is sent again under its batch_id', async () => {
    const life = await origin.open();
    life.predict(7);
    await origin.advance(6_000);
    origin.lostAnswers = 1;
    await life.monitor.flush();
    life.crash();
    await nextLife();
    expect([origin.predictions(), origin.duplicates]).toEqual([7, 1]);
  });

  it('a window that stayed open while a report went is no part of both', async () => {
    const life = await origin.open();
    life.predict(3);
    life.predictSlowly();
    await origin.advance(6_000); // checkpoint of all four
    life.monitor.stage('frame')();
    await life.monitor.flush(); // the stage goes; the window waits for its result
    await origin.advance(1_000);
    expect(origin.predictions()).toBe(0);
    expect(origin.received.size).toBe(1);
    life.crash();
    await nextLife();
    expect(origin.predictions()).toBe(4);
    const stages = [...origin.received.values()].flatMap((report) => report.stages ?? []);
    expect(stages).toHaveLength(1);
  });

  it('what a checkpoint covered stays in one report, however much is packed with it', async () => {
    const life = await origin.open();
    life.predict(3);
    await origin.advance(6_000);
    for (let i = 0; i < 30; i++) life.monitor.stage(`stage-${i}`)();
    life.host.takesBeacon = () => false; // all stays in the queue, and the checkpoint in the database
    life.hide();
    life.crash();
    await nextLife();
    const stages = [...origin.received.values()].flatMap((report) => report.stages ?? []);
    expect(origin.predictions()).toBe(3);
    expect(new Set(stages.map(({ stage }) => stage)).size).toBe(stages.length);
  });
});

describe('after an exit', () => {
  it('without a network, the next life sends what the browser would have lost', async () => {
    const life = await origin.open();
    life.host.isOnline = false;
    life.predict(4);
    await life.monitor.flush();
    life.predict(3);
    life.hide();
    await breathe();
    life.crash();
    await nextLife();
    expect(origin.predictions()).toBe(7);
  });

  it('by beacon nothing is left to be sent', async () => {
    const life = await origin.open();
    life.predict(4);
    await origin.advance(6_000);
    life.hide();
    await breathe();
    life.crash();
    expect(await origin.kept()).toEqual([]);
    await nextLife();
    expect([origin.predictions(), origin.duplicates]).toEqual([4, 0]);
  });

  it('that ended before anything could be removed, the collector sees a duplicate', async () => {
    const life = await origin.open();
    life.predict(4);
    await origin.advance(6_000);
    const row = (await origin.kept())[0];
    life.predict(1);
    life.hide();
    life.crash();
    await breathe();
    const again = await new Promise<IDBDatabase>((resolve) => {
      const request = origin.factory.open('inferfleet:lab');
      request.onsuccess = () => resolve(request.result);
    });
    again.transaction('reports', 'readwrite').objectStore('reports').put(row);
    again.close();
    await nextLife();
    expect([origin.predictions(), origin.duplicates]).toEqual([5, 1]);
  });
});

describe('while the collector is down', () => {
  it('reports are kept until it answers, by whichever life', async () => {
    origin.isUp = false;
    const life = await origin.open();
    for (let minute = 0; minute < 3; minute++) {
      life.predict(2);
      await origin.advance(60_000);
    }
    expect((await origin.kept()).length).toBeGreaterThanOrEqual(3);
    life.crash();
    origin.isUp = true;
    const next = await nextLife();
    expect(origin.predictions()).toBe(6);
    next.hide();
    await breathe();
    expect(await origin.kept()).toEqual([]);
  });

  it('they take at most 256 KiB, and those that there is no room for are counted', async () => {
    origin.isUp = false;
    const life = await origin.open();
    for (let minute = 0; minute < 100; minute++) {
      for (let i = 0; i < 30; i++) life.monitor.stage(`${'long-name-'.repeat(6)}${i}`)();
      await life.monitor.flush();
    }
    const bytes = (await origin.kept()).reduce((sum, { report }) => sum + JSON.stringify(report).length, 0);
    expect(bytes).toBeGreaterThan(200 * 1024);
    expect(bytes).toBeLessThanOrEqual(256 * 1024);
    expect(life.monitor.snapshot().reports.dropped).toBeGreaterThan(0);
  });

  it('what is older than a day is let go and counted', async () => {
    origin.isUp = false;
    const life = await origin.open();
    life.predict(2);
    await origin.advance(60_000);
    life.crash();
    await origin.advance(25 * HOUR_MS);
    origin.isUp = true;
    const next = await nextLife();
    next.predict(1);
    await next.monitor.flush();
    expect(origin.predictions()).toBe(1);
    expect(await origin.kept()).toEqual([]);
    const told = [...origin.received.values()].map(({ dropped }) => dropped?.expired ?? 0);
    expect(told.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0);
  });

  it('a clock that was set back by an hour keeps nothing from being sent', async () => {
    origin.isUp = false;
    const life = await origin.open();
    life.predict(2);
    await origin.advance(60_000);
    life.crash();
    origin.isUp = true;
    const next = await origin.open();
    const { epoch } = next.host;
    next.host.epoch = () => epoch() - HOUR_MS;
    await origin.advance(AFTER_ADOPTION_MS);
    expect(origin.predictions()).toBe(2);
  });
});

describe('two tabs', () => {
  it('do not send one another’s reports while both live', async () => {
    origin.isUp = false;
    const [one, two] = [await origin.open(), await origin.open()];
    one.predict(2);
    two.predict(3);
    await origin.advance(120_000);
    origin.isUp = true;
    await origin.advance(400_000);
    expect([origin.predictions(), origin.duplicates]).toEqual([5, 0]);
    one.hide();
    two.hide();
    await breathe();
    expect(await origin.kept()).toEqual([]);
  });

  it('take over what one of them left, once', async () => {
    const [one, two, three] = [await origin.open(), await origin.open(), await origin.open()];
    one.predict(2);
    two.predict(3);
    three.predict(4);
    await origin.advance(8_000);
    one.crash();
    await origin.advance(80_000);
    expect([origin.predictions(), origin.duplicates]).toEqual([9, 0]);
  });

  it('without Web Locks lose nothing, and what is sent twice is stored once', async () => {
    origin.withLocks = false;
    origin.isUp = false;
    const [one, two] = [await origin.open(), await origin.open()];
    one.predict(2);
    two.predict(3);
    await origin.advance(200_000);
    one.crash();
    origin.isUp = true;
    await origin.advance(600_000);
    expect(origin.predictions()).toBe(5);
    two.hide();
    await breathe();
    expect(await origin.kept()).toEqual([]);
  });

  it('of different endpoints leave one another’s reports alone', async () => {
    origin.isUp = false;
    const life = await origin.open({ endpoint: 'https://other.example' });
    life.predict(2);
    await origin.advance(60_000);
    life.crash();
    origin.isUp = true;
    await nextLife();
    expect(origin.predictions()).toBe(0);
    expect((await origin.kept()).filter(({ to }) => to.includes('other'))).not.toEqual([]);
  });
});

describe('the visitor’s answer', () => {
  it('forgets what was kept, also of earlier lives', async () => {
    origin.isUp = false;
    const life = await origin.open();
    life.predict(2);
    await origin.advance(60_000);
    life.crash();
    const next = await origin.open();
    next.predict(3);
    next.monitor.consent(false);
    await origin.advance(1_000);
    expect((await origin.factory.databases()).length).toBe(0);
    origin.isUp = true;
    await origin.advance(600_000);
    expect(origin.received.size).toBe(0);
    next.monitor.consent(true);
    next.predict(1);
    await origin.advance(70_000);
    expect(origin.predictions()).toBe(1);
  });

  it('by Global Privacy Control forgets what an earlier life kept', async () => {
    origin.isUp = false;
    const life = await origin.open();
    life.predict(2);
    await origin.advance(60_000);
    life.crash();
    origin.isUp = true;
    origin.optsOut = true;
    await nextLife();
    expect(origin.received.size).toBe(0);
    expect((await origin.factory.databases()).length).toBe(0);
  });
});

describe('storage that does not do its part', () => {
  const broken: Record<string, (factory: IDBFactory) => Partial<IDBFactory>> = {
    'is denied': () => ({
      open() {
        throw new DOMException('', 'SecurityError');
      },
    }),
    'never answers': () => ({ open: () => ({}) as IDBOpenDBRequest }),
    'has no room': (factory) => ({
      open: (name, version) => factory.open(name, version),
      deleteDatabase: (name) => factory.deleteDatabase(name),
    }),
  };

  it.each(Object.keys(broken))('%s: reports are sent all the same', async (how) => {
    const errors: unknown[] = [];
    const fake = broken[how]?.(origin.factory);
    Object.defineProperty(origin, 'factory', { value: { databases: async () => [], ...fake } });
    if (how === 'has no room') {
      vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore) {
        this.transaction.abort();
        throw new DOMException('', 'QuotaExceededError');
      });
    }
    const life = await origin.open();
    life.monitor.on('incident', (incident) => errors.push(incident));
    life.predict(4);
    await origin.advance(70_000);
    life.predict(2);
    life.hide();
    await breathe();
    vi.restoreAllMocks();
    expect(origin.predictions()).toBe(6);
    expect(errors).toEqual([]);
  });

  it('was spoilt: rows that make no sense are let go', async () => {
    const life = await origin.open();
    life.predict(1);
    await origin.advance(3_000);
    life.crash();
    const db = await new Promise<IDBDatabase>((resolve) => {
      const request = origin.factory.open('inferfleet:lab');
      request.onsuccess = () => resolve(request.result);
    });
    const store = db.transaction('reports', 'readwrite').objectStore('reports');
    store.put({ report: { batch_id: 'a', windows: 'none' } });
    store.put({ report: { batch_id: 'b' }, at: 'yesterday', to: 7 });
    db.close();
    await nextLife();
    expect(origin.predictions()).toBe(1);
    expect((await origin.kept()).map(({ report }) => report.batch_id)).toEqual([
      expect.stringMatching(/^.{22}$/),
    ]);
  });
});
