import type { Cell, Unit } from './types';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const dayClock = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** A number with its unit, in about four characters of precision. */
export function formatNumber(value: number | null, unit: Unit): string {
  if (value === null || !Number.isFinite(value)) return '–';
  switch (unit) {
    case 'ms':
      return formatMs(value);
    case 'bytes':
      return formatBytes(value);
    case 'share':
      return value > 0 && value < 1e-4 ? '<0.01 %' : `${digits(value * 100, value < 0.1 ? 2 : 3)} %`;
    case 'ratio':
      return `${value.toFixed(2)}×`;
    case 'tensors_per_prediction':
      return value === 0 ? '0' : value.toFixed(Math.abs(value) < 0.1 ? 3 : 2);
    case 'time':
      return formatTime(value);
    default:
      return Math.abs(value) < 10_000
        ? Number.isInteger(value)
          ? whole.format(value)
          : digits(value, 3)
        : compact.format(value);
  }
}

export function formatCell(value: Cell, unit: Unit): string {
  if (typeof value === 'number') return formatNumber(value, unit);
  if (value === null) return '–';
  if (Array.isArray(value)) return value.map((entry) => formatCell(entry, unit)).join(', ');
  return value === '' ? '–' : String(value);
}

export function formatTime(ms: number): string {
  return dayClock.format(ms);
}

export function formatClock(ms: number): string {
  return clock.format(ms);
}

/** How long ago, or for how long, in its largest unit. */
export function formatSpan(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (minutes < 60) return `${Math.round(minutes)} min`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h`;
  return `${Math.round(minutes / 1440)} d`;
}

/** A device class's key (`form=desktop,os=linux`), for people; what follows it after a dot stays. */
export function describeClass(key: string): string {
  const [place = '', ...rest] = key.split(' · ');
  const facts = place
    .split(',')
    .map((fact) => fact.replace(/^(form|os|browser|gpu)=/, '').replace('memory_gb=', 'GB '));
  return [...(place === '*' ? ['every device'] : facts), ...rest].join(' · ');
}

/** snake_case names of the contract, for people. */
export function humanise(name: string): string {
  return name.replaceAll('_', ' ');
}

function formatMs(value: number): string {
  if (value >= 100_000) return `${digits(value / 60_000, 3)} min`;
  if (value >= 1000) return `${digits(value / 1000, 3)} s`;
  return `${digits(value, value < 10 ? 2 : 3)} ms`;
}

function formatBytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let amount = value;
  let index = 0;
  while (Math.abs(amount) >= 1024 && index < units.length - 1) {
    amount /= 1024;
    index += 1;
  }
  return `${digits(amount, 3)} ${units[index]}`;
}

function digits(value: number, precision: number): string {
  if (value === 0) return '0';
  return String(Number(value.toPrecision(precision)));
}
