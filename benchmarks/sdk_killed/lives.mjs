// Lives of one engine: those that are killed twice in one phase and live on a third time, and those that end by themselves.

const OPENS_MS = 60_000; // a page with TensorFlow.js in it, and many at once
const KILL_AFTER_MS = 400; // into what it is to be killed in
const NOTICE_MS = 1_500; // until a browser has seen that its renderers are gone
const TELLS_MS = 15_000;

const AT_ONCE = 2; // a load that is held up for 20 s is given up by itself
const COST_PAGES = 5;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function within(ms, seen) {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(20)) if (seen()) return true;
  return seen();
}

/** Another address of this machine, so another origin, another storage and another renderer. */
let slots = 0;
let made = 0;
const origin = (port) => {
  slots++;
  return `http://127.1.${slots >> 7}.${(slots & 127) + 1}:${port}`;
};

export function livesOf(browser, server) {
  const did = (id, what) => server.reached.get(id)?.includes(what);
  const incidents = (id) =>
    [...server.reports.values()]
      .filter(({ release }) => release === id)
      .flatMap((report) => report.incidents ?? []);
  const killed = (life) => life.ids.flatMap((id) => incidents(id).filter(({ kind }) => kind === 'killed'));
  const exposures = (id) =>
    [...server.reports.values()]
      .filter(({ release }) => release === id)
      .flatMap((report) => report.exposures ?? []);

  function visit(life, phase, end = '') {
    const id = `${life.name}-${life.ids.length + 1}`;
    life.ids.push(id);
    const url = `${life.at}/life?id=${id}&phase=${phase}&end=${end}`;
    return browser.open(url).then((page) => ({ id, page }));
  }

  const make = (name, count) =>
    Array.from({ length: count }, () => ({ name: `${name}-${made++}`, at: origin(server.port), ids: [] }));

  async function all(lives, phase, what, end) {
    const visits = await Promise.all(lives.map((life) => visit(life, phase, end)));
    const came = () => visits.every(({ id }) => did(id, what));
    if (!(await within(OPENS_MS, came)))
      throw new Error(`${visits.filter(({ id }) => !did(id, what)).length} pages did not come to ${what}`);
    return visits.map(({ page }) => page);
  }

  return {
    /** Killed twice in one phase, and a third visit. */
    async killedIn(phase, count) {
      const lives = make(phase, count);
      for (let first = 0; first < count; first += AT_ONCE) {
        const some = lives.slice(first, first + AT_ONCE);
        for (let time = 0; time < 2; time++) {
          const pages = await all(some, phase, phase);
          await sleep(KILL_AFTER_MS);
          await browser.crash(pages);
          await sleep(NOTICE_MS);
        }
        const pages = await all(some, 'none', 'done', 'close');
        await within(TELLS_MS, () => some.every((life) => killed(life).length >= 2));
        await Promise.all(pages.map((page) => browser.close(page).catch(() => undefined)));
      }
      await sleep(NOTICE_MS); // what would be told twice would come now
      const told = lives.flatMap(killed);
      const isRight = (each) => each.model === 'face' && /^wasm/.test(each.backend) && each.phase === phase;
      for (const each of told.filter((each) => !isRight(each)))
        console.error(`bench-killed: told in ${phase}: ${JSON.stringify(each)}`);
      for (const life of lives.filter((life) => killed(life).length < 2)) {
        const ran = exposures(life.ids[2]).map(({ backend, source }) => `${source} ${backend}`);
        console.error(`bench-killed: ${life.name} told ${killed(life).length}; then ran ${ran}`);
      }
      const other = lives.filter((life) => {
        const ran = exposures(life.ids[2]);
        return ran.length && ran.every(({ backend, source }) => backend === 'cpu' && source === 'fallback');
      });
      return {
        deaths: 2 * count,
        told: lives.reduce((sum, life) => sum + Math.min(2, killed(life).filter(isRight).length), 0),
        told_wrong: told.filter((each) => !isRight(each)).length,
        told_twice: lives.reduce((sum, life) => sum + Math.max(0, killed(life).length - 2), 0),
        lives: count,
        other_arm: other.length,
      };
    },

    /** Has a page measure what the breadcrumb costs. */
    async cost() {
      for (let i = 0; i < COST_PAGES; i++) {
        const page = await browser.open(`${origin(server.port)}/costs`);
        if (!(await within(OPENS_MS, () => server.costs.length > i)))
          throw new Error('the page of costs did not come to its end');
        await browser.close(page);
      }
      const found = server.costs;
      const median = (name) => found.map((each) => each[name]).sort((a, b) => a - b)[COST_PAGES >> 1];
      return Object.fromEntries(Object.keys(found[0]).map((name) => [name, median(name)]));
    },

    /** Ends as pages do, and tabs beside one that lives: nothing is to be told. */
    async ended(end, count) {
      const lives = make(end || 'beside', count);
      const first = await all(lives, 'none', end === 'navigate' ? 'away' : 'done', end);
      if (end) await Promise.all(first.map((page) => browser.close(page).catch(() => undefined)));
      await sleep(NOTICE_MS);
      const next = await all(lives, 'none', 'done', 'close');
      await sleep(2 * NOTICE_MS);
      await Promise.all(
        [...next, ...(end ? [] : first)].map((page) => browser.close(page).catch(() => undefined)),
      );
      return { lives: count, told: lives.flatMap(killed).length };
    },
  };
}
