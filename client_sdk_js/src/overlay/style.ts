/**
 * The panel's style sheet. What changes at every refresh starts where it did: texts that move would be layout shifts of
 * the page, as the browser counts them. On `:host` everything is important: there alone the page's rules could reach,
 * and among important rules those of the shadow tree win.
 */
export const STYLE = `
:host {
  all: initial !important;
  display: block !important;
  position: fixed !important;
  inset: 0 auto auto 0 !important;
  width: 0 !important;
  height: 0 !important;
  z-index: 2147483647 !important;
  direction: ltr !important;
}
@media print { :host { display: none !important } }
* { box-sizing: border-box; margin: 0; padding: 0 }
[hidden] { display: none !important }
.panel {
  --card: #fff;
  --line: #e4e8e5;
  --ink: #16211f;
  --soft: #5a6b67;
  --accent: #0d9488;
  --accent-ink: #0b6e66;
  --wash: #d9efeb;
  --bad: #b42318;
  position: fixed;
  right: 16px;
  top: 16px;
  width: 340px;
  max-width: calc(100vw - 16px);
  max-height: min(760px, calc(100vh - 32px));
  display: flex;
  flex-direction: column;
  overflow: hidden;
  contain: layout style paint;
  border: 1px solid var(--line);
  border-radius: 14px;
  background: var(--card);
  box-shadow: 0 1px 2px #0000000f, 0 12px 32px #0000001f;
  color: var(--ink);
  color-scheme: light;
  font: 12.5px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
  text-align: start;
  -webkit-text-size-adjust: none;
}
@media (prefers-color-scheme: dark) {
  .panel {
    --card: #16201e;
    --line: #2a3835;
    --ink: #e8efed;
    --soft: #9bb0ab;
    --accent: #2dd4bf;
    --accent-ink: #5eead4;
    --wash: #1b4740;
    --bad: #ff9b8f;
    box-shadow: 0 1px 2px #0006, 0 12px 32px #0008;
    color-scheme: dark;
  }
}
header {
  flex: none;
  display: flex;
  align-items: center;
  padding: 4px 6px 4px 4px;
  cursor: grab;
  touch-action: none;
  user-select: none;
  -webkit-user-select: none;
}
header:active { cursor: grabbing }
button {
  border: 0;
  border-radius: 8px;
  background: none;
  color: inherit;
  font: inherit;
  cursor: pointer;
}
button:hover { background: color-mix(in srgb, var(--line) 60%, transparent) }
:focus { outline: none }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px }
.grip {
  display: flex;
  align-items: center;
  gap: 8px;
  margin-right: auto;
  padding: 7px 10px;
  font-weight: 650;
  cursor: inherit;
}
.grip:hover { background: none }
.logo { width: 18px; height: 18px; overflow: visible }
.ground { fill: var(--accent) }
.trace { fill: none; stroke: #fff; stroke-width: 3; stroke-linecap: round; stroke-linejoin: round }
.sign { position: relative; width: 32px; height: 32px }
.sign::before, .close::after {
  content: "";
  position: absolute;
  inset: 15px 10px auto;
  height: 2px;
  border-radius: 1px;
  background: var(--soft);
}
.close::before { rotate: 45deg }
.close::after { rotate: -45deg }
.collapsed .sign:not(.close)::after {
  content: "";
  position: absolute;
  inset: 10px auto 10px 15px;
  width: 2px;
  border-radius: 1px;
  background: var(--soft);
}
.collapsed { width: auto }
.collapsed .body { display: none }
.alert .ground { fill: var(--bad) }
.alert .grip::after {
  content: "";
  width: 7px;
  height: 7px;
  border-radius: 50%;
  background: var(--bad);
}
.body {
  overflow: hidden auto;
  overscroll-behavior: contain;
  border-top: 1px solid var(--line);
  scrollbar-width: thin;
}
.body > * { padding: 11px 14px 12px; border-bottom: 1px solid var(--line) }
.body > :last-child { border: 0 }
.body > .tabs { display: flex; gap: 4px; overflow-x: auto; padding: 7px 8px; scrollbar-width: none }
.tab { flex: none; padding: 4px 10px; color: var(--soft) }
.tab[aria-selected="true"] { background: var(--wash); color: var(--accent-ink); font-weight: 600 }
h2:has(+ [hidden]) { margin: 0 !important }
h2 {
  display: flex;
  align-items: baseline;
  gap: 8px;
  margin-bottom: 6px;
  font-size: 12.5px;
  font-weight: 650;
}
.beside { font-weight: 400; font-size: 12px }
.memory .beside { margin-left: auto }
.soft { color: var(--soft) }
.bad { color: var(--bad) }
.line { display: flex; align-items: baseline; gap: 8px }
.backend { font-size: 19px; font-weight: 650; letter-spacing: -.015em; line-height: 1.25 }
.chip {
  padding: 0 8px;
  border-radius: 99px;
  background: var(--wash);
  color: var(--accent-ink);
  font-size: 11.5px;
  font-weight: 600;
  white-space: nowrap;
}
.choice p + p { margin-top: 3px }
ul { list-style: none }
.fallbacks { margin-top: 5px }
.fallbacks li { padding-left: 12px; position: relative; color: var(--soft) }
.fallbacks li::before {
  content: "";
  position: absolute;
  left: 0;
  top: .6em;
  width: 6px;
  height: 1.5px;
  background: var(--bad);
}
dl { margin-top: 8px; display: grid; gap: 2px }
dl div { display: flex; gap: 10px }
dt { flex: 0 0 48px; color: var(--soft) }
dd { min-width: 0; overflow-wrap: anywhere }
.histogram { display: block; width: 100%; height: 72px; border-bottom: 1px solid var(--line); overflow: visible }
.bars { fill: var(--accent); opacity: .85 }
.calls { fill: none; stroke: var(--soft); stroke-width: 1.25; opacity: .7; vector-effect: non-scaling-stroke; stroke-linejoin: round }
.marks { stroke: var(--ink); opacity: .35; stroke-width: 1; stroke-dasharray: 2 3; vector-effect: non-scaling-stroke }
.axis { position: relative; height: 17px; margin-bottom: 6px; color: var(--soft); font-size: 10.5px }
.axis span { position: absolute; top: 2px; white-space: nowrap }
table { width: 100%; table-layout: fixed; border-collapse: collapse; margin-bottom: 5px }
th, td { padding: 1px 0; text-align: start; font-weight: 400; white-space: nowrap }
tr > :first-child { width: 34% }
tr:first-child th { color: var(--soft); font-size: 11.5px }
td { font-weight: 600 }
tr:last-child td { font-weight: 400 }
i { display: inline-block; width: 10px; height: 10px; margin-right: 7px; border-radius: 3px; vertical-align: -1px }
i.ready { background: var(--accent) }
i.dispatch { border: 1.5px solid var(--soft) }
.row { display: flex; align-items: center; gap: 8px; min-height: 28px }
.memory .row > :first-child { flex: 0 0 66px }
.memory strong { flex: 0 0 66px; font-weight: 600 }
.trend { flex: 1; min-width: 0; height: 26px; overflow: visible }
.trend .area { fill: var(--wash); opacity: .7 }
.trend .line { fill: none; stroke: var(--accent); stroke-width: 1.5; vector-effect: non-scaling-stroke; stroke-linejoin: round }
.slope { flex: 0 0 62px; color: var(--soft) }
.leaking .slope { color: var(--bad); font-weight: 650 }
.leaking .trend .line { stroke: var(--bad) }
.leaking .trend .area { fill: var(--bad); opacity: .12 }
.stages .row { min-height: 22px }
.name { flex: 0 0 124px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.track { flex: 1; height: 5px; border-radius: 3px; background: color-mix(in srgb, var(--line) 70%, transparent) }
.bar { display: block; height: 100%; min-width: 2px; border-radius: 3px; background: var(--accent) }
.times { flex: 0 0 88px; white-space: nowrap }
.incidents li { display: flex; gap: 8px; padding: 1px 0 }
.sites li + li { margin-top: 6px }
.place { overflow-wrap: anywhere; padding-left: 10px }
summary { cursor: pointer }
.what { flex: 1; min-width: 0; overflow-wrap: anywhere }
.incidents strong { font-weight: 600 }
.reports { color: var(--soft); font-size: 12px }
.reports .bad { margin-top: 4px }
@media (max-width: 480px) {
  .panel { left: auto; right: 8px; top: auto; bottom: 8px }
  .panel:not(.collapsed) { left: 8px; width: auto; height: min(70vh, 620px) }
  .sign { width: 40px; height: 40px }
  .sign::before, .close::after { inset: 19px 14px auto }
  .collapsed .sign:not(.close)::after { inset: 14px auto 14px 19px }
}
`;
